import Testing

@testable import Basics
@testable import Dashboard

/// Requests as clients, browsers and those who mean harm send them. Cases by the names of public
/// lists: "http-garden" (narfindustries/http-garden, its discrepancies of servers and proxies),
/// llhttp (nodejs/llhttp, `test/request`), and the classes of request smuggling of PortSwigger's
/// Web Security Academy (CL.TE, TE.CL, TE.TE, CL.0, H2 downgrade).
@Suite struct RequestReaderTests {
    private static let good = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    /// What comes of text: paths of requests, then the refusal, if there is one.
    static func read(_ text: String) -> (paths: [String], refusal: HTTPRefusal?) {
        read(Array(text.utf8))
    }

    static func read(_ bytes: [UInt8]) -> (paths: [String], refusal: HTTPRefusal?) {
        var reader = HTTPRequestReader()
        reader.take(bytes)
        var paths: [String] = []
        do throws(HTTPRefusal) {
            while let request = try reader.next() { paths.append(request.path) }
            return (paths, nil)
        } catch {
            return (paths, error)
        }
    }

    @Test func readsWhatABrowserSends() throws {
        var reader = HTTPRequestReader()
        reader.take(
            Array(
                """
                GET /api/v1/history?since=60&x HTTP/1.1\r
                Host: localhost:18081\r
                Connection: keep-alive\r
                Accept: text/html, */*;q=0.8\r
                Sec-Fetch-Site: same-origin\r
                Sec-Fetch-Mode: cors\r
                Origin:  http://localhost:18081 \t\r
                User-Agent: Mozilla/5.0 (\u{E4})\r
                \r

                """.utf8))
        let request = try #require(try reader.next())
        #expect(request.path == "/api/v1/history")
        #expect(request.parameter("since") == "60")
        #expect(request.parameter("x") == nil)
        #expect(request.host == "localhost:18081")
        #expect(request.origin == "http://localhost:18081")
        #expect(request.fetchSite == "same-origin")
        #expect(request.fetchMode == "cors")
        #expect(request.isKept)
    }

    @Test func piecesMakeNoDifference() throws {
        var reader = HTTPRequestReader()
        for byte in Self.good.utf8.dropLast() {
            reader.take([byte])
            #expect(try reader.next() == nil)
        }
        reader.take([10])
        #expect(try reader.next()?.path == "/")
        #expect(!reader.isInRequest)
    }

