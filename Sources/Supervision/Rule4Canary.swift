import Basics

/// Rule 4, for a cluster at rest, with `health.canary`: a worker that is frozen says nothing, its
/// connections stand, and nothing is to move, so that the first user waits for `timeouts.stall` and
/// longer. While no request is being answered the coordinator is sent one of 16 tokens, which needs
/// all of its workers, every five times `timeouts.stall`: each costs its log 2 kB.
///
/// It has a slot of its own, with as much of the KV cache as a user's, so that nobody loses the
/// cache of a prompt. Without an answer within nine tenths of `timeouts.stall`, and with nobody
/// else being answered meanwhile, a worker is lost: the coordinator is killed, and rule 3 finds out
/// which. An error is only the reason to ask again at once (`Rule4Answers.swift`).
extension Supervisor {
    /// Seconds between two small requests.
    private var canaryPause: Double { timeouts.stall * 5 }
    /// Seconds in which one has to be answered; before its connection is given up.
    private var canaryLimit: Double { timeouts.stall * 0.9 }

    mutating func watchAtRest(_ run: ProcessRun, at now: Instant) {
        guard health.canary else { return }
        effects.append(.setTimer(.canary(run), at: now + canaryPause))
    }

    mutating func canaryIsDue(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, var service = coordinator.service, health.canary else {
            return
        }
        let busy = service.activity?.last.busy ?? 0
        if let asked = service.canary, busy <= 1 {
            let text =
                "nothing was asked, and a small request of sollol had no answer within "
                + "\(seconds(now - asked)) s, as when a worker is frozen"
            return end(\.coordinator, FailureCause(.workerLost, text), by: .kill, at: now)
        }
        let isKnown = service.activity.map { now - $0.at <= 2 * activityPause + 1 } == true
        guard service.canary == nil, busy == 0, isKnown, service.rest == .awake,
            !service.trial.isUnderWay
        else {
            // Users ask: what hangs then is found by what does not move.
            service.canary = nil
            coordinator.become(.serving(service))
            return watchAtRest(run, at: now)
        }
        service.canary = now
        coordinator.become(.serving(service))
        effects.append(.probeAnswer(run))
        effects.append(.setTimer(.canary(run), at: now + canaryLimit))
    }

    mutating func canaryAnswered(
        _ run: ProcessRun, _ former: CoordinatorSlot.Service, _ answer: RequestAnswer,
        at now: Instant
    ) {
        var service = former
        service.canary = nil
        coordinator.become(.serving(service))
        watchAtRest(run, at: now)
        if case .failed = answer { askTrial(run, service, at: now) }
    }
}
