import Testing

@testable import Basics
@testable import Dashboard
@testable import Samples

/// Requests to the dashboard, and what becomes of them.
@Suite struct RequestFuzzTests {
    private static let good = [
        "GET / HTTP/1.1\r\nHost: localhost:18081\r\nOrigin: http://localhost:18081\r\n\r\n",
        "GET /api/v1/history?since=60 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
        "HEAD /metrics HTTP/1.0\r\nConnection: close\r\nSec-Fetch-Site: none\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ].map { Array($0.utf8) }

    private static func outcome(
        of pieces: [ArraySlice<UInt8>]
    ) -> (requests: [HTTPRequest], refusal: HTTPRefusal?) {
        var reader = HTTPRequestReader()
        var requests: [HTTPRequest] = []
        for piece in pieces {
            reader.take(piece)
            do throws(HTTPRefusal) {
                while let request = try reader.next() { requests.append(request) }
            } catch {
                return (requests, error)
            }
        }
        return (requests, nil)
    }

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        let rule = HostRule(names: ["a.example"])
        try Fuzz.each("request", part: part) { index, hostile in
            let bytes = hostile.changed(hostile.one(of: Self.good) + hostile.one(of: Self.good))
            let cut = bytes.isEmpty ? 0 : hostile.below(bytes.count)
            let whole = Self.outcome(of: [bytes[...]])
            let pieces = Self.outcome(of: [bytes[..<cut], bytes[cut...]])
            if whole.requests != pieces.requests || whole.refusal != pieces.refusal {
                Issue.record("input \(index): pieces make a difference")
            }
            if whole.requests.count > 4 { Issue.record("input \(index): more than was sent") }
            for request in whole.requests {
                if !request.path.hasPrefix("/") { Issue.record("input \(index): no path") }
                let refusal = rule.refusal(of: request)
                _ = request.parameter("since").map { Outside.number($0, in: 0...1 << 40) }
                if let host = request.host, refusal == nil,
                    host.utf8.contains(where: { $0 <= 0x20 || $0 > 0x7E })
                {
                    Issue.record("input \(index): taken for \(host)")
                }
            }
            for refusal in [whole.refusal].compactMap(\.self) {
                let answer = HTTPAnswer(refusal).bytes(isKept: false, isHead: false)
                if answer.isEmpty { Issue.record("input \(index): no answer") }
            }
        }
    }
}
