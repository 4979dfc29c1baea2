import Foundation
import Testing

@testable import Basics
@testable import Dashboard
@testable import SollolRuntime
@testable import Status

/// The dashboard's listener with clients of every kind, over real sockets.
@Suite struct DashboardServerTests {
    /// A server on a thread of its own; `stop` ends it.
    final class Served: @unchecked Sendable {  // Nothing changes in it.
        let port = LocalNetwork.freePort()
        private let ended = DispatchSemaphore(value: 0)

        init(
            users: UserRule = UserRule(own: geteuid(), others: []), history: [String] = []
        ) throws {
            signal(SIGPIPE) { _ in }
            let loop = EventLoop()
            let address = Endpoint(host: "127.0.0.1", port: port)
            let server = try DashboardServer(
                at: address, loop: loop, hosts: HostRule(names: []), users: users
            ) { route, request in
                switch route {
                case .page: return .answer(HTTPAnswer(.page, "page"))
                case .metrics:
                    return .answer(HTTPAnswer(.metrics, String(repeating: "m", count: 1 << 20)))
                case .history: return .history(HistoryBody(history, since: nil))
                case .events, .live: return .stream(Array("data: 1\n\n".utf8))
                case .status:
                    if request.query == "stop" { loop.stop() }
                    return .answer(HTTPAnswer(.json, "{}"))
                default: return .answer(HTTPAnswer(.text, "\(route)\n", status: 503))
                }
            }
            let confined = Confined(loop, server)
            Thread { [ended] in
                confined.loop.run()
                confined.server.end()
                ended.signal()
            }.start()
        }

        private final class Confined: @unchecked Sendable {  // Handed over once, to its thread.
            let loop: EventLoop
            let server: DashboardServer
            init(_ loop: EventLoop, _ server: DashboardServer) {
                (self.loop, self.server) = (loop, server)
            }
        }

        func connect() throws -> Descriptor {
            let descriptor = try Descriptor(socket: AF_INET)
            let target = try #require(ipv4("127.0.0.1", port: port))
            let status = withSocketAddress(target) {
                Foundation.connect(descriptor.number, $0, $1)
            }
            guard status == 0 else { throw SystemError("connect") }
            return descriptor
        }

        /// What comes back until the server hangs up.
        func answer(_ text: String) throws -> String {
            let descriptor = try connect()
            _ = descriptor.write(Array(text.utf8))
            return DashboardServerTests.rest(of: descriptor)
        }

        func get(_ path: String, _ fields: String = "Host: localhost\r\n") throws -> String {
            try answer("GET \(path) HTTP/1.1\r\n\(fields)Connection: close\r\n\r\n")
        }

        func stop() {
            _ = try? get("/api/v1/status?stop")
            ended.wait()
        }
    }

