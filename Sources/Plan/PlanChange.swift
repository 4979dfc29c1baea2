import Basics

/// What has to happen so that one plan runs in place of another: by name, and only what runs
/// counts, neither reasons nor assumptions.
///
/// Names come from places in `rpc_backends`: a backend that is put before others renames those, and
/// they start again; one that is put at the end leaves them alone.
package struct PlanChange: Equatable, Sendable {
    /// Processes and unmanaged backends that only the new plan has.
    package var added: [String] = []
    /// Those that only the former one has.
    package var removed: [String] = []
    /// Those whose command, environment, place or addresses differ.
    package var changed: [String] = []
    /// Those that are the same.
    package var unchanged: [String] = []

    /// The difference between two plans.
    package init(from old: LaunchPlan, to new: LaunchPlan) {
        let before = Self.nodes(of: old)
        let after = Self.nodes(of: new)
        removed = before.filter { node in !after.contains { $0.name == node.name } }.map(\.name)
        for node in after {
            switch before.first(where: { $0.name == node.name }) {
            case nil: added.append(node.name)
            case let former?:
                node == former ? unchanged.append(node.name) : changed.append(node.name)
            }
        }
    }

    /// Whether what runs is what should run.
    package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }

    /// One line for each process that has to do with it: `worker-3 is added: rpc-server …`.
    package func lines(_ plan: LaunchPlan) -> [String] {
        let lines =
            removed.map { "\($0) is removed" }
            + changed.map { "\($0) changes: \(Self.command($0, plan))" }
            + added.map { "\($0) is added: \(Self.command($0, plan))" }
        // The coordinator comes last, as everywhere.
        return lines.filter { !$0.hasPrefix("coordinator") }
            + lines.filter { $0.hasPrefix("coordinator") }
    }

    private static func command(_ name: String, _ plan: LaunchPlan) -> String {
        if let process = plan.process(name) {
            let place = process.location.sshDestination.map { "on \($0): " } ?? ""
            return place + process.shellLine
        }
        let backend = plan.unmanaged.first { $0.name == name }
        return backend.map { "\($0.host):\($0.port), which somebody else runs" } ?? ""
    }

    /// What makes a process what it is.
    private struct Node: Equatable {
        var name: String
        var location: RunLocation?
        var argv: [String] = []
        var environment: [String: String] = [:]
        var endpoints: [Endpoint]
        var forwards: [PortForward] = []
        var readiness: Readiness?
    }

    private static func nodes(of plan: LaunchPlan) -> [Node] {
        plan.processes.map { process in
            Node(
                name: process.name, location: process.location, argv: process.argv,
                environment: process.environment, endpoints: [process.bind, process.dial],
                forwards: process.forwards, readiness: process.readiness)
        }
            + plan.unmanaged.map {
                Node(name: $0.name, endpoints: [Endpoint(host: $0.host, port: $0.port)])
            }
    }
}
