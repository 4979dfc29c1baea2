import Basics
import Foundation

/// TCP sockets of this machine that have to do with IPv4, as Linux lists them (/proc/net/tcp and
/// tcp6, proc(5)): many programs use sockets of IPv6 for both, whose ends are then
/// `::ffff:A.B.C.D`, or `::` for those that listen everywhere.
struct SocketTable {
    /// A socket.
    struct Row: Equatable {
        /// As the kernel prints it: the four bytes in the machine's own order.
        var address: UInt32
        var port: Int
        /// The other end: those four bytes, and the port.
        var peerAddress: UInt32
        var peerPort: Int
        var state: UInt8
        var uid: UInt32
        /// Whether it may have to do with IPv6 alone (IPV6_V6ONLY, which no list tells): its own
        /// end is `::`.
        var mayBeIPv6Only = false

        /// The other end in words.
        var peer: Endpoint {
            Endpoint(host: LocalNetwork.text(in_addr(s_addr: peerAddress)), port: peerPort)
        }

        /// Whether it listens (TCP_LISTEN).
        var listens: Bool { state == 0x0A }

        /// Whether the connection has ended at this side (FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE,
        /// LAST_ACK, CLOSING; Linux, net/tcp_states.h): its port is free again within a minute.
        var hasEnded: Bool { [0x04, 0x05, 0x06, 0x07, 0x09, 0x0B].contains(state) }
    }

    /// Bytes that are read of each; sockets that listen come first, some 150 bytes each.
    private static let limit = 1 << 20

    let rows: [Row]

    /// Those of this machine; nil where there is no such list: macOS.
    ///
    /// - Parameter ofIPv6: whether sockets of IPv6 are listed, too; each list takes the kernel some
    ///   4 ms.
    init?(ofIPv6: Bool = true) {
        guard let text = try? RegularFile.read("/proc/net/tcp", limit: Self.limit) else {
            return nil
        }
        let other =
            ofIPv6 ? (try? RegularFile.read("/proc/net/tcp6", limit: Self.limit)) ?? [] : []
        self.init(String(decoding: text, as: UTF8.self), String(decoding: other, as: UTF8.self))
    }

    /// Those of such lists; a line that is none is passed over.
    init(_ lists: String...) {
        rows = lists.flatMap { $0.split(separator: "\n").dropFirst().compactMap(Self.row) }
    }

    private static func row(_ line: Substring) -> Row? {
        let words = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
        guard words.count > 8, let own = end(words[1]), let peer = end(words[2]),
            let state = UInt8(words[3], radix: 16), let uid = UInt32(words[7])
        else { return nil }
        return Row(
            address: own.address, port: own.port, peerAddress: peer.address, peerPort: peer.port,
            state: state, uid: uid,
            mayBeIPv6Only: words[1].hasPrefix(String(repeating: "0", count: 32)))
    }

    private static func end(_ word: Substring) -> (address: UInt32, port: Int)? {
        let parts = word.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16),
            let address = ipv4(parts[0])
        else { return nil }
        return (address, Int(port))
    }

    /// Four bytes, alone or at the end of a mapped address (RFC 4291, 2.5.5.2); of `::` zeros.
    private static func ipv4(_ digits: Substring) -> UInt32? {
        guard digits.count == 32 else {
            return digits.count == 8 ? UInt32(digits, radix: 16) : nil
        }
        guard UInt64(digits.prefix(16), radix: 16) == 0,
            let kind = UInt32(digits.dropFirst(16).prefix(8), radix: 16),
            let last = UInt32(digits.suffix(8), radix: 16)
        else { return nil }
        // In the machine's own order, too. `::1` is no address of IPv4.
        return kind == UInt32(0xFFFF).bigEndian || (kind == 0 && last == 0) ? last : nil
    }

    /// The connection whose own end this is, so that nobody can listen there (EADDRINUSE; bind(2)):
    /// the system takes own ports from a range in which others may want to listen.
    ///
    /// What a server has accepted is listed, too, and is in nobody's way: none is found where
    /// somebody listens, and one that will give the port back soon comes before one that is open.
    ///
    /// - Parameter address: a dotted quad; 0.0.0.0 stands for all.
    func connection(from address: String, port: Int) -> Row? {
        let own = inet_addr(address)
        let there = rows.filter { $0.port == port }
        let isServed = there.contains {
            $0.listens && (own == INADDR_ANY || [own, INADDR_ANY].contains($0.address))
        }
        guard !isServed else { return nil }
        let found = there.filter { own == INADDR_ANY || $0.address == own }
        return found.first { $0.hasEnded } ?? found.first
    }
}
