import Basics
import Foundation
import Remote
import Sharding
import Survey

/// A connection of its own through which files go to a host, as an archive for its tar.
///
/// Its input is the archive and nothing else, so it has no heartbeat: it ends with us, since the
/// pipe does, and what has arrived by then is looked at the next time.
final class ShardStream {
    /// How it went.
    enum Outcome {
        case answered(ShardAnswer)
        /// The connection or the host's shell ended before, with these last words.
        case ended([String])
        /// The source could not be read.
        case unread(String)
    }

    private let loop: EventLoop
    private let process: Process
    /// How many files its answer may be about.
    private let fileCount: Int
    private let input: Watch
    private let output: Watch
    private let errors: IncomingLines
    private var archive: ShardArchive
    private var unsent: [UInt8]
    private var received: [UInt8] = []
    private var words: [String] = []
    private var completion: ((Outcome) -> Void)?

    /// Bytes of files that were taken by the connection.
    var sentBytes: UInt64 { archive.readBytes }

    /// Begins to send.
    ///
    /// - Parameters:
    ///   - line: `ShardScript.receive`.
    ///   - files: how many are wanted in all.
    ///   - carrier: the ssh client's command line; nil for this machine.
    ///   - done: called once, never from within this call.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        _ items: [ShardItem], of source: ShardSource, line: String, files: Int,
        carrier: [String]?, loop: EventLoop, done: @escaping (Outcome) -> Void
    ) throws {
        self.loop = loop
        archive = ShardArchive(items, of: source)
        fileCount = files
        completion = done
        let (stdin, stdout, stderr) =
            (try DescriptorPair(), try DescriptorPair(), try DescriptorPair())
        process = try ChildShell.start(
            ["-c", carrier.map { ShellQuoting.join($0) + "; exit $?" } ?? Guard.command],
            environment: carrier.map { _ in
                SSHCommand.environment(ProcessInfo.processInfo.environment)
            },
            input: stdin.reading, output: stdout.writing, errors: stderr.writing)
        for end in [stdin.writing, stdout.reading, stderr.reading] { end.setNonBlocking() }
        unsent = Array((line + "\n").utf8)
        input = loop.watch(stdin.writing)
        output = loop.watch(stdout.reading)
        errors = IncomingLines(of: stderr.reading, loop: loop)
        errors.begin { [self] line in
            words =
                words.suffix(Bounds.errorLines - 1) + [String(line.prefix(Bounds.lastWordBytes))]
        }
        output.whenReadable { [self] in receive() }
        input.whenWritable { [self] in send() }
    }

    /// Ends it.
    func kill() {
        if process.isRunning { _ = Foundation.kill(-process.processIdentifier, SIGKILL) }
        finish(.ended(words))
    }

    private func send() {
        do throws(ShardSource.Problem) {
            if unsent.isEmpty { unsent = try archive.next() }
        } catch {
            let message = error.description
            if process.isRunning { _ = Foundation.kill(-process.processIdentifier, SIGKILL) }
            return finish(.unread(message))
        }
        if unsent.isEmpty { return input.close() }
        let count = input.descriptor.write(unsent)
        if count < 0 {
            // EPIPE: what it says before its end tells why.
            if errno != EAGAIN { input.close() }
            return
        }
        unsent.removeFirst(count)
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = output.descriptor.read(&buffer)
        if count < 0, errno == EAGAIN { return }
        let most =
            Bounds.answerBytes + Bounds.bannerBytes + ShardAnswer.size(ofFiles: fileCount)
        if count > 0, received.count + count <= most {
            received += buffer[..<count]
            return
        }
        errors.drain()
        let answer = ShardAnswer(received, files: fileCount)
        finish(answer.isComplete ? .answered(answer) : .ended(words))
    }

    private func finish(_ outcome: Outcome) {
        guard let completion else { return }
        self.completion = nil
        input.close()
        output.close()
        errors.end()
        loop.at(EventLoop.now) { completion(outcome) }
    }
}
