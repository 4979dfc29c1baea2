import Foundation

/// Whose a port of this machine's loopback is.
///
/// Ports do not belong to anybody: whoever comes first has one, and what ssh forwards is free for a
/// moment whenever ssh begins anew.
enum LoopbackPort {
    /// Who listens there.
    enum Holder: Equatable {
        /// This user, or root.
        case trusted
        /// Another user.
        case other(uid: UInt32)
        case nobody
        /// The system does not tell: macOS.
        case unknown
    }

    /// Who listens on a port.
    static func holder(of port: Int) -> Holder {
        // ssh listens by IPv4, and who does that leaves no room for another one.
        for ofIPv6 in [false, true] {
            guard let table = SocketTable(ofIPv6: ofIPv6) else { return .unknown }
            let holder = holder(of: port, in: table, to: geteuid())
            if holder != .nobody { return holder }
        }
        return .nobody
    }

    /// Who listens on a port, according to that table.
    ///
    /// - Parameter user: whom root's sockets and its own are to be trusted.
    static func holder(of port: Int, in table: SocketTable, to user: UInt32) -> Holder {
        let all = table.rows.filter {
            $0.listens && $0.port == port && addresses.contains($0.address)
        }
        // One that may be for IPv6 alone counts where nobody else can be the one who answers.
        let sure = all.filter { !$0.mayBeIPv6Only }
        let users = (sure.isEmpty ? all : sure).map(\.uid)
        if let other = users.first(where: { $0 != user && $0 != 0 }) { return .other(uid: other) }
        return users.isEmpty ? .nobody : .trusted
    }

    /// 127.0.0.1, whose bytes are listed in the machine's own order, and the wildcard.
    private static let addresses: Set<UInt32> = [inet_addr("127.0.0.1"), INADDR_ANY]
}
