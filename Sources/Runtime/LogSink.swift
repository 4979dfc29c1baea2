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
    /// Nothing more comes.
    func close()
}
