import Basics
import Remote
import Supervision

/// What a reload may and must do. Its rules: nothing that is the same in both plans ends because of
/// it; what differs ends before the new plan is in force, and does not start again before that; no
/// coordinator starts meanwhile.
extension SafetyChecker {
    /// What is known of the plan in force, or of one that was asked for.
    struct Plan {
        var wanted: WantedCluster
        var processes: [Node: String] = [:]
        var kinds: [Node: SimulatedSite.Kind] = [:]
        var endpoints: [Node: String] = [:]

        init(_ wanted: WantedCluster) {
            self.wanted = wanted
            for process in wanted.plan.processes {
                processes[process.node] = "\(process.location) \(process.shellLine)"
                kinds[process.node] = process.role == .coordinator ? .coordinator : .worker
                endpoints[process.node] = process.dial.description
            }
            for backend in wanted.plan.unmanaged {
                processes[backend.node] = backend.endpoint.description
                kinds[backend.node] = .unmanaged
                endpoints[backend.node] = processes[backend.node]
            }
        }
    }

    mutating func learnReload(_ wanted: WantedCluster) {
        let next = Plan(wanted)
        plans.pending = next
        for (node, kind) in next.kinds where known[node] == nil {
            known[node] = Known(kind: kind, endpoint: "", isInPlan: false)
        }
        for (name, process) in known {
            let differs = next.processes[name] != plans.inForce.processes[name]
            known[name]?.isOutdated = process.isInPlan && differs
        }
        let isDegraded = known.values.contains(where: \.isLeftOut)
        let usesOutdated = workers.contains { $0.isOutdated && !$0.isLeftOut }
        let former = isDegraded ? plans.reducedCoordinator : plans.inForce.processes[coordinator]
        let isSame = next.processes[coordinator] == plans.inForce.processes[coordinator]
        let isNeeded = next.processes[coordinator] != former && !(isDegraded && isSame)
        known[coordinator]?.isOutdated = usesOutdated || isNeeded
        for name in known.keys where known[name]?.isOutdated == true {
            known[name]?.starts = []
            known[name]?.failuresInARow = 0
            known[name]?.sameness = Sameness()
            known[name]?.notBefore = 0
        }
        if known[coordinator]?.isOutdated == true { isPlanned = true }
    }

    mutating func checkAdoption() throws(Violation) {
        guard let next = plans.pending else {
            throw Violation(description: "reload: nothing to be put in force")
        }
        if let old = known.first(where: { $1.isOutdated && $1.isAlive && !$1.isToldUndying }) {
            throw Violation(description: "reload: in force while the former \(old.key) runs")
        }
        let former = plans.inForce.wanted
        plans.inForce = next
        spec = next.wanted
        plans.pending = nil
        let keepsLeftOut = known[coordinator]?.isOutdated == false
        for (name, process) in known {
            let isInPlan = next.processes[name] != nil
            let isNew = process.isOutdated || isInPlan != process.isInPlan
            var process =
                isNew
                ? Known(
                    kind: next.kinds[name] ?? process.kind, endpoint: next.endpoints[name] ?? "",
                    isInPlan: isInPlan, generation: process.generation,
                    // What somebody else is said to run from now on is not ours to tell.
                    mayBeThereUntil: next.kinds[name] == .unmanaged
                        ? 0 : process.mayBeThereUntil,
                    isLeftOut: process.isLeftOut && isInPlan)
                : process
            if isNew, process.kind != .unmanaged, let old = known[name], old.isAlive {
                // It does not end, and keeps its place, or is removed and still there.
                process.isAlive = true
                process.hasBegun = old.hasBegun
                process.killedAt = old.killedAt
                process.isToldUndying = true
                process.isCollateral = true
            }
            process.isLeftOut = process.isLeftOut && keepsLeftOut
            if former.restart != next.wanted.restart {
                process.notBefore = 0
                process.starts = []
            }
            known[name] = process
        }
        learnAdoption(after: former)
    }
}
