import Basics

/// Stopping, as asked or because the cluster is given up. Rule 8.
extension Supervisor {
    mutating func stopRequested() {
        switch phase {
        case .idle, .up:
            report(.progress, "stopping")
            phase = .stopping(.success)
        case .stopping:
            report(.warning, "stopping at once: requests in flight are lost")
            for index in slots.indices where slots[index].isAlive {
                effects.append(.kill(slots[index].run))
                slots[index].state = .ending(nil)
            }
        case .finished: break
        }
    }

    mutating func reconcileStop(_ status: ExitStatus, at now: Instant) {
        let coordinators = slots.indices.suffix(1).filter { slots[$0].isAlive }
        let workers = slots.indices.dropLast().filter { slots[$0].isAlive }
        if coordinators.isEmpty && workers.isEmpty {
            phase = .finished(status)
            if status == .success { report(.progress, "stopped; nothing is left running") }
            effects.append(.finish(status))
            return
        }
        for index in coordinators where !slots[index].isEnding { endCoordinator(index, at: now) }
        guard coordinators.isEmpty else { return }
        for index in workers where !slots[index].isEnding { terminate(index, at: now) }
    }

    mutating func endCoordinator(_ index: Int, at now: Instant) {
        let run = slots[index].run
        let workersReady = requiredWorkersAreReady
        if workersReady && slots[index].state == .draining { return }
        if workersReady && slots[index].isReady && timeouts.stop > 0 {
            // TERM would close the listener and lose the requests in flight: they are never
            // answered, and the process stays (measured, build 11669).
            slots[index].state = .draining
            slots[index].drainLimit = timeouts.stop
            effects.append(.probeBusySlots(run))
            effects.append(.setTimer(.drainDeadline(run), at: now + timeouts.stop))
        } else {
            // It has nothing to finish, or no time, and would ignore TERM while a worker hangs.
            slots[index].state = .ending(nil)
            effects.append(.kill(run))
        }
    }

    mutating func busySlotsAnswered(_ run: ProcessRun, _ busy: Int?, at now: Instant) {
        guard let index = current(run), slots[index].state == .draining else { return }
        guard let busy, busy > 0 else { return terminate(index, at: now) }
        if !slots[index].hasSaidBusy {
            let limit = seconds(slots[index].drainLimit)
            report(
                .progress,
                "waiting up to \(limit) s for \(plural(busy, "request")) in flight"
                    + (phase == .up ? "" : "; stop again to end at once"))
            slots[index].hasSaidBusy = true
        }
        effects.append(.setTimer(.busySlots(run), at: now + 0.1))
    }

    mutating func drainDeadlinePassed(_ run: ProcessRun, at now: Instant) {
        guard let index = current(run), slots[index].state == .draining else { return }
        let limit = seconds(slots[index].drainLimit)
        report(.warning, "requests still in flight after \(limit) s are lost")
        slots[index].state = .ending(nil)
        effects.append(.kill(run))
    }

    mutating func terminate(_ index: Int, at now: Instant) {
        let run = slots[index].run
        slots[index].state = .ending(nil)
        effects.append(.terminate(run))
        effects.append(.setTimer(.endDeadline(run), at: now + Self.killDelay))
    }
}
