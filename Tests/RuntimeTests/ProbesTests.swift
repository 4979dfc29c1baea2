import Foundation
import Testing

@testable import Basics
@testable import LlamaCpp
@testable import SollolRuntime
@testable import Supervision

@Suite struct ProbesTests {
    /// As a connection does that meets itself. A probe that waited for more would hold the port of
    /// the server that is asked for until its time is over.
    @Test func aHelloThatComesBackIsNoAnswerAndEndsTheProbe() throws {
        let port = LocalNetwork.freePort()
        let listener = try Descriptor(socket: AF_INET)
        let address = try #require(ipv4("127.0.0.1", port: port))
        try #require(withSocketAddress(address) { bind(listener.number, $0, $1) } == 0)
        try #require(listen(listener.number, 1) == 0)
        let loop = EventLoop()
        let waiting = loop.watch(listener)
        waiting.whenReadable {
            let connection = Descriptor(accept(listener.number, nil, nil))
            let watch = loop.watch(connection)
            watch.whenReadable {
                var bytes = [UInt8](repeating: 0, count: 100)
                let count = connection.read(&bytes)
                if count > 0 { _ = connection.write(Array(bytes[..<count])) }
                if count <= 0 { watch.close() }
            }
        }
        var answers: [RPCVersion?] = []
        Probes(loop: loop).rpcHello(address: "127.0.0.1", port: port, timeout: 1000) {
            answers.append($0)
            loop.stop()
        }
        loop.at(EventLoop.now + 60) { loop.stop() }
        loop.run()
        #expect(answers == [nil])
        waiting.close()
    }

    /// A status that stays as it is tells people something; one that may pass does not.
    @Test(arguments: [
        ("200 OK", "[]", Probes.SlotsAnswer.activity(SlotActivity(busy: 0, slots: 0))),
        (
            "200 OK", #"[{"id": 1, "is_processing": true}, {"id": 2, "is_processing": false}]"#,
            .activity(SlotActivity(busy: 1, counters: [1, -1, -1, -1], slots: 2))
        ),
        ("401 Unauthorized", "{}", .refused("GET /slots: status 401")),
        ("404 Not Found", "", .refused("GET /slots: status 404")),
        ("501 Not Implemented", "{}", .refused("GET /slots: status 501")),
        ("200 OK", "{}", .refused("GET /slots: it does not say what it is doing")),
        ("503 Service Unavailable", "{}", .none), ("500 Error", "", .none),
    ])
    func slotsThatAreRefusedAreNotJustSilent(
        status: String, body: String, expected: Probes.SlotsAnswer
    ) {
        let text = "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        #expect(Probes.slots(HTTPResponse(Array(text.utf8))) == expected)
    }

    /// Only status 500 says that it cannot compute; 503 while it loads, 401 or 501 say nothing.
    @Test(arguments: [
        ("200 OK", "{}", RequestAnswer.computed),
        (
            "500 Internal Server Error",
            #"{"error":{"code":500,"message":"Compute error.","type":"server_error"}}"#,
            .failed("status 500 ('Compute error.')")
        ),
        ("500 Internal Server Error", "", .failed("status 500")),
        ("503 Service Unavailable", "{}", .unknown), ("401 Unauthorized", "{}", .unknown),
        ("400 Bad Request", "{}", .unknown), ("501 Not Implemented", "{}", .unknown),
    ])
    func onlyAnErrorOfTheServerSaysThatItCannotCompute(
        status: String, body: String, expected: RequestAnswer
    ) {
        let text = "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        #expect(Probes.meaning(HTTPResponse(Array(text.utf8))) == expected)
        #expect(Probes.meaning(nil) == .unknown)
    }

    /// As llama-server sends it: the length is not the last line of the head.
    @Test func aResponseIsWholeByItsLength() throws {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=5, max=100\r\n\r\n[]"
        let bytes = Array(text.utf8)
        for count in bytes.indices {
            #expect(HTTPResponse(Array(bytes[..<count]))?.isWhole != true)
        }
        #expect(HTTPResponse(bytes)?.isWhole == true)
        #expect(Probes.slots(HTTPResponse(bytes)) == .activity(SlotActivity(busy: 0, slots: 0)))
    }

    @Test func noAnswerAndHalfAnAnswerAreSilence() {
        #expect(Probes.slots(nil) == .none)
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"
        #expect(Probes.slots(HTTPResponse(Array(half.utf8))) == .none)
    }
}
