import Basics
import Plan

/// Rule 7: going on without a worker, and taking it back.
extension Supervisor {
    private var leftOut: [Node] { slots.filter(\.isLeftOut).map(\.node) }

    /// Notes since when a worker cannot be used.
    mutating func isMissing(_ index: Int, at now: Instant) {
        guard slots[index].missingSince == nil else { return }
        slots[index].missingSince = now
    }

    /// Asks for another plan when a worker is to be left out, or one can be taken back.
    mutating func adaptPlan(at now: Instant) {
        guard hasServed, !isReplanning, pendingReload == nil else { return }
        // A reload may have switched it off while some are left out; they still can return.
        guard restart.degradeAfter != nil || slots.contains(where: \.isLeftOut) else { return }
        let after = restart.degradeAfter ?? .infinity
        let missing = slots.dropLast().filter { slot in
            !slot.isLeftOut && !slot.isNeeded && slot.missingSince.map { now - $0 >= after } == true
        }.map(\.node)
        let returning = slots.dropLast().filter { $0.isLeftOut && mayReturn($0, at: now) }
            .map(\.node)
        guard !missing.isEmpty || !returning.isEmpty else { return remindOfMissing(after, at: now) }
        let without = (leftOut + missing).filter { !returning.contains($0) }
        guard without.count < slots.count - 1 else { return remindOfMissing(after, at: now) }
        isReplanning = true
        effects.append(.replan(without: without))
    }

    /// One timer serves all workers: after it fired for one, the next may still be waiting.
    private mutating func remindOfMissing(_ after: Double, at now: Instant) {
        let due = slots.dropLast().filter { !$0.isLeftOut && !$0.isNeeded }
            .compactMap(\.missingSince).map { $0 + after }.filter { $0 > now }.min()
        guard let due, due.seconds.isFinite, due != degradeDue else { return }
        degradeDue = due
        effects.append(.setTimer(.degrade, at: due))
    }

    /// At once while no coordinator runs; else when it has nothing to answer and the worker has
    /// been stable, since every change of the plan loads the model again.
    private func mayReturn(_ slot: ProcessSlot, at now: Instant) -> Bool {
        guard slot.isReady, let coordinator = slots.last else { return false }
        guard coordinator.isAlive else { return true }
        guard coordinator.isReady, let since = slot.readySince else { return false }
        return coordinator.activity?.busy == 0 && coordinator.activityAt == now
            && now - since >= restart.resetAfter
    }

    mutating func replanned(_ plan: LaunchPlan, at now: Instant) {
        guard isReplanning else { return }
        isReplanning = false
        self.plan = plan
        for index in slots.indices.dropLast() {
            let isLeftOut = plan.leftOut.contains(slots[index].node)
            guard isLeftOut != slots[index].isLeftOut else { continue }
            slots[index].isLeftOut = isLeftOut
            let name = slots[index].node
            if isLeftOut {
                report(.warning, "going on without \(name) (restart.degrade_after)")
            } else {
                report(.progress, "taking back \(name)")
                episode = episode ?? Episode(began: now, cause: "\(name) is back")
            }
        }
        guard phase == .up, let coordinator = slots.indices.last, slots[coordinator].isAlive,
            !slots[coordinator].isEnding
        else { return }
        // It runs with the former plan.
        slots[coordinator].isToBeRestarted = true
    }

    mutating func replanRefused(_ names: [Node], _ reason: String) {
        guard isReplanning else { return }
        isReplanning = false
        for index in slots.indices where names.contains(slots[index].node) {
            if !slots[index].isLeftOut { slots[index].isNeeded = true }
        }
        report(.warning, "cannot go on without \(Node.list(names)): \(reason)")
    }
}
