import Basics
import Foundation

/// A program that tells of something: a process group of its own, with what it is told on its
/// standard input, which is killed when it takes too long.
final class NotificationRun {
    /// How it ended.
    enum Outcome: Equatable {
        /// With that status, and the last line of its standard error.
        case ended(Int, String?)
        /// Nobody knows how.
        case lost
        /// It took too long.
        case late
    }

    private let loop: EventLoop
    private let process: Process
    private let input: Watch
    private let output: IncomingLines
    private let errors: IncomingLines
    private let pipes: [Descriptor]
    private var unwritten: [UInt8]
    private var deadline: Int?
    private var status: Int?
    private var words: String?
    private var done: ((NotificationRun, Outcome) -> Void)?

    /// Starts `sh` with these words; `done` is called once, never from within this call.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        _ arguments: [String], _ text: String, loop: EventLoop, limit: Double,
        done: @escaping (NotificationRun, Outcome) -> Void
    ) throws {
        self.loop = loop
        self.done = done
        unwritten = Array(text.utf8)
        let (stdin, stdout, stderr) =
            (try DescriptorPair(), try DescriptorPair(), try DescriptorPair())
        process = try ChildShell.start(
            arguments, input: stdin.reading, output: stdout.writing, errors: stderr.writing)
        for end in [stdin.writing, stdout.reading, stderr.reading] { end.setNonBlocking() }
        input = loop.watch(stdin.writing)
        output = IncomingLines(of: stdout.reading, loop: loop)
        errors = IncomingLines(of: stderr.reading, loop: loop)
        pipes = [stdout.reading, stderr.reading]
        input.whenWritable { [self] in write() }
        errors.begin { [self] in words = $0 }
        output.begin { [self] in
            status = Int($0)
        } came: { [self] isOpen in
            if status != nil || !isOpen { end(status.map { .ended($0, words) } ?? .lost) }
        }
        deadline = loop.at(EventLoop.now + limit) { [self] in end(.late) }
    }

    private func write() {
        let count = input.descriptor.write(unwritten)
        if count < 0 && errno == EAGAIN { return }
        // One that does not read it has ended, or has no use for it.
        unwritten.removeFirst(count > 0 ? count : unwritten.count)
        if unwritten.isEmpty { input.close() }
    }

    private func end(_ outcome: Outcome) {
        guard let done else { return }
        self.done = nil
        // What it has left running would hold its pipes.
        if outcome == .late, process.isRunning { kill(-process.processIdentifier, SIGKILL) }
        loop.cancel(deadline)
        errors.drain()
        var outcome = outcome
        if case .ended(let status, _) = outcome { outcome = .ended(status, words) }
        input.close()
        output.end()
        errors.end()
        for pipe in pipes { pipe.close() }
        done(self, outcome)
    }
}
