import Basics

/// Rule 4, what a serving coordinator is asked: whether its layers are where they should be, once,
/// and its `/health` all the while.
extension Supervisor {
    mutating func proven(_ run: ProcessRun, _ summary: [String], at now: Instant) {
        guard coordinator.run == run, coordinator.server?.stage == .proving else { return }
        coordinator.become(.serving(CoordinatorSlot.Service(since: now)))
        movedAt = now
        let episode = service.episode
        let elapsed = now - (episode?.began ?? now)
        let took = "\(seconds(elapsed)) s"
        let address = "http://\(coordinator.endpoint)"
        if hasServed {
            let cause = episode?.cause.map { " (\($0))" } ?? ""
            let lost = episode?.lostAtLeast ?? 0
            let losses = lost > 0 ? "; at least \(plural(lost, "request")) lost" : ""
            var report = Report(
                .serving, "serving again at \(address) after \(took)\(cause)\(losses)",
                details: summary)
            report.recovery = Recovery(outageSeconds: elapsed, lostAtLeast: lost)
            effects.append(.report(report))
        } else {
            let next = "next: \(plan.request); Ctrl-C or `sollol down` stops the cluster"
            report(.serving, "serving at \(address) after \(took)", details: summary + [next])
        }
        service.served(at: now)
        effects.append(.setTimer(.health(run), at: now + health.interval))
        effects.append(.setTimer(.activity(run), at: now + activityPause))
        watchBackends(run, at: now)  // Rule 2.
        watchAtRest(run, at: now)
    }

    /// What is misplaced stays so; what nobody can tell is tried again.
    mutating func notProven(
        _ run: ProcessRun, _ cause: FailureCause.Class, _ problem: String, at now: Instant
    ) {
        guard coordinator.run == run, coordinator.isBeforeService else { return }
        end(\.coordinator, FailureCause(cause, problem), by: .kill, at: now)
    }

    /// Neither is started again before somebody has stored it anew.
    mutating func shardRefuted(_ run: ProcessRun, _ problem: String, at now: Instant) {
        guard coordinator.run == run, coordinator.load != nil, coordinator.server?.pid == nil else {
            return notProven(run, .wrongShard, problem, at: now)
        }
        ended(run, ExitReport(status: nil), as: FailureCause(.wrongShard, problem), at: now)
    }

    mutating func healthIsDue(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, coordinator.isServing else { return }
        effects.append(.probeHealth(run))
        effects.append(.setTimer(.health(run), at: now + health.interval + answerLimit))
    }

    mutating func healthAnswered(_ run: ProcessRun, _ healthy: Bool, at now: Instant) {
        guard coordinator.run == run, var service = coordinator.service else { return }
        service.missedProbes = healthy ? 0 : service.missedProbes + 1
        coordinator.become(.serving(service))
        let missed = service.missedProbes
        if missed >= health.failures {
            let cause = FailureCause(.unusable, "its /health failed \(missed) times in a row")
            end(\.coordinator, cause, by: .kill, at: now)
        } else {
            effects.append(.setTimer(.health(run), at: now + health.interval))
        }
    }
}
