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
        SocketTable().map { holder(of: port, in: $0, to: geteuid()) } ?? .unknown
    }

    /// Who listens on a port, according to that table.
    ///
    /// - Parameter user: whom root's sockets and its own are to be trusted.
    static func holder(of port: Int, in table: SocketTable, to user: UInt32) -> Holder {
        var holder = Holder.nobody
        for row in table.rows
        where row.listens && row.port == port && addresses.contains(row.address) {
            guard row.uid == user || row.uid == 0 else { return .other(uid: row.uid) }
            holder = .trusted
        }
        return holder
    }

    /// 127.0.0.1, whose bytes are listed in the machine's own order, and the wildcard.
    private static let addresses: Set<UInt32> = [inet_addr("127.0.0.1"), INADDR_ANY]
}
