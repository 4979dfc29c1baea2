import Basics
import Foundation

/// Lines on their way to a disk, and the thread that writes them.
///
/// A log has room for a megabyte of waiting lines. Who adds one that has no room waits for the
/// disk, so that a flood loses nothing while it works: at most for half of each second, and not for
/// a disk that has taken nothing for a tenth of a second.
///
/// Unchecked, since everything is guarded by the condition but for the sinks, which only the thread
/// knows, and the pipe, which never changes.
final class LogQueue: @unchecked Sendable {
    /// A log, by the order of opening.
    typealias ID = Int
    /// Makes a sink; its argument takes what people should know.
    typealias MakeSink = @Sendable (@escaping (String) -> Void) -> any LogSink

    /// What the thread is asked for.
    private enum Job {
        case open(MakeSink)
        /// A line, with how many were lost before it; without a time it is written as it is.
        case line(String, at: Timestamp?, lost: Int)
        case remember(Bool)
        case close(lost: Int)
    }

    /// What waits for the disk, and what has found no room.
    private struct Waiting {
        var bytes = 0
        var lost = 0
    }

    /// How far the thread is, in jobs.
    private struct Progress {
        var added = 0
        var done = 0
        /// When it last finished one or got the first one; nil while there is none.
        var since: Instant?
    }

    /// How far the thread's life is.
    private enum Life {
        case notBegun
        case running
        case over
    }

    /// Bytes of one log that may wait.
    private static let room = Bounds.waitingLogBytes
    /// Seconds of each second that may be waited for a disk that works.
    private static let patience = 0.5
    /// Seconds without progress after which it is not waited for any more.
    private static let standstill = 0.1
    /// More than it needs; pages that it does not touch cost nothing.
    private static let stackSize = 256 << 10

    private let condition = NSCondition()
    /// A byte in it: something has happened that the loop may want to know.
    private let pipe = try? DescriptorPair()
    private var jobs: [(id: ID, job: Job)] = []
    private var logs: [ID: Waiting] = [:]
    private var nextID = 0
    private var problems: [(id: ID, text: String)] = []
    private var progress = Progress()
    /// What is left of the patience, since when, and how much was done then.
    private var budget = (left: LogQueue.patience, since: EventLoop.now, done: -1)
    private var isAwaited = false
    private var thread = Life.notBegun
    private var isOver = false

    /// A queue; its thread begins with the first log.
    init() {
        guard let pipe else { return }
        for end in [pipe.reading, pipe.writing] { end.setNonBlocking() }
    }

    // MARK: The loop's side

    /// Can be read when there may be problems to tell; nil where no descriptor was left.
    var signal: Descriptor? { pipe?.reading }

    /// Makes a log exist.
    func open(_ sink: @escaping MakeSink) -> ID {
        locked {
            nextID += 1
            logs[nextID] = Waiting()
            push(.open(sink), nextID)
            return nextID
        }
    }

    /// Nothing more comes for a log.
    func close(_ id: ID) {
        locked { push(.close(lost: logs.removeValue(forKey: id)?.lost ?? 0), id) }
    }

    /// The lines that come are those of a start, or no longer.
    func remember(_ begins: Bool, _ id: ID) { locked { push(.remember(begins), id) } }

    /// Adds a line, if there is room for it.
    func add(_ line: String, at time: Timestamp?, to id: ID) {
        locked {
            let size = line.utf8.count
            if !hasRoom(for: size, id) { waitPatiently { hasRoom(for: size, id) } }
            guard hasRoom(for: size, id), !isOver else {
                logs[id]?.lost += 1
                return
            }
            push(.line(line, at: time, lost: logs[id]?.lost ?? 0), id)
            logs[id]?.lost = 0
            logs[id]?.bytes += size
        }
    }

    /// Gives the disk a moment to take everything so far.
    func settle() {
        locked {
            let all = progress.added
            waitPatiently { progress.done >= all }
        }
    }

    /// Seconds without progress although something waits.
    func silence(at now: Instant) -> Double { locked { progress.since.map { now - $0 } ?? 0 } }

