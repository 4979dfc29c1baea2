import Basics

/// Rule 4, for a coordinator that sleeps (`coordinator.sleep_after`): it has given up its model,
/// and the workers' memory, and loads it again at the next request.
///
/// Nobody must wake it: it is asked with `/props`, which says whether it sleeps and does not count
/// as a request, and for its counters with `/metrics`, only when it does not sleep. A look at
/// `/slots` would keep it awake (measured, build 11669). While it wakes it answers `/health` only
/// (measured), so that no answer to `/props` is the sign of it; whatever is wrong besides fails
/// its health. What it does then is a load: it stands still when nothing moves for
/// `timeouts.progress`, not for `timeouts.stall`. Asleep it has no connections to workers, so that
/// those which nobody watches are connected to (rule 2).
extension Supervisor {
    mutating func sleepSeen(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, var service = coordinator.service else { return }
        effects.append(.setTimer(.activity(run), at: now + activityPause))
        endBlindness(&service)
        movedAt = now
        service.activity = (SlotActivity(busy: 0), now)
        if service.rest != .asleep {
            report(.progress, "asleep until the next request; the workers' memory is free")
        }
        service.rest = .asleep
        coordinator.become(.serving(service))
    }

    /// It does not say what it does: one that may sleep is waking.
    mutating func wakes(_ service: CoordinatorSlot.Service, at now: Instant) {
        guard plan.maySleep, service.rest != .waking else { return }
        var service = service
        service.rest = .waking
        service.activity = nil
        movedAt = now
        coordinator.become(.serving(service))
        report(.progress, "a request has come, the model is loaded again")
    }

    /// It says what it does, hence holds its model.
    mutating func isAwake(_ service: inout CoordinatorSlot.Service, at now: Instant) {
        if service.rest != .awake { movedAt = now }
        service.rest = .awake
    }

    /// Whether the coordinator reads its model: at its start, or since it wakes.
    var isLoading: Bool { coordinator.load != nil || coordinator.service?.rest == .waking }
}
