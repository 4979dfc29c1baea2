import Basics

/// Rule 8: at a stop the coordinator finishes its requests (for `timeouts.stop`) and ends, then the
/// workers; nothing starts after a stop was asked for; a second request kills. A restart that was
/// asked for (rule 10) and a reload (rule 11) keep this order.
///
/// TERM would close the listener and lose the requests in flight: they are never answered, and the
/// process stays (measured, build 11669). So the coordinator gets TERM only once it has said that
/// it answers nothing. A coordinator that does not say is waited for as one that answers: silence
/// is no sign that there is nothing to lose.
extension Supervisor {
    /// Seconds between two questions whether requests are in flight, when there was an answer and
    /// when there was none.
    private static let busyPause = (answered: 0.1, unanswered: 1.0)

    mutating func stopRequested(at now: Instant) {
        switch phase {
        case .idle, .up:
            report(.progress, "stopping")
            phase = .stopping(.success)
        case .stopping:
            report(.warning, "stopping at once: requests in flight are lost")
            for index in workers.indices { killAtOnce(\.workers[index], at: now) }
            killAtOnce(\.coordinator, at: now)
        case .finished: break
        }
    }

    private mutating func killAtOnce<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) {
        // Once more would begin the time of that step anew, with every impatient Ctrl-C.
        if let step = self[keyPath: slot].ending?.step, step >= .kill { return }
        end(slot, nil, by: .kill, at: now)
    }

    mutating func reconcileStop(_ status: ExitStatus, at now: Instant) {
        if coordinator.mustBeAwaited {
            if coordinator.ending == nil { endCoordinator(at: now) }
            return
        }
        let awaited = workers.indices.filter { workers[$0].mustBeAwaited }
        guard !awaited.isEmpty else { return finish(status, at: now) }
        for index in awaited where workers[index].ending == nil {
            end(\.workers[index], nil, by: .terminate, at: now)
        }
    }

    /// A stop that was asked for is not done as long as something may still be there.
    private mutating func finish(_ wanted: ExitStatus, at now: Instant) {
        let left = leftBehind(at: now)
        if !left.isEmpty {
            report(.warning, Report.somethingIsLeft, details: left)
        } else if wanted == .success {
            report(.progress, "stopped; nothing is left running")
        }
        let status = left.isEmpty || wanted != .success ? wanted : .unavailable
        phase = .finished(status)
        effects.append(.finish(status))
    }

    /// Ends the coordinator as planned: with its requests answered, as far as it can.
    mutating func endCoordinator(at now: Instant) {
        if requiredWorkersAreReady {
            if coordinator.drain != nil { return }
            if let service = coordinator.service, timeouts.stop > 0 {
                return drain(service, at: now)
            }
        }
        // It has nothing to finish, or no time, and would ignore TERM while a worker hangs.
        end(\.coordinator, nil, by: .kill, at: now)
    }

    private mutating func drain(_ service: CoordinatorSlot.Service, at now: Instant) {
        let drain = CoordinatorSlot.Drain(
            servingSince: service.since, limit: timeouts.stop, until: now + timeouts.stop)
        coordinator.become(.draining(drain))
        effects.append(.probeBusySlots(coordinator.run))
        effects.append(.setTimer(.drainDeadline(coordinator.run), at: drain.until))
    }

    mutating func busySlotsAreDue(_ run: ProcessRun) {
        guard coordinator.run == run, coordinator.drain != nil else { return }
        effects.append(.probeBusySlots(run))
    }

    mutating func busySlotsAnswered(_ run: ProcessRun, _ busy: Int?, at now: Instant) {
        guard coordinator.run == run, var drain = coordinator.drain else { return }
        if busy == 0 { return end(\.coordinator, nil, by: .terminate, at: now) }
        if !drain.isTold {
            let what =
                busy.map { "\(plural($0, "request")) in flight" }
                ?? "requests in flight, since the coordinator does not say whether there are any"
            report(
                .progress,
                "waiting up to \(seconds(drain.limit)) s for \(what)"
                    + (phase == .up ? "" : "; stop again to end at once"))
            drain.isTold = true
            coordinator.become(.draining(drain))
        }
        let pause = busy == nil ? Self.busyPause.unanswered : Self.busyPause.answered
        effects.append(.setTimer(.busySlots(run), at: now + pause))
    }

    mutating func drainDeadlinePassed(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, let drain = coordinator.drain else { return }
        let limit = seconds(drain.limit)
        report(.warning, "requests still in flight after \(limit) s are lost")
        end(\.coordinator, nil, by: .kill, at: now)
    }
}
