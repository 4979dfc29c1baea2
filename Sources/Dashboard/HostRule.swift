import Basics

/// For whom the dashboard answers. A page from elsewhere may have its own name lead here (DNS
/// rebinding) and would then be of the same origin; its name is in `Host` all the same.
package struct HostRule: Equatable, Sendable {
    /// In lower case.
    private let names: Set<String>

    /// - Parameter names: what it is called beside its addresses and `localhost`.
    package init(names: [String]) {
        self.names = Set(names.map { $0.lowercased() } + ["localhost"])
    }

    /// Why a request is not answered; nil when it is.
    package func refusal(of request: HTTPRequest) -> HTTPRefusal? {
        if let host = request.host {
            guard let name = Self.name(of: host) else { return .malformed }
            guard isOwn(name) else { return .misdirected }
        }
        if let origin = request.origin, !Self.isSame(origin, as: request.host) {
            return .forbidden
        }
        // What another page loads into itself; a link to here is followed.
        if let site = request.fetchSite, site != "same-origin", site != "none",
            request.fetchMode != "navigate"
        {
            return .forbidden
        }
        return nil
    }

    private func isOwn(_ name: String) -> Bool {
        name.hasPrefix("[") || AddressRange.isNumericIPv4(name) || names.contains(name)
    }

    /// Without its port, in lower case; nil when it is no host (RFC 9110, 7.2).
    private static func name(of host: String) -> String? {
        let text = host.lowercased()
        let isPort = { (port: Substring) in
            port.utf8.allSatisfy { (0x30...0x39).contains($0) } && port.utf8.count <= 5
        }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let address = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            let isAddress =
                address.utf8.count <= 45 && address.contains(":")
                && address.utf8.allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
            guard isAddress, rest.isEmpty || rest.hasPrefix(":") && isPort(rest.dropFirst()) else {
                return nil
            }
            return String(text[...end])
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || isPort(parts[1]), !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789.-_".utf8.contains($0) }
            )
        else { return nil }
        return String(parts[0])
    }

    /// Whether a page is one of this host: `null`, which sandboxed pages send, is none.
    private static func isSame(_ origin: String, as host: String?) -> Bool {
        guard let host else { return false }
        return ["http://", "https://"].contains { scheme in
            origin.lowercased() == scheme + host.lowercased()
        }
    }
}

/// Who asks, by the other end of the connection.
package enum DashboardPeer: Equatable, Sendable {
    /// From another machine, or where the system does not tell users apart (macOS).
    case any
    /// A user of this machine through its loopback; nil: nobody knows which one.
    case local(user: UInt32?)
}

/// Which users of this machine may see what the dashboard shows: its loopback port is open to all
/// of them, and words of servers are not for all.
package struct UserRule: Equatable, Sendable {
    /// Whether everybody may.
    private let isOpen: Bool
    private let users: Set<UInt32>

    /// - Parameters:
    ///   - own: whose `sollol` it is.
    ///   - others: users who may as well; nil: everybody.
    package init(own: UInt32, others: [UInt32]?) {
        isOpen = others == nil
        users = Set([0, own] + (others ?? []))
    }

    /// Why a path is not shown to a peer, who is looked up only where it matters.
    package func refusal(
        of route: DashboardRoute, to peer: @autoclosure () -> DashboardPeer
    ) -> HTTPRefusal? {
        guard !isOpen, !route.isForEverybody, case .local(let user) = peer() else { return nil }
        return user.map(users.contains) == true ? nil : .forbidden
    }
}

/// What there is to ask for.
package enum DashboardRoute: String, Equatable, Sendable, CaseIterable {
    /// The page.
    case page = "/"
    /// Numbers for Prometheus.
    case metrics = "/metrics"
    /// Whether `sollol` lives.
    case health = "/healthz"
    /// Whether the cluster serves.
    case readiness = "/readyz"
    /// The JSON of `sollol status`.
    case status = "/api/v1/status"
    /// The plan and its commands.
    case plan = "/api/v1/plan"
    /// The lines of `events.jsonl`.
    case history = "/api/v1/history"
    /// The same as they come.
    case events = "/api/v1/events"
    /// Everything that the page shows.
    case view = "/api/v1/view"
    /// The same as it changes.
    case live = "/api/v1/live"

    /// Whether any user of the machine may ask: balancers and scrapers have users of their own, and
    /// these say no words of servers.
    package var isForEverybody: Bool {
        switch self {
        case .metrics, .health, .readiness: true
        default: false
        }
    }
}
