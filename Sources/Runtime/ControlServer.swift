import Basics
import Foundation
import Status

/// Answers commands on a Unix socket: one line of JSON in, one line out, then it hangs up.
///
/// Only its owner can reach it (0600 in a 0700 folder). Bounded all the same, so that a program
/// gone wild cannot hold it or fill the memory: few clients, short requests, little time. When
/// there are too many, the oldest goes.
final class ControlServer {
    /// Clients at the same time.
    static let mostClients = 8
    /// Bytes of a request.
    static let longestRequest = Bounds.controlRequestBytes
    /// Seconds from connecting to having read the answer.
    static let patience = 5.0

    private final class Client {
        let watch: Watch
        var request: [UInt8] = []
        var answer: [UInt8] = []
        var deadline: Int?

        init(_ watch: Watch) { self.watch = watch }
    }

    private let path: String
    private let loop: EventLoop
    private let respond: (ControlRequest) -> ControlAnswer
    private var listener: Listener?
    private var clients: [Client] = []

    /// Listens at that path; a socket that an earlier `sollol` left there is replaced, which the
    /// lock of the state directory makes safe.
    ///
    /// - Throws: `SystemError`.
    init(
        path: String, loop: EventLoop, respond: @escaping (ControlRequest) -> ControlAnswer
    ) throws {
        self.path = path
        self.loop = loop
        self.respond = respond
        let socket = try UnixSocket.make()
        socket.setNonBlocking()
        unlink(path)
        let mask = umask(0o177)
        let status = UnixSocket.withAddress(path) { bind(socket.number, $0, $1) }
        umask(mask)
        guard status == 0, listen(socket.number, 16) == 0 else {
            throw SystemError("listen on \(path)")
        }
        listener = Listener(socket, loop: loop) { [self] in accept($0) }
    }

    /// Hangs up on everybody and removes the socket.
    func end() {
        for client in clients { hangUp(client) }
        listener?.end()
        unlink(path)
    }

    private func accept(_ descriptor: Descriptor) {
        if clients.count >= Self.mostClients { hangUp(clients[0]) }
        let client = Client(loop.watch(descriptor))
        clients.append(client)
        client.deadline = loop.at(EventLoop.now + Self.patience) { [self] in hangUp(client) }
        client.watch.whenReadable { [self] in receive(client) }
    }

    private func receive(_ client: Client) {
        var buffer = [UInt8](repeating: 0, count: Self.longestRequest + 1)
        let count = client.watch.descriptor.read(&buffer)
        if count < 0 && errno == EAGAIN { return }
        guard count > 0 else { return hangUp(client) }
        client.request += buffer[..<count]
        if let end = client.request.firstIndex(of: UInt8(ascii: "\n")) {
            answer(client, Data(client.request[..<end]))
        } else if client.request.count > Self.longestRequest {
            refuse(client, "the request is longer than \(Self.longestRequest) bytes")
        }
    }

    private func answer(_ client: Client, _ line: Data) {
        let decoder = JSONDecoder()
        if let envelope = try? decoder.decode(ControlProtocol.Envelope.self, from: line),
            !envelope.isKnown
        {
            return refuse(
                client,
                "the command line speaks version \(envelope.formatVersion ?? 1) of the control "
                    + "protocol and the running sollol \(ControlProtocol.version): it was started "
                    + "by an earlier release. Use that one's command line, or start it anew",
                .version)
        }
        guard let request = try? decoder.decode(ControlRequest.self, from: line) else {
            return refuse(client, "not a request that this sollol understands")
        }
        send(respond(request), to: client)
    }

    private func refuse(
        _ client: Client, _ problem: String, _ refusal: ControlAnswer.Refusal? = nil
    ) {
        send(ControlAnswer(problem: problem, refusal: refusal), to: client)
    }

    private func send(_ answer: ControlAnswer, to client: Client) {
        client.watch.whenReadable(nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(answer) else { return hangUp(client) }
        client.answer = Array(data) + [UInt8(ascii: "\n")]
        flush(client)
    }

    private func flush(_ client: Client) {
        while !client.answer.isEmpty {
            let count = client.watch.descriptor.write(client.answer)
            if count < 0 && errno == EAGAIN {
                return client.watch.whenWritable { [self] in flush(client) }
            }
            guard count > 0 else { return hangUp(client) }
            client.answer.removeFirst(count)
        }
        hangUp(client)
    }

    private func hangUp(_ client: Client) {
        guard let index = clients.firstIndex(where: { $0 === client }) else { return }
        clients.remove(at: index)
        loop.cancel(client.deadline)
        client.watch.close()
    }
}
