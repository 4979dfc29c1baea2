import Basics
import Configuration
import Facts
import Survey

/// The names in a specification that this machine has to know the addresses of.
enum SpecNames {
    /// Looks up the names that are dialled from here, and those that rpc-server binds. Recorded
    /// addresses may be out of date.
    ///
    /// - Returns: a finding for each name without an address.
    static func lookUp(_ spec: ClusterSpec, into facts: inout HostFacts) -> [Finding] {
        let workers = spec.workers.filter { !($0.managed && $0.transport == .ssh) }
            .map { (node: $0.node, host: $0.host) }
        let names = (workers + [(.coordinator, spec.coordinator.host)]).filter {
            !LocalNetwork.isNumeric($0.host) && !$0.host.contains(":")
        }
        let limit = spec.timeouts.connect
        let outcomes = NameLookup.outcomes(of: Set(names.map(\.host)), within: limit)
        var findings: [Finding] = []
        for (node, host) in names {
            let problem: String
            switch outcomes[host] {
            case .address(let address)?:
                facts.addresses[host] = address
                continue
            case .silent?:
                problem =
                    "could not be looked up within \(seconds(limit)) s: the resolver of this "
                    + "machine does not answer"
            case .missing?, nil: problem = "has no IPv4 address here"
            }
            let attempt = "getent ahostsv4 \(ShellQuoting.quote(host))"
            findings.append(Finding([node], "the name \(host) \(problem). Try: \(attempt)"))
        }
        return findings
    }
}
