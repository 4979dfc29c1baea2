import Foundation

/// Whose a port of this machine's loopback is, as Linux tells (/proc/net/tcp, proc(5)).
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

    /// Bytes that are read; sockets that listen come first, some 150 bytes each.
    private static let limit = 1 << 20

    /// Who listens on a port.
    static func holder(of port: Int) -> Holder {
        guard let table = try? RegularFile.read("/proc/net/tcp", limit: limit) else {
            return .unknown
        }
        return holder(of: port, in: String(decoding: table, as: UTF8.self), to: geteuid())
    }

    /// Who listens on a port, according to that table.
    ///
    /// - Parameter user: whom root's sockets and its own are to be trusted.
    static func holder(of port: Int, in table: String, to user: UInt32) -> Holder {
        var holder = Holder.nobody
        for line in table.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
            guard words.count > 8, words[3] == "0A", let uid = UInt32(words[7]) else { continue }
            let local = words[1].split(separator: ":")
            guard local.count == 2, Int(local[1], radix: 16) == port,
                loopbackAddresses.contains(local[0])
            else { continue }
            guard uid == user || uid == 0 else { return .other(uid: uid) }
            holder = .trusted
        }
        return holder
    }

    /// 127.0.0.1 on little and on big endian machines, and the wildcard.
    private static let loopbackAddresses: Set<Substring> = ["0100007F", "7F000001", "00000000"]
}
