import Basics
import Plan

/// What is under way for missing workers.
struct Degradation: Equatable, Sendable {
    /// For when the timer is set that looks for them.
    var reminder: Instant?
    /// Whether a new plan is being made.
    var isReplanning = false
}

/// Rule 7: with `degrade_after`, a worker that is missing for so long is left out, if the rest can
/// hold the model. It is started again all the while, and taken back when no request is being
/// answered, since every change of the plan loads the model again.
///
/// A spare, without which a token takes less time, is not started. The rest may need it: then the
/// new plan uses it, and it starts. When the plan is whole again, it ends once no coordinator uses
/// it.
extension Supervisor {
    private var leftOut: [Node] { workers.filter(\.isMissed).map(\.node) }

    /// Asks for another plan when a worker is to be left out, or one can be taken back.
    mutating func adaptPlan(at now: Instant) {
        guard hasServed, !degradation.isReplanning, reload.pending == nil else { return }
        // A reload may have switched it off while some are left out; they still can return.
        guard restart.degradeAfter != nil || !leftOut.isEmpty else { return }
        let after = restart.degradeAfter ?? .infinity
        let missing = workers.filter { worker in
            worker.part == .included && worker.missingSince.map { now - $0 >= after } == true
        }.map(\.node)
        let returning = workers.filter { $0.isMissed && mayReturn($0, at: now) }.map(\.node)
        guard !missing.isEmpty || !returning.isEmpty else { return remindOfMissing(after, at: now) }
        let without = (leftOut + missing).filter { !returning.contains($0) }
        guard without.count < workers.count else { return remindOfMissing(after, at: now) }
        degradation.isReplanning = true
        effects.append(.replan(without: without))
    }

    /// One timer serves all workers: after it fired for one, the next may still be waiting.
    private mutating func remindOfMissing(_ after: Double, at now: Instant) {
        let due = workers.filter { $0.part == .included }.compactMap(\.missingSince)
            .map { $0 + after }.filter { $0 > now }.min()
        guard let due, due.seconds.isFinite, due != degradation.reminder else { return }
        degradation.reminder = due
        effects.append(.setTimer(.degrade, at: due))
    }

    /// At once while no coordinator runs; else when it has nothing to answer and the worker has
    /// been stable.
    private func mayReturn(_ worker: WorkerSlot, at now: Instant) -> Bool {
        guard case .ready(let since) = worker.server?.stage else { return false }
        guard coordinator.isAlive else { return true }
        guard let (activity, seen) = coordinator.service?.activity else { return false }
        return activity.busy == 0 && seen == now && now - since >= restart.resetAfter
    }

    mutating func replanned(_ plan: LaunchPlan, at now: Instant) {
        guard degradation.isReplanning else { return }
        degradation.isReplanning = false
        self.plan = plan
        for index in workers.indices { takePart(index, in: plan, at: now) }
        // What runs, runs with the former plan.
        guard phase == .up, coordinator.isAlive, coordinator.ending == nil else { return }
        if coordinator.wish == .keep { coordinator.wish = .restart }
    }

    private mutating func takePart(_ index: Int, in plan: LaunchPlan, at now: Instant) {
        let (node, former) = (workers[index].node, workers[index].part)
        let next = plan.part(of: node)
        let isUsed = former == .included || former == .needed
        guard next == .included ? !isUsed : next != former else { return }
        workers[index].part = next
        switch (former, next) {
        case (_, .leftOut):
            report(
                .warning, about: node,
                "going on without \(node) (\(ConfigurationKey.restart(.degradeAfter)))"
                    + (plan.paceNotice.map { "; \($0)" } ?? ""))
        case (.leftOut, .included):
            report(.progress, about: node, "taking back \(node)")
            service.episode = service.episode ?? Episode(began: now, for: "\(node) is back")
        case (.spare, _):
            workers[index].missingSince = nil
            report(.progress, about: node, "calling in \(node), a spare until now")
        case (_, .spare): report(.progress, about: node, "\(node) is a spare again and ends")
        case (_, .included), (_, .needed): break
        }
    }

    mutating func replanRefused(_ nodes: [Node], _ reason: String) {
        guard degradation.isReplanning else { return }
        degradation.isReplanning = false
        for index in workers.indices where nodes.contains(workers[index].node) {
            if workers[index].part == .included { workers[index].part = .needed }
        }
        report(.warning, "cannot go on without \(Node.list(nodes)): \(reason)")
    }
}

extension Supervisor {
    /// Ends spares that nobody uses any more.
    mutating func endSpares(at now: Instant) {
        guard !coordinator.mustBeAwaited else { return }
        for index in workers.indices where workers[index].isSpare && workers[index].ending == nil {
            end(\.workers[index], nil, by: .terminate, at: now)
        }
    }
}

extension LaunchPlan {
    /// What a worker is in it.
    fileprivate func part(of node: Node) -> WorkerSlot.Part {
        if leftOut.contains(node) { return .leftOut }
        return spares.contains(node) ? .spare : .included
    }
}
