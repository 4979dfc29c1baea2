import Basics
import Configuration
import Facts
import Survey

/// The names in a specification that this machine has to know the addresses of.
enum SpecNames {
    /// A name, whose it is, and what came of looking it up.
    private typealias Found = (node: Node, host: String, outcome: NameLookup.Outcome)

    /// Seconds for names that nobody needs for a start.
    private static let courtesy = 2.0

    /// Looks up the names that are dialled from here, and those that rpc-server binds. Recorded
    /// addresses may be out of date.
    ///
    /// - Parameter spares: whose names are not waited for.
    /// - Returns: a finding for each name without an address that is of use.
    static func lookUp(
        _ spec: ClusterSpec, into facts: inout HostFacts, spares: [Node] = []
    ) -> [Finding] {
        let names = all(spec)
        let limit = spec.timeouts.connect
        let outcomes = [(false, limit), (true, min(limit, courtesy))].flatMap { isSpare, limit in
            found(names.filter { spares.contains($0.node) == isSpare }, within: limit)
                .map { ($0.node, $0.host, $0.outcome, seconds(limit)) }
        }
        var findings: [Finding] = []
        for (node, host, outcome, limit) in outcomes {
            let problem: String
            switch outcome {
            case .address(let address):
                facts.addresses[host] = address
                continue
            case .silent:
                problem =
                    "could not be looked up within \(limit) s: the resolver of this machine does "
                    + "not answer"
            case .missing: problem = "has no IPv4 address here"
            }
            findings.append(
                Finding(
                    [node], "the name \(host) \(problem)",
                    remedy: "Try: getent ahostsv4 \(ShellQuoting.quote(host))"))
        }
        return findings + spec.workers.compactMap { leadOut($0, spec, &facts) }
    }

    /// The facts with the address that the name of a process has now; nil where that is the one
    /// that is known. It may block.
    static func renewed(_ node: Node, _ spec: ClusterSpec, _ facts: HostFacts) -> HostFacts? {
        var now = facts
        let names = all(spec).filter { $0.node == node }
        for (_, host, outcome) in found(names, within: spec.timeouts.connect) {
            if case .address(let address) = outcome { now.addresses[host] = address }
        }
        let worker = spec.workers.first { $0.node == node }
        if let worker, leadOut(worker, spec, &now) != nil { return nil }
        return now.addresses == facts.addresses ? nil : now
    }

    /// Whether the address of a process is that of a name.
    static func isNamed(_ node: Node, in spec: ClusterSpec) -> Bool {
        all(spec).contains { $0.node == node }
    }

    private static func all(_ spec: ClusterSpec) -> [(node: Node, host: String)] {
        let workers = spec.workers.filter { !$0.isTunnelled }
            .map { (node: $0.node, host: $0.host) }
        return (workers + [(.coordinator, spec.coordinator.host)]).filter {
            !LocalNetwork.isNumeric($0.host) && !$0.host.contains(":")
        }
    }

    private static func found(
        _ names: [(node: Node, host: String)], within limit: Double
    ) -> [Found] {
        let outcomes = NameLookup.outcomes(of: Set(names.map(\.host)), within: limit)
        return names.map { ($0.node, $0.host, outcomes[$0.host] ?? .missing) }
    }

    /// A name that is an address of the loopback here (Debian's installer writes `127.0.1.1` and
    /// the machine's own name into /etc/hosts) leads a coordinator on another host to itself. Of a
    /// worker here, the address by which this machine reaches that host stands in its place.
    ///
    /// - Returns: a finding where there is none.
    private static func leadOut(
        _ worker: WorkerSpec, _ spec: ClusterSpec, _ facts: inout HostFacts
    ) -> Finding? {
        let place = spec.coordinator.location
        guard worker.managed, worker.transport == .direct, worker.bind == nil,
            let address = facts.addresses[worker.host], AddressRange.isLoopback(address),
            !worker.location.isSameHost(as: place)
        else { return nil }
        if worker.location == .here, let own = ownAddress(toward: spec.coordinator, facts) {
            facts.addresses[worker.host] = own
            return nil
        }
        let others = LocalNetwork.addresses().filter { !AddressRange.isLoopback($0) }.sorted()
        let which =
            worker.location == .here && !others.isEmpty
            ? ", one of \(others.joined(separator: ", "))" : ""
        return Finding(
            [worker.node],
            "the name \(worker.host) is \(address) on this machine (see /etc/hosts), which leads "
                + "the coordinator on \(place.named) to itself",
            remedy: "Give its address in the network as `host`\(which).")
    }

    /// The address of this machine that the coordinator's host sees.
    private static func ownAddress(
        toward coordinator: CoordinatorSpec, _ facts: HostFacts
    ) -> String? {
        let destination = coordinator.location.sshDestination?.split(separator: "@").last
        let names = [coordinator.host] + [destination.map(String.init)].compactMap(\.self)
        for name in names {
            let known = LocalNetwork.isNumeric(name) ? name : facts.addresses[name]
            guard let other = known ?? NameLookup.outcomes(of: [name], within: 1)[name]?.address,
                !AddressRange.isLoopback(other), other != "0.0.0.0",
                let own = LocalNetwork.address(toward: other), !AddressRange.isLoopback(own)
            else { continue }
            return own
        }
        return nil
    }
}

extension NameLookup.Outcome {
    /// The address, if there is one.
    fileprivate var address: String? { if case .address(let text) = self { text } else { nil } }
}
