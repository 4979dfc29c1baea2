import Basics
import Configuration
import Facts
import Placement

extension LaunchPlanner {
    /// A plan in which the coordinator does without some workers (rule 7 of `Supervisor`): they
    /// stay in the plan, to be started again, but get no layer.
    ///
    /// Layers that were given by hand are distributed by memory then: there is no number for fewer
    /// devices.
    ///
    /// - Parameters:
    ///   - nodes: the workers to leave out; none gives the plan of the whole specification, and so
    ///     do spares alone, which it does without anyway.
    ///   - whole: the plan of the whole specification, with the same facts.
    /// - Throws: `PlanError` when the rest cannot make a cluster, or cannot hold the model and
    ///   nobody has said that it may try (`--overcommit`).
    package static func plan(
        _ spec: ClusterSpec, facts: HostFacts, leavingOut nodes: [Node], of whole: LaunchPlan
    ) throws(PlanError) -> LaunchPlan {
        guard nodes.contains(where: { !whole.spares.contains($0) }) else { return whole }
        guard spec.storage == .whole else { throw .restHasNoShards(missing: nodes) }
        var rest = spec
        rest.workers.removeAll { nodes.contains($0.node) }
        if rest.placement.strategy == .manual { rest.placement.strategy = .memoryAware }
        var planner = LaunchPlanner(spec: rest, facts: facts, apiPort: spec.forwardedAPIPort)
        planner.possibleSpares = whole.spares
        let reduced = try planner.plan()
        if let placement = reduced.placement, !placement.fits, !spec.placement.mayOvercommit {
            throw .restTooSmall(shortages: PlacementAdvice(placement).shortages)
        }
        return whole.leavingOut(nodes, as: reduced)
    }
}

extension LaunchPlan {
    /// This plan with the coordinator of one that does without those workers; they stay, to be
    /// started again, but get no layer.
    package func leavingOut(_ nodes: [Node], as reduced: LaunchPlan) -> LaunchPlan {
        var plan = self
        plan.processes = processes.map { process in
            process.role == .coordinator ? reduced.process(process.node) ?? process : process
        }
        plan.distribution = reduced.distribution
        plan.placement = reduced.placement
        plan.assumptions = reduced.assumptions
        plan.leftOut = nodes
        plan.spares = reduced.spares
        return plan
    }
}