    @Test func pipelinedRequestsComeInTheirOrder() {
        let second = "HEAD /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        let (paths, refusal) = Self.read(Self.good + second + Self.good)
        #expect(paths == ["/", "/metrics", "/"])
        #expect(refusal == nil)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, Close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false), ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ])
    func connectionsStayAsAsked(text: String, isKept: Bool) throws {
        var reader = HTTPRequestReader()
        reader.take(Array(text.utf8))
        #expect(try reader.next()?.isKept == isKept)
    }

    /// A name, what is sent, and what it is refused with. Nothing behind it is read as a request.
    static let refused: [(name: String, text: String, refusal: HTTPRefusal)] = [
        // Lines.
        ("http-garden: bare LF", "GET / HTTP/1.1\nHost: a\n\n", .malformed),
        ("http-garden: LF before a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", .malformed),
        (
            "http-garden: bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
            .malformed
        ),
        ("http-garden: CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", .malformed),
        ("llhttp: empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("http-garden: NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", .malformed),
        ("http-garden: NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", .malformed),
        // Fields.
        ("llhttp: obs-fold", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", .malformed),
        (
            "http-garden: folded first field", "GET / HTTP/1.1\r\n X: b\r\nHost: a\r\n\r\n",
            .malformed
        ),
        ("llhttp: blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformed),
        ("http-garden: tab before the colon", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", .malformed),
        ("llhttp: no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .malformed),
        ("llhttp: empty name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", .malformed),
        (
            "http-garden: a name in quotes", "GET / HTTP/1.1\r\nHost: a\r\n\"X\": b\r\n\r\n",
            .malformed
        ),
        (
            "http-garden: a name that is no ASCII",
            "GET / HTTP/1.1\r\nHost: a\r\n\u{E4}: b\r\n\r\n", .malformed
        ),
        // The request line.
        ("llhttp: no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("llhttp: two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("http-garden: a tab as blank", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("http-garden: a blank at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformed),
        ("llhttp: absolute form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("llhttp: authority form", "CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("llhttp: asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("http-garden: a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("llhttp: HTTP/0.9", "GET /\r\n\r\n", .malformed),
        ("llhttp: lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", .malformed),
        ("http-garden: HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .malformed),
        ("llhttp: HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .version),
        ("llhttp: HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", .version),
        ("PortSwigger: H2 prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .version),
        ("TLS to the plain port", "\u{16}\u{3}\u{1}\u{2}\0\u{1}", .malformed),
        ("llhttp: POST", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("llhttp: an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("llhttp: get", "get / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("llhttp: TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        // Host.
        ("http-garden: no Host", "GET / HTTP/1.1\r\n\r\n", .malformed),
        ("http-garden: two Host", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .malformed),
        (
            "http-garden: the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
            .malformed
        ),
        ("http-garden: an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .malformed),
        // Bodies.
        (
            "PortSwigger: CL.TE",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nSMUGGLED",
            .body
        ),
        (
            "PortSwigger: TE.CL",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n",
            .malformed
        ),
        (
            "PortSwigger: TE.TE",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", .malformed
        ),
        (
            "PortSwigger: TE with a blank",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", .malformed
        ),
        (
            "PortSwigger: TE after a tab",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked\r\n\r\n", .malformed
        ),
        (
            "PortSwigger: TE folded",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", .malformed
        ),
        (
            "PortSwigger: CL.0",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nGET /admin HTTP/1.1\r\nX: y\r\n\r\n",
            .body
        ),
        (
            "http-garden: two lengths",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
            .malformed
        ),
        (
            "http-garden: the same length twice",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
            .malformed
        ),
        (
            "http-garden: a list of lengths",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", .malformed
        ),
        ("llhttp: +0", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", .malformed),
        ("llhttp: -0", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n", .malformed),
        (
            "http-garden: 0x0", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n",
            .malformed
        ),
        (
            "http-garden: 0_0", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0_0\r\n\r\n",
            .malformed
        ),
        ("llhttp: no length", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .malformed),
        (
            "llhttp: overflow",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", .body
        ),
        (
            "llhttp: Expect", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
            .expectation
        ),
    ]

    @Test(arguments: refused)
    func refuses(name: String, text: String, refusal: HTTPRefusal) {
        let outcome = Self.read(text)
        #expect(outcome.paths == [], "\(name)")
        #expect(outcome.refusal == refusal, "\(name)")
        // Behind a good one as well.
        let second = Self.read(Self.good + text)
        #expect(second.paths == ["/"], "\(name)")
        #expect(second.refusal == refusal, "\(name)")
    }

    @Test func aHeadThatIsTooLongIsRefusedBeforeItEnds() {
        let field = "X: " + String(repeating: "a", count: Bounds.requestHeadBytes)
        #expect(Self.read("GET / HTTP/1.1\r\nHost: a\r\n" + field).refusal == .headTooLong)
        let target = "/" + String(repeating: "a", count: Bounds.requestHeadBytes)
        #expect(Self.read("GET \(target)").refusal == .headTooLong)
        let many = String(repeating: "X: y\r\n", count: HTTPRequestReader.mostFields)
        #expect(
            Self.read("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n").refusal == .headTooLong)
    }

    @Test func aHeadOfTheLongestKindIsRead() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n"
        let field = String(repeating: "a", count: Bounds.requestHeadBytes - head.utf8.count)
        let text = head.dropLast() + field + "\r\n\r\n"
        #expect(Self.read(text + Self.good).paths == ["/", "/"])
        let longer = head.dropLast() + field + "a\r\n\r\n"
        #expect(Self.read(longer + Self.good).refusal == .headTooLong)
    }
}
