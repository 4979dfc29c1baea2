import Basics
import Remote
import Sharding
import Survey

/// A connection of its own through which a host is told what to fetch, and tells what has come.
///
/// Its input is a leash: what fetches there ends when we do, or the connection.
final class FetchStream {
    /// How it ended.
    enum Outcome {
        /// All that could be fetched is there.
        case over
        /// Something could not be fetched, by its name.
        case refused(name: String, String)
        /// The host could not do it, or the connection ended before; the last words.
        case ended([String])
    }

    private let loop: EventLoop
    private let shell: ShellProcess
    private let input: OutgoingBytes
    private let output: IncomingLines
    private let errors: IncomingLines
    private let connection: ConnectionWatch?
    private var words: [String] = []
    private var refusal: Outcome?
    private var completion: ((Outcome) -> Void)?

    /// Digests of what has arrived, by name.
    private(set) var arrived: [String: String] = [:]
    /// Bytes that have arrived.
    private(set) var gotBytes: UInt64 = 0
    /// Told what is waited for.
    var whenWaiting: (String) -> Void = { _ in }

    /// Begins to fetch.
    ///
    /// - Parameters:
    ///   - line: `ShardScript.fetch`.
    ///   - carrier: the ssh client's command line; nil for this machine.
    ///   - done: called once, never from within this call.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        _ line: String, carrier: [String]?, loop: EventLoop, done: @escaping (Outcome) -> Void
    ) throws {
        self.loop = loop
        completion = done
        connection = carrier == nil ? nil : ConnectionWatch(loop: loop)
        shell =
            try carrier.map { try ShellProcess(ssh: $0) }
            ?? ShellProcess(holding: "sh -c \(ShellQuoting.quote(Guard.command))")
        input = OutgoingBytes(to: shell.input, loop: loop)
        output = IncomingLines(of: shell.output, loop: loop)
        errors = IncomingLines(of: shell.errors, loop: loop)
        errors.begin { [self] in complained($0) }
        output.begin { [self] in
            take($0)
        } came: { [self] isOpen in
            if !isOpen { finish(refusal ?? .ended(words)) }
        }
        input.send(line)
    }

    /// Ends it, here and there.
    func kill() {
        shell.kill()
        finish(.ended(words))
    }

    private func take(_ line: String) {
        guard let report = FetchReport(line) else { return }
        connection?.established()
        switch report {
        case .got(let bytes): gotBytes = bytes
        case .waits(let seconds, let status):
            whenWaiting(SourceFault.waits(seconds: seconds, status: status))
        case .arrived(let name, let digest): arrived[name] = digest
        case .refused(let name, let fault):
            refusal = refusal ?? .refused(name: name, fault.message)
        case .failed(let text): refusal = refusal ?? .ended([text])
        case .complete: finish(refusal ?? .over)
        }
    }

    private func complained(_ text: String) {
        guard let line = connection.map({ $0.take(text) }) ?? text else { return }
        words = words.suffix(Bounds.errorLines - 1) + [String(line.prefix(Bounds.lastWordBytes))]
    }

    private func finish(_ outcome: Outcome) {
        guard let completion else { return }
        self.completion = nil
        connection?.end()
        input.end()
        output.end()
        errors.end()
        shell.kill()
        shell.close()
        loop.at(EventLoop.now) { completion(outcome) }
    }
}