    /// What people should know, once.
    func takeProblems() -> [(id: ID, text: String)] {
        locked {
            defer { problems = [] }
            return problems
        }
    }

    /// Reads what has made `signal` readable.
    func clearSignal() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while let count = pipe?.reading.read(&bytes), count > 0 {}
    }

    /// Ends the thread when it has written what waits, and waits for that for so many seconds at
    /// most. Later lines are lost.
    func end(within limit: Double) {
        locked {
            isOver = true
            condition.signal()
            if limit > 0 { _ = wait(limit) { thread != .running } }
        }
    }

    private func hasRoom(for size: Int, _ id: ID) -> Bool {
        let bytes = logs[id]?.bytes ?? 0
        return bytes == 0 || bytes + size <= Self.room
    }

    private func waitPatiently(until isTrue: () -> Bool) {
        let now = EventLoop.now
        if now - budget.since >= 1, progress.done > budget.done {
            budget = (Self.patience, now, progress.done)
        }
        while budget.left > 0, !isTrue() {
            let before = progress.done
            budget.left -= wait(min(Self.standstill, budget.left)) {
                isTrue() || progress.done > before
            }
            if progress.done == before { budget.left = 0 }
        }
    }

    /// Waits for so many seconds at most until that is true. Returns how many it has waited.
    ///
    /// By poll(2), whose time does not jump with the wall clock as that of a condition does.
    private func wait(_ limit: Double, until isTrue: () -> Bool) -> Double {
        let begin = EventLoop.now
        guard let pipe else { return 0 }
        while !isTrue() {
            let left = limit - (EventLoop.now - begin)
            guard left > 0 else { break }
            isAwaited = true
            condition.unlock()
            var wanted = pollfd(fd: pipe.reading.number, events: Int16(POLLIN), revents: 0)
            poll(&wanted, 1, Int32(left * 1000) + 1)
            clearSignal()
            condition.lock()
        }
        isAwaited = false
        return EventLoop.now - begin
    }

    private func push(_ job: Job, _ id: ID) {
        jobs.append((id, job))
        progress.added += 1
        progress.since = progress.since ?? EventLoop.now
        if thread == .notBegun {
            self.thread = .running
            let thread = Thread { [self] in work() }
            thread.name = "logs"
            thread.stackSize = Self.stackSize
            thread.start()
        }
        condition.signal()
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    // MARK: The thread's side

    private func work() {
        // They are the loop's.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        var sinks: [ID: any LogSink] = [:]
        while let batch = next() {
            for (id, job) in batch {
                let size = perform(job, id, &sinks)
                locked { finished(id, size) }
            }
        }
        for sink in sinks.values { sink.close() }
        locked {
            thread = .over
            wake()
        }
    }

    /// What is to be done now; nil at the end.
    private func next() -> [(id: ID, job: Job)]? {
        locked {
            while jobs.isEmpty && !isOver { condition.wait() }
            defer { jobs = [] }
            return jobs.isEmpty ? nil : jobs
        }
    }

    /// Returns how many bytes do not wait any more.
    private func perform(_ job: Job, _ id: ID, _ sinks: inout [ID: any LogSink]) -> Int {
        switch job {
        case .open(let make):
            sinks[id] = make { [unowned self] text in warn(id, text) }
            sinks[id]?.open()
        case .line(let line, let time, let lost):
            if lost > 0 { sinks[id]?.lose(lost) }
            if let time { sinks[id]?.append(line, at: time) } else { sinks[id]?.write(line) }
            return line.utf8.count
        case .remember(let begins): sinks[id]?.remember(begins)
        case .close(let lost):
            if lost > 0 { sinks[id]?.lose(lost) }
            sinks.removeValue(forKey: id)?.close()
        }
        return 0
    }

    private func finished(_ id: ID, _ size: Int) {
        logs[id]?.bytes -= size
        progress.done += 1
        progress.since = progress.done == progress.added ? nil : EventLoop.now
        if isAwaited { wake() }
    }

    private func warn(_ id: ID, _ text: String) {
        locked {
            problems.append((id, text))
            wake()
        }
    }

    private func wake() { _ = pipe?.writing.write([0]) }
}
