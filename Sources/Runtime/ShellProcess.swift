import Basics
import Foundation
import Remote

/// A child `sh` with a pipe on each of its three streams; ours do not block.
///
/// Whoever holds it holds the pipes: when nobody does any more they are closed, and what runs there
/// ends with its leash.
final class ShellProcess {
    /// What its standard input is written to: the leash of a guard.
    let input: Descriptor
    /// Where its standard output and standard error are read from.
    let output: Descriptor
    let errors: Descriptor
    private let process: Process

    /// Starts `sh -c` with that text.
    ///
    /// - Parameters:
    ///   - words: `$0`, `$1` and so on of the text.
    ///   - environment: nil is that of this process.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(_ text: String, words: [String] = [], environment: [String: String]? = nil) throws {
        let (stdin, stdout, stderr) =
            (try DescriptorPair(), try DescriptorPair(), try DescriptorPair())
        process = try ChildShell.start(
            ["-c", text] + words, environment: environment, input: stdin.reading,
            output: stdout.writing, errors: stderr.writing)
        (input, output, errors) = (stdin.writing, stdout.reading, stderr.reading)
        for end in [input, output, errors] { end.setNonBlocking() }
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
    convenience init(
        holding command: String, epilogue: String = ":", environment: [String: String]? = nil
    ) throws {
        let end = "kill -KILL -$$"
        try self.init(
            "{ cat; \(end); } | { \(command); \(epilogue); \(end); }", environment: environment)
    }

    /// The same for an ssh client, with what it may have of our environment.
    ///
    /// - Parameter carrier: its command line, to which is added that it tells how far it comes.
    convenience init(ssh carrier: [String], epilogue: String = ":") throws {
        try self.init(
            holding: ShellQuoting.join(SSHCommand.telling(carrier)), epilogue: epilogue,
            environment: SSHCommand.environment(ProcessInfo.processInfo.environment))
    }

    /// Whether it has not ended, as far as Foundation knows.
    var isRunning: Bool { process.isRunning }

    /// Closes our ends of the pipes.
    func close() { for end in [input, output, errors] { end.close() } }

    /// After `kill`: waits until nobody holds its output any more, or until that time.
    func waitForEnd(until deadline: Instant) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while EventLoop.now < deadline, output.read(&buffer) != 0 {
            var wanted = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
            poll(&wanted, 1, 10)
        }
    }

    /// Sends KILL to the process group of its own which it leads.
    func kill() {
        guard process.isRunning else { return }
        _ = Foundation.kill(-process.processIdentifier, SIGKILL)
    }
}
