import Basics

/// An address of a host, and the interface that has it.
package struct NetworkLink: Equatable, Sendable {
    /// `eth0`.
    package var interface: String
    /// Numeric IPv4.
    package var address: String
    /// How many bits of it are the network's.
    var prefix: Int
    /// Mbit/s, as the system tells; nil where it does not, as of Wi-Fi and tunnels.
    var speed: Int?
    /// Whether it is Wi-Fi, which says no speed.
    var isWireless: Bool

    /// `eth0 10.0.0.5/24 1000 wire`, as a host's survey tells it.
    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count == 4, let interface = Outside.name(words[0]) else { return nil }
        let parts = words[1].split(separator: "/")
        guard parts.count == 2, AddressRange.isNumericIPv4(String(parts[0])),
            let prefix = Outside.number(parts[1], in: 1...32)
        else { return nil }
        self.interface = interface
        self.address = String(parts[0])
        self.prefix = prefix
        speed = Outside.number(words[2], in: 1...10_000_000)
        isWireless = words[3] == "air"
    }

    /// The network that it is in: no address of its own, which two hosts can share (a bridge for
    /// containers), nor the loopback.
    var network: UInt32? {
        guard prefix < 32, !AddressRange.isLoopback(address) else { return nil }
        return Self.number(address) >> UInt32(32 - prefix)
    }

    /// Whether that address is in its network.
    func leads(to other: String) -> Bool {
        network.map { $0 == Self.number(other) >> UInt32(32 - prefix) } ?? false
    }

    private static func number(_ address: String) -> UInt32 {
        address.split(separator: ".").reduce(0) { $0 << 8 | (UInt32($1) ?? 0) }
    }

    /// `eth0 (10.0.0.5, 1 Gbit/s)`.
    var text: String {
        let speed = speed.map(Self.text) ?? (isWireless ? "Wi-Fi" : "speed not known")
        return "\(interface) (\(address), \(speed))"
    }

    private static func text(_ speed: Int) -> String {
        if speed < 1000 { return "\(speed) Mbit/s" }
        let tenths = speed % 1000 / 100
        return "\(speed / 1000)\(tenths > 0 ? ".\(tenths)" : "") Gbit/s"
    }
}

/// The interfaces through which RPC goes from the coordinator's host to a worker's.
package struct NetworkPath: Equatable, Sendable {
    /// Whose RPC.
    package var worker: Node
    var location: RunLocation
    /// At the coordinator's host.
    var from: NetworkLink
    /// At the worker's.
    var to: NetworkLink

    /// Mbit/s of the slower end; nil where one is not known.
    private var speed: Int? {
        if from.isWireless || to.isWireless { return 0 }
        return from.speed.flatMap { from in to.speed.map { min(from, $0) } }
    }

    /// `RPC from eth0 (10.0.0.1, 1 Gbit/s) to eth0 (10.0.0.5, 1 Gbit/s)`.
    package var text: String { "RPC from \(from.text) to \(to.text)" }

    /// One between hosts, each with what it has.
    init?(
        _ worker: Node, at location: RunLocation, dialled address: String, _ there: [NetworkLink],
        from here: [NetworkLink]
    ) {
        guard let to = there.first(where: { $0.address == address && $0.network != nil }),
            let from = here.filter({ $0.leads(to: address) }).max(by: { $0.prefix < $1.prefix }),
            from.address != address
        else { return nil }
        (self.worker, self.location, self.from, self.to) = (worker, location, from, to)
    }

    /// The fastest network that both hosts are in and that is faster; nil where there is none.
    func faster(_ there: [NetworkLink], from here: [NetworkLink]) -> NetworkPath? {
        guard let speed else { return nil }
        let others = there.compactMap {
            NetworkPath(worker, at: location, dialled: $0.address, there, from: here)
        }
        let best = others.max { ($0.speed ?? 0) < ($1.speed ?? 0) }
        return best.flatMap { ($0.speed ?? 0) > speed ? $0 : nil }
    }
}
