import Basics
import Foundation

/// `up --detach`: a second `sollol` in a session of its own brings the cluster up, and this one
/// waits until it serves or has failed.
///
/// Both talk over the second one's standard output: `pid N` first, then `serving` or `exit STATUS`.
/// Its standard error is shown as it comes, so that people see the same as without `--detach`.
package enum DetachedStart {
    /// Set, by us alone, in the environment of the second `sollol`.
    private static let marker = "SOLLOL_DETACHED"

    /// `sh` starts it in the background and ends, so that init adopts it. Not a direct child of
    /// `Process`, which would lead a process group and could not begin a session (setsid(2)).
    private static let shellText = #""$@" </dev/null & "#

    /// What the first one knows of the second one.
    private final class Second {
        var pid: Int32?
        var outcome: ExitStatus?
    }

    // MARK: The first sollol

    /// Starts `executable up` with these words and waits for its outcome.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    package static func run(_ executable: String, _ words: [String]) throws -> ExitStatus {
        let (said, shown) = try start(["-c", shellText, "sh", executable] + words)
        for end in [said, shown] { end.setNonBlocking() }
        return try wait(said: said, shown: shown)
    }

    /// Returns what comes from its two streams; our copies of their other ends are closed.
    private static func start(_ words: [String]) throws -> (said: Descriptor, shown: Descriptor) {
        let (said, shown) = (try DescriptorPair(), try DescriptorPair())
        _ = try ChildShell.start(
            words, environment: ProcessInfo.processInfo.environment.merging([marker: "1"]) { $1 },
            output: said.writing, errors: shown.writing)
        return (said.reading, shown.reading)
    }

    private static func wait(said: Descriptor, shown: Descriptor) throws -> ExitStatus {
        let loop = EventLoop()
        let second = Second()
        var wasStopped = false
        // As in the foreground, Ctrl-C ends what comes up.
        let signals = try Signals.deliver(on: loop) { _ in
            wasStopped = true
            if let pid = second.pid { kill(pid, SIGTERM) }
        }
        defer { signals.end() }
        let screen = loop.watch(shown)
        screen.whenReadable { if !relay(shown) { screen.end() } }
        let lines = IncomingLines(of: said, loop: loop)
        lines.begin(
            { line in
                let words = line.split(separator: " ")
                switch (words.first, words.last.flatMap { Int32($0) }) {
                case ("pid", let pid?):
                    second.pid = pid
                    if wasStopped { kill(pid, SIGTERM) }
                case ("serving", _): second.outcome = second.outcome ?? .success
                case ("exit", let status?):
                    second.outcome = second.outcome ?? ExitStatus(rawValue: status) ?? .software
                default: break
                }
            },
            came: { isOpen in if second.outcome != nil || !isOpen { loop.stop() } })
        loop.run()
        // What it showed before it said so is in the pipe already.
        _ = relay(shown)
        return second.outcome ?? .software
    }

    /// Copies what is there to standard error. Returns false at the end.
    private static func relay(_ descriptor: Descriptor) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = descriptor.read(&buffer)
            if count < 0 { return errno == EAGAIN }
            if count == 0 { return false }
            StandardStreams.complain(Array(buffer[..<count]))
        }
    }

    // MARK: The second sollol

    /// Whether this is the second one; then it gets a session of its own, and says its process id.
    /// Call it once, before anything is started.
    package static func begin() -> Bool {
        guard getenv(marker) != nil else { return false }
        unsetenv(marker)
        setsid()
        say("pid \(getpid())")
        return true
    }

    /// Tells the first one that the cluster serves, and lets go of its terminal.
    static func serves() {
        say("serving")
        let null = open("/dev/null", O_RDWR)
        guard null >= 0 else { return }
        for descriptor: Int32 in [1, 2] { dup2(null, descriptor) }
        if null > 2 { close(null) }
    }

    /// Tells the first one that it is over.
    package static func ends(with status: ExitStatus) { say("exit \(status.rawValue)") }

    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = retrying { write(1, bytes, bytes.count) }
    }
}
