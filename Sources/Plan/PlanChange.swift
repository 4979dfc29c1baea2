import Basics

/// What has to happen so that one plan runs in place of another: by node, and only what runs
/// counts, neither reasons nor assumptions.
package struct PlanChange: Equatable, Sendable {
    /// Processes and unmanaged backends that only the new plan has.
    package var added: [Node] = []
    /// Those that only the former one has.
    package var removed: [Node] = []
    /// Those whose command, environment, place or addresses differ.
    package var changed: [Node] = []
    /// Those that are the same.
    package var unchanged: [Node] = []

    /// Spares of the former plan that the new one starts, and the other way round; their commands
    /// may be the same.
    package var started: [Node] = []
    package var spared: [Node] = []

    /// The difference between two plans.
    package init(from old: LaunchPlan, to new: LaunchPlan) {
        let before = Self.nodes(of: old)
        let after = Self.nodes(of: new)
        removed = before.filter { node in !after.contains { $0.node == node.node } }.map(\.node)
        started = old.spares.filter { new.process($0) != nil && !new.spares.contains($0) }
        spared = new.spares.filter { old.process($0) != nil && !old.spares.contains($0) }
        for node in after {
            switch before.first(where: { $0.node == node.node }) {
            case nil: added.append(node.node)
            case let former?:
                node == former ? unchanged.append(node.node) : changed.append(node.node)
            }
        }
    }

    /// Whether what runs is what should run.
    package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }

    /// One line for each process that has to do with it: `worker-3 is added: rpc-server …`.
    package func lines(_ plan: LaunchPlan) -> [String] {
        let lines =
            removed.map { ($0, "\($0) is removed") }
            + changed.map { ($0, "\($0) changes: \(plan.command(of: $0))") }
            + started.map { ($0, "\($0), a spare until now, is started") }
            + spared.map { ($0, "\($0) becomes a spare: \(plan.reasonForSpare($0))") }
            + added.map { ($0, "\($0) is added: \(plan.command(of: $0))") }
        // The coordinator comes last, as everywhere.
        return (lines.filter { $0.0.isWorker } + lines.filter { !$0.0.isWorker }).map { $0.1 }
    }

    /// What makes a process what it is.
    private struct Running: Equatable {
        var node: Node
        var location: RunLocation?
        var argv: [String] = []
        var environment: [String: String] = [:]
        var endpoints: [Endpoint]
        var forwards: [PortForward] = []
        var readiness: Readiness?
    }

    private static func nodes(of plan: LaunchPlan) -> [Running] {
        plan.processes.map { process in
            Running(
                node: process.node, location: process.location, argv: process.argv,
                environment: process.environment, endpoints: [process.bind, process.dial],
                forwards: process.forwards, readiness: process.readiness)
        }
            + plan.unmanaged.map {
                Running(node: $0.node, endpoints: [$0.endpoint])
            }
    }
}

extension LaunchPlan {
    /// Why that worker is a spare, as what follows its name.
    func reasonForSpare(_ node: Node) -> String {
        remembered?.reasonForNoLayer { $0.node == node } ?? ""
    }

    /// With which command a node runs, and where; empty for one that is not in the plan.
    package func command(of node: Node) -> String {
        if let process = process(node) {
            let place = process.location.sshDestination.map { "on \($0): " } ?? ""
            return place + process.shellLine
        }
        return unmanaged(node).map { "\($0.endpoint), which somebody else runs" } ?? ""
    }
}