    static func rest(of descriptor: Descriptor) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = descriptor.read(&buffer)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads until a text has come.
    private func read(_ descriptor: Descriptor, until text: String) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: bytes, as: UTF8.self).contains(text) {
            let count = descriptor.read(&buffer)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func answersWithWhatProtects() throws {
        let served = try Served()
        defer { served.stop() }
        let answer = try served.get("/")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\npage"))
        for field in [
            "Content-Security-Policy: default-src 'none'; style-src 'sha256-",
            "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "frame-ancestors 'none'",
            "Cache-Control: no-store", "Referrer-Policy: no-referrer",
        ] {
            #expect(answer.contains(field))
        }
        #expect(!answer.contains("unsafe"))
    }

    @Test func aHeadHasNoBody() throws {
        let served = try Served()
        defer { served.stop() }
        let answer = try served.answer(
            "HEAD / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
        #expect(answer.contains("Content-Length: 4\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test func refusesAndHangsUp() throws {
        let served = try Served()
        defer { served.stop() }
        #expect(try served.get("/", "Host: evil.example\r\n").hasPrefix("HTTP/1.1 421 "))
        #expect(
            try served.get("/", "Host: localhost\r\nOrigin: null\r\n").hasPrefix("HTTP/1.1 403 "))
        #expect(try served.get("/x").hasPrefix("HTTP/1.1 404 "))
        #expect(try served.get("/readyz").hasPrefix("HTTP/1.1 503 "))
        let post = "POST / HTTP/1.1\r\nHost: a\r\n\r\n"
        let answer = try served.answer(post)
        #expect(answer.hasPrefix("HTTP/1.1 405 "))
        #expect(answer.contains("\r\nAllow: GET, HEAD\r\n"))
        // What follows a fault is not read as a request.
        let smuggled = "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        let one = try served.answer(smuggled + "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(one.hasPrefix("HTTP/1.1 413 "))
        #expect(one.components(separatedBy: "HTTP/1.1 ").count == 2)
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrder() throws {
        let served = try Served()
        defer { served.stop() }
        let large = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let last = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let answers = try served.answer(large + large + last)
        #expect(answers.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
        #expect(answers.hasSuffix("\r\n\r\npage"))
    }

    /// Whoever reads nothing keeps nobody waiting.
    @Test func theSlowKeepNobodyWaiting() throws {
        let served = try Served()
        defer { served.stop() }
        let slow = try (0..<Bounds.dashboardClients - 2).map { _ in
            let descriptor = try served.connect()
            _ = descriptor.write(Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            return descriptor
        }
        let half = try served.connect()
        _ = half.write(Array("GET / HT".utf8))
        #expect(try served.get("/").hasSuffix("page"))
        for descriptor in slow { descriptor.close() }
        #expect(try served.get("/").hasSuffix("page"))
    }

    /// One that says nothing makes room; where all are busy, there is none.
    @Test func thereAreNoMoreClientsThanAreAllowed() throws {
        let served = try Served()
        defer { served.stop() }
        let silent = try (0..<Bounds.dashboardClients).map { _ in try served.connect() }
        #expect(try served.get("/").hasSuffix("page"))
        #expect(Self.rest(of: silent[0]) == "")
    }

    @Test func streamsAreBounded() throws {
        let served = try Served()
        defer { served.stop() }
        let request = Array("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        let streams = try (0..<Bounds.dashboardStreams).map { _ in
            let descriptor = try served.connect()
            _ = descriptor.write(request)
            #expect(read(descriptor, until: "data: 1").contains("text/event-stream"))
            return descriptor
        }
        #expect(try served.get("/api/v1/live").hasPrefix("HTTP/1.1 503 "))
        // Scrapers are answered all the same.
        #expect(try served.get("/metrics").hasPrefix("HTTP/1.1 200 "))
        // A stream that talks has no next request, and ends.
        _ = streams[0].write(request)
        #expect(!Self.rest(of: streams[0]).contains("HTTP"))
        #expect(try served.get("/").hasSuffix("page"))
    }

    @Test func othersOfThisMachineAreRefused() throws {
        #if os(Linux)
            let served = try Served(users: UserRule(own: 1, others: []))
            // Root may look everywhere.
            let status = geteuid() == 0 ? "200" : "403"
            #expect(try served.get("/").hasPrefix("HTTP/1.1 \(status) "))
            #expect(try served.get("/metrics").hasPrefix("HTTP/1.1 200 "))
            served.stop()
        #endif
    }

    // MARK: Whose a connection is

    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:46A1 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 100
           1: 0100007F:46A1 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 101
           2: 0100007F:D431 0100007F:46A1 01 00000000:00000000 00:00000000 00000000  1001        0 102
           3: 0100007F:D432 0100007F:46A1 06 00000000:00000000 03:00000000 00000000     0        0 0
        """

    @Test func theUserOfAConnectionIsFound() {
        let lines = Array(Self.table.utf8)[...]
        let own = "0100007F:46A1"
        let user = PeerUser.user(between: ("0100007F:D431", own), inLines: lines)
        #expect(user == 1001)
        // One that its process has left is said to be root's.
        #expect(PeerUser.user(between: ("0100007F:D432", own), inLines: lines) == nil)
        #expect(PeerUser.user(between: ("0100007F:D433", own), inLines: lines) == nil)
    }

    @Test func addressesAreWrittenAsInTheTables() throws {
        let address = try #require(ipv4("127.0.0.1", port: 18081))
        #expect(PeerUser.hex(address, 4) == "0100007F:46A1")
        #expect(PeerUser.hex(address, 6) == "0000000000000000FFFF00000100007F:46A1")
    }

    @Test func theOwnUserIsFound() throws {
        #if os(Linux)
            let listening = try Descriptor(
                listeningOn: Endpoint(host: "127.0.0.1", port: LocalNetwork.freePort()))
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = getsockname(listening.number, $0, &length)
                }
            }
            let client = try Descriptor(socket: AF_INET)
            #expect(withSocketAddress(address) { connect(client.number, $0, $1) } == 0)
            let accepted = Descriptor(accept(listening.number, nil, nil))
            #expect(PeerUser.of(accepted) == .local(user: geteuid()))
            client.close()
        #endif
    }
}
