import Basics

/// Restarts that somebody asked for: planned, so that they count as no failure.
///
/// In the order of a stop (rule 8): the coordinator finishes its requests, ends, then the workers
/// to be restarted end; then the order of a start (rule 1). Other workers stay.
extension Supervisor {
    mutating func restartRequested(_ node: Node?, at now: Instant) {
        guard phase == .up else { return }
        let concerned = slots.indices.filter { index in
            let slot = slots[index]
            return slot.kind == .coordinator
                || (slot.kind == .worker && (node == nil || node == slot.node))
        }
        guard node == nil || concerned.contains(where: { slots[$0].node == node }) else { return }
        let what = node?.description ?? "all processes"
        report(.progress, "restarting \(what), as asked")
        episode = episode ?? Episode(began: now, cause: "restart of \(what), as asked")
        for index in concerned {
            slots[index].isToBeRestarted = true
            slots[index].failures = 0
            if slots[index].state == .backingOff { slots[index].state = .down }
        }
    }

    /// Ends what is to be restarted or outdated, as far as it is its turn.
    mutating func endWhatHasTo(at now: Instant) {
        let coordinator = slots.count - 1
        if slots[coordinator].isAlive, slots[coordinator].hasToEnd, !slots[coordinator].isEnding {
            endCoordinator(coordinator, at: now)
        }
        for index in slots.indices.dropLast() where slots[index].hasToEnd {
            // The coordinator uses it.
            if slots[coordinator].isAlive, !slots[index].isLeftOut { continue }
            if slots[index].isAlive, !slots[index].isEnding { terminate(index, at: now) }
        }
    }
}
