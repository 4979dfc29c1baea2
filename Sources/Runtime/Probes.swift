import Basics
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
        address: String, port: Int, timeout: Double,
        _ completion: @escaping (BackendAnswer) -> Void
    ) {
        Exchange(
            address: address, port: port, request: [], timeout: timeout, loop: loop,
            isComplete: { _ in true },
            completion: { outcome in
                switch outcome {
                case .received: completion(.reached)
                case .refused(let reason): completion(.refused(reason))
                case .failed: completion(.unknown)
                }
            })
    }

    /// Whether `GET /health` of a llama-server answers 200; 503 while it loads.
    func isHealthy(
        address: String, port: Int, timeout: Double, _ completion: @escaping (Bool) -> Void
    ) {
        get("/health", at: Endpoint(host: address, port: port), apiKey: nil, timeout: timeout) {
            completion($0?.status == 200)
        }
    }

    /// What a llama-server says about its slots.
    enum SlotsAnswer: Equatable {
        case activity(SlotActivity)
        /// It answers, and will answer the same next time: why that says nothing.
        case refused(String)
        /// It sleeps, and would wake of further questions.
        case asleep
        /// No answer, or one of a server that is not ready now.
        case none
    }

    /// What the slots of a llama-server are doing.
    ///
    /// `/slots` needs an API key where one is configured; `/health` never does.
    func activity(
        at place: Endpoint, apiKey: [UInt8]?, timeout: Double,
        _ completion: @escaping (SlotsAnswer) -> Void
    ) {
        get("/slots", at: place, apiKey: apiKey, timeout: timeout) { completion(Self.slots($0)) }
    }

    /// What a llama-server that may sleep is doing, asked so that it goes on to sleep and that time
    /// goes on in which nobody asks anything: `/slots` would begin that anew (measured, build
    /// 11669).
    func activityOfSleeper(
        at place: Endpoint, apiKey: [UInt8]?, timeout: Double,
        _ completion: @escaping (SlotsAnswer) -> Void
    ) {
        get("/props", at: place, apiKey: apiKey, timeout: timeout) { props in
            let answer = Self.answer(props, of: "/props") { body in
                SlotActivity.isSleeping(props: body).map { $0 ? .asleep : .none }
            }
            guard answer == .none, props?.status == 200 else { return completion(answer) }
            get("/metrics", at: place, apiKey: apiKey, timeout: timeout) { metrics in
                completion(
                    Self.answer(metrics, of: "/metrics") { body in
                        SlotActivity(metrics: body).map(SlotsAnswer.activity)
                    })
            }
        }
    }

    /// What an answer of `/slots` means. 501: the server was built or started without them.
    static func slots(_ answer: HTTPResponse?) -> SlotsAnswer {
        Self.answer(answer, of: "/slots") { SlotActivity(slots: $0).map(SlotsAnswer.activity) }
    }

    /// What an answer of that path means, by what its body says.
    private static func answer(
        _ answer: HTTPResponse?, of path: String, _ read: ([UInt8]) -> SlotsAnswer?
    ) -> SlotsAnswer {
        guard let answer else { return .none }
        guard answer.status == 200 else {
            let isFinal = (400..<500).contains(answer.status) || answer.status == 501
            return isFinal ? .refused("GET \(path): status \(answer.status)") : .none
        }
        guard answer.isWhole else { return .none }
        return read(Array(answer.body)) ?? .refused("GET \(path): it does not say what it is doing")
    }

    /// What an answer to a request that any llama-server which works can answer says about it.
    static func meaning(_ answer: HTTPResponse?) -> RequestAnswer {
        switch answer?.status {
        case 200?: return .computed
        case 500?:
            let body = answer.map { Array($0.body) } ?? []
            let error = try? JSONReader.read(body, from: .server).root.value["error"]
            guard case .string(let message)? = error?.value["message"]?.value else {
                return .failed("status 500")
            }
            return .failed("status 500 (\(TerminalText.quote(message)))")
        default: return .unknown
        }
    }

    /// One GET; nil when there was no answer that is HTTP.
    ///
    /// - Parameter place: numeric IPv4.
    func get(
        _ path: String, at place: Endpoint, apiKey: [UInt8]?, timeout: Double,
        _ completion: @escaping (HTTPResponse?) -> Void
    ) {
        send("GET \(path)", nil, at: place, apiKey, timeout, completion)
    }

    /// One POST of a JSON text; nil when there was no answer that is HTTP.
    func post(
        _ path: String, _ body: String, at place: Endpoint, apiKey: [UInt8]?, timeout: Double,
        _ completion: @escaping (HTTPResponse?) -> Void
    ) {
        send("POST \(path)", body, at: place, apiKey, timeout, completion)
    }

    private func send(
        _ what: String, _ body: String?, at place: Endpoint, _ apiKey: [UInt8]?, _ timeout: Double,
        _ completion: @escaping (HTTPResponse?) -> Void
    ) {
        let head = "\(what) HTTP/1.1\r\nHost: \(place)\r\nConnection: close\r\n"
        var request = Array(head.utf8)
        if let apiKey { request += Array("Authorization: Bearer ".utf8) + apiKey + [13, 10] }
        if let body {
            let kind = "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            request += Array(kind.utf8)
        }
        request += [13, 10] + Array((body ?? "").utf8)
        var reader = HTTPResponseReader()
        Exchange(
            address: place.host, port: place.port, request: request, timeout: timeout,
            loop: loop, isComplete: { reader.isComplete($0) },
            completion: { outcome in
                guard case .received(let bytes) = outcome else { return completion(nil) }
                completion(HTTPResponse(bytes))
            })
    }
}
