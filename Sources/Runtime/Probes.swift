import Foundation
import LlamaCpp
import Supervision

/// The questions that `sollol` asks running servers.
struct Probes {
    let loop: EventLoop

    /// Says HELLO to an RPC server of ours that no coordinator uses, and reads the whole answer;
    /// completes with the protocol that it speaks, or nil.
    ///
    /// Byte 14, u64 24, 24 zero bytes; the answer is u64 28, then major, minor, patch (measured,
    /// RPC protocol 8.0.0). A server of an older release closes the connection, and is asked as its
    /// clients do: byte 14, u64 0. To leave without reading kills a server whose SIGPIPE is
    /// default.
    func rpcHello(
        address: String, port: Int, timeout: Double, isOld: Bool = false,
        _ completion: @escaping (RPCVersion?) -> Void
    ) {
        let size = isOld ? 0 : 24
        let hello: [UInt8] = [14, UInt8(size)] + [UInt8](repeating: 0, count: 7 + size)
        Exchange(
            address: address, port: port, request: hello, timeout: timeout, loop: loop,
            // A connection to a port of this host's outgoing range, where nobody listens yet, can
            // meet itself (RFC 9293, 3.5, simultaneous open), and holds the port that the server
            // wants.
            isComplete: { $0.count >= (isOld ? 11 : 36) || $0 == hello },
            completion: { [self] outcome in
                guard case .received(let answer) = outcome else { return completion(nil) }
                if answer.isEmpty, !isOld {
                    rpcHello(
                        address: address, port: port, timeout: timeout, isOld: true, completion)
                } else {
                    completion(RPCVersion(helloAnswer: answer))
                }
            })
    }

    /// Connects and sends nothing: harmless to any RPC server (measured, 100 of 100).
    func connects(
        address: String, port: Int, timeout: Double, _ completion: @escaping (Bool) -> Void
    ) {
        Exchange(
            address: address, port: port, request: [], timeout: timeout, loop: loop,
            isComplete: { _ in true }, completion: { completion($0 == .received([])) })
    }

    /// Whether `GET /health` of a llama-server answers 200; 503 while it loads.
    func isHealthy(
        address: String, port: Int, timeout: Double, _ completion: @escaping (Bool) -> Void
    ) {
        get("/health", address: address, port: port, apiKey: nil, timeout: timeout) {
            completion($0?.status == 200)
        }
    }

    /// What the slots of a llama-server are doing; nil when it does not tell.
    ///
    /// `/slots` needs an API key where one is configured; `/health` never does.
    func activity(
        address: String, port: Int, apiKey: String?, timeout: Double,
        _ completion: @escaping (SlotActivity?) -> Void
    ) {
        get("/slots", address: address, port: port, apiKey: apiKey, timeout: timeout) { answer in
            guard let answer, answer.status == 200 else { return completion(nil) }
            completion(SlotActivity(slots: Array(answer.body)))
        }
    }

    private func get(
        _ path: String, address: String, port: Int, apiKey: String?, timeout: Double,
        _ completion: @escaping (HTTPResponse?) -> Void
    ) {
        var request = "GET \(path) HTTP/1.1\r\nHost: \(address):\(port)\r\nConnection: close\r\n"
        if let apiKey { request += "Authorization: Bearer \(apiKey)\r\n" }
        var reader = HTTPResponseReader()
        Exchange(
            address: address, port: port, request: Array((request + "\r\n").utf8),
            timeout: timeout, loop: loop,
            isComplete: { reader.isComplete($0) },
            completion: { outcome in
                guard case .received(let bytes) = outcome else { return completion(nil) }
                completion(HTTPResponse(bytes))
            })
    }
}
