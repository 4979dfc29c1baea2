import Basics
import Foundation

/// Writes all logs and the history of a cluster on a thread of its own: a disk that hangs - NFS
/// without its server - loses lines and stops nothing else.
///
/// Lines are written in the order in which they come. Used by one thread, the loop's.
package final class LogWriter {
    /// Seconds at the end that a disk has to take what waits for it.
    private static let lastPatience = 2.0
    /// Seconds without progress after which people are told.
    private static let longestSilence = 5.0

    private let queue = LogQueue()
    private var warnings: [LogQueue.ID: (String) -> Void] = [:]
    private var problems: Watch?
    private var hasToldSilence = false

    /// A writer; its thread begins with the first log.
    package init() {}

    deinit { queue.end(within: 0) }

    /// A log at that place, which exists from now on.
    ///
    /// - Parameter warn: told when the disk takes no lines, when a line is added or by the loop.
    func log(_ place: LogFile.Place, warn: @escaping (String) -> Void) -> QueuedLog {
        log(to: { LogFile(place, warn: $0) }, warn: warn)
    }

    /// A log whose lines go to a sink, which is made and used on the writer's thread.
    func log(to sink: @escaping LogQueue.MakeSink, warn: @escaping (String) -> Void) -> QueuedLog {
        let id = queue.open(sink)
        warnings[id] = warn
        return QueuedLog(id, self)
    }

    /// Tells problems as they come, not only when lines are added.
    func tellProblems(on loop: EventLoop) {
        problems = queue.signal.map { loop.watch($0) }
        problems?.whenReadable { [unowned self] in
            queue.clearSignal()
            tellProblems()
        }
    }

    /// Writes what waits, for two seconds at most, and ends. Nothing is written afterwards.
    package func finish() {
        problems?.end()
        queue.end(within: Self.lastPatience)
        tellProblems()
    }

    // MARK: For logs

    fileprivate func add(_ line: String, at time: Timestamp?, to id: LogQueue.ID) {
        queue.add(line, at: time, to: id)
        tellProblems()
        let silence = queue.silence(at: EventLoop.now)
        if silence < Self.longestSilence {
            hasToldSilence = false
        } else if !hasToldSilence {
            hasToldSilence = true
            warnings[id]?(
                "the disk hangs: it has taken nothing for \(Int(silence)) s; lines "
                    + "that have no room are dropped until it goes on, the cluster goes on")
        }
    }

    fileprivate func remember(_ begins: Bool, _ id: LogQueue.ID) { queue.remember(begins, id) }

    fileprivate func settle() {
        queue.settle()
        tellProblems()
    }

    fileprivate func close(_ id: LogQueue.ID) {
        warnings[id] = nil
        queue.close(id)
    }

    private func tellProblems() {
        for problem in queue.takeProblems() { warnings[problem.id]?(problem.text) }
    }
}

/// One log of a `LogWriter`.
package final class QueuedLog {
    private let id: LogQueue.ID
    private let writer: LogWriter

    fileprivate init(_ id: LogQueue.ID, _ writer: LogWriter) {
        self.id = id
        self.writer = writer
    }

    deinit { writer.close(id) }

    /// Appends a line of a server, with the time that it is now.
    func append(_ line: String) { writer.add(line, at: .now, to: id) }

    /// Appends a line as it is.
    func write(_ line: String) { writer.add(line, at: nil, to: id) }

    /// The lines that come are those of a start, or no longer.
    func remember(_ begins: Bool) { writer.remember(begins, id) }

    /// Gives the disk a moment to take everything so far.
    func settle() { writer.settle() }
}
