/// Readiness and liveness: what probes and timers mean.
extension Supervisor {
    mutating func started(_ run: ProcessRun, pid: Int) {
        guard let index = current(run) else { return }
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
        // Often at first, since a small model loads in 0.1 s; then rarely.
        let pause = min(0.25, max(0.01, (now - slots[index].askedSince) / 20))
        effects.append(.setTimer(.readiness(run), at: now + pause))
    }

    mutating func proven(_ run: ProcessRun, _ summary: [String], at now: Instant) {
        guard let index = current(run), slots[index].state == .proving else { return }
        slots[index].state = .ready
        slots[index].readySince = now
        let took = "\(seconds(now - (episode?.began ?? now))) s"
        let address = "http://\(slots[index].endpoint)"
        if hasServed {
            let cause = episode?.cause.map { " (\($0))" } ?? ""
            report(.serving, "serving again at \(address) after \(took)\(cause)", details: summary)
        } else {
            let next =
                "next: curl \(address)/v1/chat/completions -d "
                + #"'{"messages":[{"role":"user","content":"Hello"}]}'; Ctrl-C or `sollol down` stops the cluster"#
            report(.serving, "serving at \(address) after \(took)", details: summary + [next])
        }
        hasServed = true
        episode = nil
        effects.append(.setTimer(.health(run), at: now + health.interval))
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
            effects.append(.probeReadiness(run))
        case .readinessDeadline(let run):
            guard let index = current(run), slots[index].isBeingProbed else { return }
            deadlinePassed(index, at: now)
        case .health(let run):
            guard let index = current(run), slots[index].isReady else { return }
            effects.append(.probeHealth(run))
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
        slots[index].readinessDeadline = now + deadline
        effects.append(.probeReadiness(slots[index].run))
        effects.append(.setTimer(.readinessDeadline(slots[index].run), at: now + deadline))
    }

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
