import Basics
import Foundation

/// TCP sockets of this machine, as Linux lists them (/proc/net/tcp, proc(5)).
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

    /// Bytes that are read; sockets that listen come first, some 150 bytes each.
    private static let limit = 1 << 20

    let rows: [Row]

    /// Those of this machine; nil where there is no such list: macOS.
    init?() {
        guard let text = try? RegularFile.read("/proc/net/tcp", limit: Self.limit) else {
            return nil
        }
        self.init(String(decoding: text, as: UTF8.self))
    }

    /// Those of such a list; a line that is none is passed over.
    init(_ text: String) {
        rows = text.split(separator: "\n").dropFirst().compactMap(Self.row)
    }

    private static func row(_ line: Substring) -> Row? {
        let words = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
        guard words.count > 8, let own = end(words[1]), let peer = end(words[2]),
            let state = UInt8(words[3], radix: 16), let uid = UInt32(words[7])
        else { return nil }
        return Row(
            address: own.address, port: own.port, peerAddress: peer.address, peerPort: peer.port,
            state: state, uid: uid)
    }

    private static func end(_ word: Substring) -> (address: UInt32, port: Int)? {
        let parts = word.split(separator: ":")
        guard parts.count == 2, let address = UInt32(parts[0], radix: 16),
            let port = UInt16(parts[1], radix: 16)
        else { return nil }
        return (address, Int(port))
    }

    /// The connection whose own end this is, so that nobody can listen there (EADDRINUSE; bind(2)):
    /// the system takes own ports from a range in which others may want to listen.
    ///
    /// What a server has accepted is listed, too, and is in nobody's way: so one that will give the
    /// port back soon comes before one that is open.
    ///
    /// - Parameter address: a dotted quad; 0.0.0.0 stands for all.
    func connection(from address: String, port: Int) -> Row? {
        let own = inet_addr(address)
        let found = rows.filter {
            $0.port == port && !$0.listens && (own == INADDR_ANY || $0.address == own)
        }
        return found.first { $0.hasEnded } ?? found.first
    }
}
