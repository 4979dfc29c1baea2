import Basics

/// Where the lines of a log go; it may block for as long as it likes.
protocol LogSink: AnyObject {
    /// Makes the log exist before its first line.
    func open()
    /// Appends a line of a server, its time first.
    func append(_ line: String, at time: Timestamp)
    /// Appends a line as it is.
    func write(_ line: String)
    /// Counts lines that have not come here.
    func lose(_ count: Int)
    /// Its server was started, or is ready: the lines between are kept when it is rotated.
    func remember(_ begins: Bool)
    /// Nothing more comes.
    func close()
}

extension LogSink {
    func remember(_ begins: Bool) {}
}
