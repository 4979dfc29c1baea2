import Basics
import Foundation

/// A child `sh` with a pipe on each of its three streams; ours do not block.
///
/// The direct child is always `sh`, never ssh, since ssh closes the socket through which
/// Foundation learns of an exit (`process-facts.md`).
final class ShellProcess {
    /// What its standard input is written to: the leash of a guard.
    let input: Int32
    /// Where its standard output and standard error are read from.
    let output: Int32
    let errors: Int32
    private let process = Process()
    private var isInputClosed = false

    /// Starts `sh -c` with that text.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(_ text: String) throws {
        let pipes = try [DescriptorPair(), DescriptorPair(), DescriptorPair()]
        (input, output, errors) = (pipes[0].writing, pipes[1].reading, pipes[2].reading)
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", text]
        process.standardInput = FileHandle(fileDescriptor: pipes[0].reading)
        process.standardOutput = FileHandle(fileDescriptor: pipes[1].writing)
        process.standardError = FileHandle(fileDescriptor: pipes[2].writing)
        defer {
            for end in [pipes[0].reading, pipes[1].writing, pipes[2].writing] {
                Foundation.close(end)
            }
        }
        // A shell whose SIGCHLD is blocked, as it is on threads of Dispatch, waits for ever.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        do {
            try process.run()
        } catch {
            close()
            throw error
        }
        for end in [input, output, errors] { setNonBlocking(end) }
    }

    /// Starts a command that ends when we do, whatever it is doing.
    ///
    /// Its input passes through cat, which ends when we are gone, and then everything is ended: an
    /// ssh that still connects would not look at its input. All of them are one process group, led
    /// by the outermost shell.
    ///
    /// - Parameters:
    ///   - command: shell text; an ssh client's command line, say.
    ///   - epilogue: what the shell does when it has ended; `$?` is its status.
    convenience init(holding command: String, epilogue: String = ":") throws {
        let end = "kill -KILL -$$"
        try self.init("{ cat; \(end); } | { \(command); \(epilogue); \(end); }")
    }

    /// Whether it has not ended, as far as Foundation knows.
    var isRunning: Bool { process.isRunning }

    /// Closes the end that is written to.
    func closeInput() {
        guard !isInputClosed else { return }
        isInputClosed = true
        Foundation.close(input)
    }

    /// Closes our ends of the pipes. Call it once.
    func close() {
        closeInput()
        for end in [output, errors] { Foundation.close(end) }
    }

    /// Waits until nobody holds its output any more, for at most a second after `kill`.
    func waitForEnd() {
        let deadline = EventLoop.now + 1
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while EventLoop.now < deadline, read(output, &buffer, buffer.count) != 0 {
            var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            poll(&wanted, 1, 100)
        }
    }

    /// Sends KILL to the process group of its own which it leads.
    func kill() {
        guard process.isRunning else { return }
        _ = Foundation.kill(-process.processIdentifier, SIGKILL)
    }
}
