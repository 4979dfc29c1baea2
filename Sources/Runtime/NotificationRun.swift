import Basics

/// A command that tells of something: a process group of its own, with what it is told on its
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

    /// Runs `$1`, and says on our pipe how it has ended.
    private static let reporting = #"( eval "$1" ) >/dev/null; echo "$?""#

    private let loop: EventLoop
    private let shell: ShellProcess
    private let input: OutgoingBytes
    private let output: IncomingLines
    private let errors: IncomingLines
    private var deadline: Int?
    private var status: Int?
    private var words: String?
    private var done: ((NotificationRun, Outcome) -> Void)?

    /// Has a shell run the command; `done` is called once, never from within this call.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        _ command: String, _ text: String, loop: EventLoop, limit: Double,
        done: @escaping (NotificationRun, Outcome) -> Void
    ) throws {
        self.loop = loop
        self.done = done
        shell = try ShellProcess(Self.reporting, words: ["sh", command])
        input = OutgoingBytes(to: shell.input, loop: loop)
        output = IncomingLines(of: shell.output, loop: loop)
        errors = IncomingLines(of: shell.errors, loop: loop)
        errors.begin { [self] in words = $0 }
        output.begin { [self] in
            status = Int($0)
        } came: { [self] isOpen in
            if status != nil || !isOpen { ended() }
        }
        deadline = loop.at(EventLoop.now + limit) { [self] in end(.late) }
        input.send(last: text)
    }

    /// Ends it with what it has started; nobody is told.
    func kill() {
        done = nil
        shell.kill()
    }

    private func ended() {
        errors.drain()
        end(status.map { .ended($0, words) } ?? .lost)
    }

    private func end(_ outcome: Outcome) {
        guard let done else { return }
        self.done = nil
        // What it has left running would hold its pipes.
        if outcome == .late { shell.kill() }
        loop.cancel(deadline)
        input.end()
        output.end()
        errors.end()
        shell.close()
        done(self, outcome)
    }
}
