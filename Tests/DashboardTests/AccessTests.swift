import Testing

@testable import Dashboard

/// For whom the dashboard answers.
@Suite struct AccessTests {
    private static let rule = HostRule(names: ["LLM.example.org"])

    private static func refusal(
        host: String?, origin: String? = nil, site: String? = nil, mode: String? = nil
    ) -> HTTPRefusal? {
        var request = HTTPRequest(.get, "/", host: host)
        request.origin = origin
        request.fetchSite = site
        request.fetchMode = mode
        return rule.refusal(of: request)
    }

    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:18081", "10.1.2.3:1", "[::1]", "[::1]:18081", "localhost",
        "LocalHost:18081", "llm.example.org", "LLM.EXAMPLE.ORG:443",
    ])
    func ownNames(host: String) {
        #expect(Self.refusal(host: host) == nil)
    }

    /// A balancer of HTTP/1.0.
    @Test func noHost() { #expect(Self.refusal(host: nil) == nil) }

    /// DNS rebinding: the page's own name, whatever it looks like.
    @Test(arguments: [
        "evil.example", "127.0.0.1.nip.io", "localhost.evil.example", "localhost.",
        "127.0.0.1.", "127.1", "2130706433", "0x7f.1", "010.0.0.1", "xlocalhost",
        "llm.example.org.evil", "300.0.0.1",
    ])
    func foreignNames(host: String) {
        #expect(Self.refusal(host: host) == .misdirected)
    }

    @Test(arguments: [
        "localhost:", "a b", "user@localhost", "localhost/", "[::1", "[localhost]", "[::1]x",
        "localhost:x", "localhost:123456", "a,b", "[::1]:99999999", ":80", "\u{E4}",
    ])
    func noHosts(host: String) {
        let refusal = Self.refusal(host: host)
        #expect(refusal == .malformed || host == "localhost:" && refusal == nil)
    }

    @Test(
        arguments: [
            ("http://localhost:18081", nil), ("https://localhost:18081", nil),
            ("HTTP://LOCALHOST:18081", nil), ("http://localhost:3000", .forbidden),
            ("http://localhost", .forbidden), ("null", .forbidden), ("http://evil", .forbidden),
            ("http://evil@localhost:18081", .forbidden), ("ws://localhost:18081", .forbidden),
        ] as [(String, HTTPRefusal?)])
    func origins(origin: String, refusal: HTTPRefusal?) {
        #expect(Self.refusal(host: "localhost:18081", origin: origin) == refusal)
    }

    @Test(
        arguments: [
            ("same-origin", "cors", nil), ("none", "navigate", nil),
            ("cross-site", "navigate", nil),
            ("cross-site", "no-cors", .forbidden), ("same-site", "cors", .forbidden),
            ("cross-site", "websocket", .forbidden),
        ] as [(String, String, HTTPRefusal?)])
    func whatOtherPagesLoad(site: String, mode: String, refusal: HTTPRefusal?) {
        #expect(Self.refusal(host: "localhost", site: site, mode: mode) == refusal)
    }

    @Test func users() {
        let rule = UserRule(own: 1000, others: [33])
        for user in [0, 33, 1000] as [UInt32] {
            #expect(rule.refusal(of: .page, to: .local(user: user)) == nil)
        }
        #expect(rule.refusal(of: .page, to: .local(user: 1001)) == .forbidden)
        // Nobody knows who it is.
        #expect(rule.refusal(of: .status, to: .local(user: nil)) == .forbidden)
        #expect(rule.refusal(of: .page, to: .any) == nil)
        #expect(UserRule(own: 1, others: nil).refusal(of: .page, to: .local(user: 2)) == nil)
    }

    @Test func whatIsForEverybodySaysNoWordsOfServers() {
        let rule = UserRule(own: 1000, others: [])
        let open = DashboardRoute.allCases.filter {
            rule.refusal(of: $0, to: .local(user: 1001)) == nil
        }
        #expect(open.map(\.rawValue) == ["/metrics", "/healthz", "/readyz"])
    }
}
