import Basics

/// Readiness and liveness: what probes and timers mean.
extension Supervisor {
    mutating func started(_ run: ProcessRun, pid: Int, at now: Instant) {
        guard let index = current(run) else { return }
        if slots[index].state == .starting, slots[index].pid == nil {
            if slots[index].kind == .coordinator {
                probeReadiness(index, at: now)
            } else {
                ask(index, deadline: timeouts.ready, at: now)
            }
        }
        slots[index].pid = pid
        if !hasServed, slots[index].kind == .coordinator, slots[index].generation == 1 {
            phaseReport(4, "loading the model")
        }
    }

    mutating func readinessConfirmed(_ run: ProcessRun, at now: Instant) {
        guard let index = current(run) else { return }
        switch slots[index].state {
        case .starting where slots[index].kind == .coordinator:
            slots[index].state = .proving
            if !hasServed { phaseReport(5, "model loaded, looking where the layers are") }
            effects.append(.proveDistribution(run))
        case .starting, .checking:
            slots[index].state = .ready
            slots[index].readySince = slots[index].readySince ?? now
            slots[index].missingSince = nil
            slots[index].isNeeded = false
        default: break
        }
    }

    /// A mixed cluster fails in ways that nobody can tell from a fault, so it never starts.
    mutating func protocolRefuted(_ run: ProcessRun, _ problem: String) {
        guard let index = current(run), slots[index].isBeingProbed else { return }
        fail(index, FailureCause(.versionMismatch, problem))
    }

    mutating func readinessDenied(_ run: ProcessRun, at now: Instant) {
        guard let index = current(run), slots[index].isBeingProbed else { return }
        // Often at first, since a worker listens after 0.01 s; then rarely.
        let pause = min(0.25, max(0.002, (now - slots[index].askedSince) / 20))
        effects.append(.setTimer(.readiness(run), at: now + pause))
        judgeProgress(at: now)
    }

    mutating func proven(_ run: ProcessRun, _ summary: [String], at now: Instant) {
        guard let index = current(run), slots[index].state == .proving else { return }
        slots[index].state = .ready
        slots[index].readySince = now
        movedAt = now
        let took = "\(seconds(now - (episode?.began ?? now))) s"
        let address = "http://\(slots[index].endpoint)"
        if hasServed {
            let cause = episode?.cause.map { " (\($0))" } ?? ""
            report(.serving, "serving again at \(address) after \(took)\(cause)", details: summary)
        } else {
            let next = "next: \(plan.request); Ctrl-C or `sollol down` stops the cluster"
            report(.serving, "serving at \(address) after \(took)", details: summary + [next])
        }
        hasServed = true
        endEpisode(at: now)
        effects.append(.setTimer(.health(run), at: now + health.interval))
        effects.append(.setTimer(.activity(run), at: now + activityPause))
    }

    mutating func refuted(_ run: ProcessRun, _ problem: String) {
        guard let index = current(run), slots[index].state == .proving else { return }
        fail(index, FailureCause(.misplaced, problem))
    }

    mutating func healthAnswered(_ run: ProcessRun, _ healthy: Bool, at now: Instant) {
        guard let index = current(run), slots[index].isReady else { return }
        slots[index].missedProbes = healthy ? 0 : slots[index].missedProbes + 1
        let missed = slots[index].missedProbes
        if missed >= health.failures {
            fail(index, FailureCause(.unusable, "its /health failed \(missed) times in a row"))
        } else {
            effects.append(.setTimer(.health(run), at: now + health.interval))
        }
    }

    mutating func timerFired(_ timer: SupervisorTimer, at now: Instant) {
        switch timer {
        case .restart(let run):
            guard let index = current(run), slots[index].state == .backingOff else { return }
            slots[index].state = .down
        case .readiness(let run):
            guard let index = current(run), slots[index].isBeingProbed else { return }
            probeReadiness(index, at: now)
        case .readinessDeadline(let run):
            guard let index = current(run), slots[index].isBeingProbed else { return }
            deadlinePassed(index, at: now)
        case .health(let run):
            guard let index = current(run), slots[index].isReady else { return }
            effects.append(.probeHealth(run))
            effects.append(.setTimer(timer, at: now + health.interval + answerLimit))
        case .activity(let run):
            guard let index = current(run), slots[index].isReady else { return }
            effects.append(.probeActivity(run))
            effects.append(.setTimer(timer, at: now + activityPause + answerLimit))
        case .guards: guardsAreDue(at: now)
        case .degrade: degradeDue = nil  // Every event ends with a look at who is missing.
        case .busySlots(let run):
            guard let index = current(run), slots[index].state == .draining else { return }
            effects.append(.probeBusySlots(run))
        case .drainDeadline(let run): drainDeadlinePassed(run, at: now)
        case .endDeadline(let run):
            guard let index = current(run), slots[index].isEnding else { return }
            effects.append(.kill(run))
        }
    }

    /// Asks a process whether it can be used, with a deadline for the answer.
    mutating func ask(_ index: Int, deadline: Double, at now: Instant) {
        slots[index].askedSince = now
        probeReadiness(index, at: now)
        setDeadline(index, deadline, at: now)
    }

    mutating func setDeadline(_ index: Int, _ deadline: Double, at now: Instant) {
        slots[index].readinessDeadline = now + deadline
        effects.append(.setTimer(.readinessDeadline(slots[index].run), at: now + deadline))
    }

    /// Asks once, and again should no answer come at all.
    mutating func probeReadiness(_ index: Int, at now: Instant) {
        let run = slots[index].run
        effects.append(.probeReadiness(run))
        effects.append(.setTimer(.readiness(run), at: now + answerLimit))
    }

    /// Seconds after which no answer to a probe can be on its way any more.
    var answerLimit: Double { max(health.timeout, timeouts.connect) + 5 }

    private mutating func deadlinePassed(_ index: Int, at now: Instant) {
        let slot = slots[index]
        // A late timer of an earlier question decides nothing.
        guard slot.kind != .coordinator, now >= slot.readinessDeadline else { return }
        let waited = seconds(slot.readinessDeadline - slot.askedSince)
        fail(index, FailureCause(.unusable, "\(slot.endpoint) did not answer within \(waited) s"))
        if slot.kind == .unmanagedWorker {
            ended(slot.run, FailureCause(.unusable, ""), ExitReport(status: nil), at: now)
        }
    }
}
