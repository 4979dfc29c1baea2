import Basics
import Plan

/// What happens when a process has ended: restart, back-off, giving up.
extension Supervisor {
    /// Ends a process that runs but is of no use; the failure is told when it has ended.
    mutating func fail(_ index: Int, _ cause: FailureCause) {
        if slots[index].isAlive { effects.append(.kill(slots[index].run)) }
        slots[index].state = .ending(cause)
    }

    /// A run is over. `observed` is what its end looks like from outside.
    mutating func ended(
        _ run: ProcessRun, _ observed: FailureCause, _ exit: ExitReport, at now: Instant
    ) {
        guard let index = current(run) else { return }
        let previous = slots[index].state
        if previous == .down || previous == .backingOff { return }
        let readySince = slots[index].readySince
        slots[index].state = .down
        slots[index].pid = nil
        slots[index].readySince = nil
        guard phase == .up else { return }
        if slots[index].kind != .coordinator { isMissing(index, at: now) }
        let cause: FailureCause?
        if case .ending(let reason) = previous { cause = reason } else { cause = observed }
        if slots[index].kind == .coordinator {
            askWorkersAgain(blamed: observed.blamedEndpoint, at: now)
        }
        // What had to end anyway has not failed.
        guard let cause, !slots[index].isOutdated else { return }
        if let readySince, now - readySince >= restart.resetAfter { slots[index].failures = 0 }
        slots[index].failures += 1
        if !slots[index].isLeftOut {
            var episode = episode ?? Episode(began: now)
            episode.cause = episode.cause ?? "\(slots[index].node): \(cause.text)"
            self.episode = episode
        }
        if let verdict = verdict(index, cause, at: now) {
            giveUp(index, cause, exit, verdict)
        } else {
            restartLater(index, cause, exit, at: now)
        }
    }

    /// Rule 3: the workers stay, but none is trusted before it has answered again.
    private mutating func askWorkersAgain(blamed: String?, at now: Instant) {
        for index in slots.indices.dropLast() where slots[index].isReady && !slots[index].isLeftOut
        {
            if slots[index].kind == .worker, slots[index].endpoint == blamed {
                fail(index, FailureCause(.unusable, "the coordinator lost its connection to it"))
            } else {
                slots[index].state = .checking
                ask(index, deadline: health.timeout, at: now)
            }
        }
    }

    /// Why the cluster is given up because of this failure, or nil. Rules 5 and 6.
    private mutating func verdict(
        _ index: Int, _ cause: FailureCause, at now: Instant
    ) -> (status: ExitStatus, reason: String)? {
        guard hasServed else {
            if cause.isPermanent { return (.unavailable, "another attempt would not help") }
            let attempts = slots[index].failures
            return attempts >= Self.attemptsBeforeServing
                ? (.unavailable, "after \(attempts) attempts") : nil
        }
        let (maxRestarts, period) = (restart.maxRestarts, restart.period)
        guard let limit = maxRestarts, !slots[index].isLeftOut else { return nil }
        slots[index].recentFailures.removeAll { now - $0 >= period }
        slots[index].recentFailures.append(now)
        guard slots[index].recentFailures.count > limit else { return nil }
        return (.gaveUp, "more than \(plural(limit, "restart")) within \(seconds(period)) s")
    }

    private mutating func giveUp(
        _ index: Int, _ cause: FailureCause, _ exit: ExitReport,
        _ verdict: (status: ExitStatus, reason: String)
    ) {
        var details = exit.lastWords.suffix(Self.lastWordsShown).map { "| \($0)" }
        if let process = plan.process(slots[index].node), let ssh = cause.ssh {
            details.append(ssh.message(process.location))
        } else if cause.kind != .unusableFolder, let process = plan.process(slots[index].node) {
            details.append("try by hand\(Self.place(process)): \(process.shellLine)")
        }
        let name = slots[index].node
        report(.failure, "\(name): \(cause.text); giving up, \(verdict.reason)", details: details)
        phase = .stopping(verdict.status)
    }

    private mutating func restartLater(
        _ index: Int, _ cause: FailureCause, _ exit: ExitReport, at now: Instant
    ) {
        // Rule 6: what somebody has to change first is not tried more often than at the cap.
        let delay =
            hasServed && cause.isPermanent
            ? backOff.longestDelay() : backOff.delay(afterFailures: slots[index].failures)
        let when = delay > 0 ? "in \(seconds(delay)) s" : "now"
        let verb = slots[index].kind == .unmanagedWorker ? "asking it again" : "restarting"
        report(
            .warning, "\(slots[index].node): \(cause.text); \(verb) \(when)",
            details: exit.lastWords.suffix(Self.lastWordsShown).map { "| \($0)" })
        guard delay > 0 else { return }
        slots[index].state = .backingOff
        effects.append(.setTimer(.restart(slots[index].run), at: now + delay))
    }

    /// Lines of a program that failed which a report shows.
    private static let lastWordsShown = 8

    private static func place(_ process: PlannedProcess) -> String {
        process.location.sshDestination.map { " on \($0)" } ?? ""
    }
}
