import Basics

/// A connection of a server that has broken although nobody was told, as its host sees it.
package struct ConnectionTrouble: Equatable, Sendable {
    /// What has become of it.
    package enum Kind: String, Equatable, Sendable, CaseIterable {
        /// The other side has ended it: CLOSE_WAIT.
        case closed
        /// The other side, or something between, has reset it.
        case reset
        /// What was sent is not acknowledged, however often it is sent again.
        case silent
    }

    /// What is at the other end.
    package var peer: Endpoint
    /// What has become of it.
    package var kind: Kind

    /// That trouble with the connection to that peer.
    package init(_ kind: Kind, with peer: Endpoint) {
        self.kind = kind
        self.peer = peer
    }

    /// The troubles that a guard names by the numbers of these peers, from 1; others it cannot have
    /// seen.
    static func all(in text: Substring, of peers: [Endpoint]) -> [ConnectionTrouble] {
        text.split(separator: " ").compactMap { word in
            let parts = word.split(separator: ":")
            guard parts.count == 2, let kind = Kind(rawValue: String(parts[1])),
                let number = Outside.number(parts[0], in: 1...max(1, peers.count)),
                number <= peers.count
            else { return nil }
            return ConnectionTrouble(kind, with: peers[number - 1])
        }
    }

    /// A peer as a guard reads it: its address in the byte order of little and of big endian
    /// machines, as /proc/net/tcp has it, and its port. `-/-:-`, which is nowhere in that list, for
    /// one that is not numeric.
    static func words(_ peer: Endpoint) -> String {
        let bytes = peer.host.split(separator: ".", omittingEmptySubsequences: false)
            .compactMap { UInt8($0) }
        guard bytes.count == 4, (0...65535).contains(peer.port) else { return "-/-:-" }
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        func address(_ bytes: [UInt8]) -> String { bytes.map { digits(Int($0), 2) }.joined() }
        return "\(address(bytes.reversed()))/\(address(bytes)):\(digits(peer.port, 4))"
    }
}
