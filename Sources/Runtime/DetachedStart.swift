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
    private final class Watch {
        var pid: Int32?
        var outcome: ExitStatus?
    }

    // MARK: The first sollol

    /// Starts `executable up` with these words and waits for its outcome.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    package static func run(_ executable: String, _ words: [String]) throws -> ExitStatus {
        let pipes = try [DescriptorPair(), DescriptorPair()]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", shellText, "sh", executable] + words
        process.environment = ProcessInfo.processInfo.environment.merging([marker: "1"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(fileDescriptor: pipes[0].writing)
        process.standardError = FileHandle(fileDescriptor: pipes[1].writing)
        try process.run()
        for pipe in pipes {
            close(pipe.writing)
            setNonBlocking(pipe.reading)
        }
        return try wait(said: pipes[0].reading, shown: pipes[1].reading)
    }

    private static func wait(said: Int32, shown: Int32) throws -> ExitStatus {
        let loop = EventLoop()
        let watch = Watch()
        var lines = LineReader(said)
        var wasStopped = false
        // As in the foreground, Ctrl-C ends what comes up.
        try Signals.deliver(on: loop) { _ in
            wasStopped = true
            if let pid = watch.pid { kill(pid, SIGTERM) }
        }
        loop.whenReadable(shown) { if !relay(shown) { loop.forget(shown) } }
        loop.whenReadable(said) {
            let isOpen = lines.read { line in
                let words = line.split(separator: " ")
                switch (words.first, words.last.flatMap { Int32($0) }) {
                case ("pid", let pid?):
                    watch.pid = pid
                    if wasStopped { kill(pid, SIGTERM) }
                case ("serving", _): watch.outcome = watch.outcome ?? .success
                case ("exit", let status?):
                    watch.outcome = watch.outcome ?? ExitStatus(rawValue: status) ?? .software
                default: break
                }
            }
            if watch.outcome != nil || !isOpen { loop.stop() }
        }
        loop.run()
        // What it showed before it said so is in the pipe already.
        _ = relay(shown)
        return watch.outcome ?? .software
    }

    /// Copies what is there to standard error. Returns false at the end.
    private static func relay(_ descriptor: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = retrying { read(descriptor, &buffer, buffer.count) }
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
