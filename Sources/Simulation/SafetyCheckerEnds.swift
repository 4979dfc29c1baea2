import Basics
import Supervision

/// What may be ended, how, and what is said about it. Rules 2, 3, 4, 8, 12.
extension SafetyChecker {
    /// Seconds after a KILL that the guard has before its leash ends, from the documentation.
    private static let patienceAfterKill = 3.0
    /// Seconds from a KILL until a stop may go on without what does not end.
    private static let undyingAfter = 9.0
    /// Seconds after which people must have been told, however late timers are.
    private static let toldWithin = 400.0

    mutating func checkTerminate(_ run: ProcessRun, at now: Double) throws(Violation) {
        let process = try existing(run, .terminate(run))
        let isAskedFor = process.isToBeRestarted || process.isOutdated || process.isSpare
        let isMeant = process.kind == .coordinator ? isPlanned : isAskedFor
        guard stop.requests > 0 || finishes || isMeant else {
            throw Violation(description: "rule 8: \(run) terminated without a stop")
        }
        if process.kind == .coordinator, !process.isIdle {
            throw Violation(description: "rule 8: \(run) terminated before it said it is idle")
        }
        let isUsed = !process.isLeftOut || process.isSpare
        if process.kind == .worker, isUsed, let user = known[coordinator],
            user.isAlive, !isUndying(user, at: now)
        {
            throw Violation(description: "rule 8: \(run) ended before the coordinator")
        }
        known[run.node]?.wasTerminated = true
        // When it is called in again, that follows from no failure.
        if process.isSpare { known[run.node]?.starts = [] }
        known[run.node]?.isCollateral = true
    }

    mutating func checkKill(
        _ run: ProcessRun, _ event: SupervisorEvent, at now: Double
    ) throws(Violation) {
        let process = try existing(run, .kill(run))
        let isPatient = process.wasTerminated || process.wasKilled || stop.requests >= 2
        known[run.node]?.killedAt = process.killedAt ?? now
        if isPatient { return }
        // Rule 2: ten looks at which its guard has said nothing.
        if process.silentLooks > 10, event == .timerFired(.guards) {
            known[run.node]?.isConfirmed = false
            return
        }
        if process.kind == .coordinator {
            return try checkKillOfCoordinator(run, process, event, now)
        }
        if case .timerFired(.readinessDeadline(run)) = event, !process.isConfirmed,
            now - process.asked >= min(spec.timeouts.ready, spec.health.timeout) - 0.001
        {
            guard now >= process.personUntil - 0.001 else {
                throw Violation(description: "rule 1: \(run) killed while a person is awaited")
            }
            return
        }
        if case .exited(let ended, let exit) = event, ended.node == coordinator,
            SimulatedEnd.blames(process.endpoint, exit)
        {
            return
        }
        throw Violation(description: "rule 3: \(run) killed without need")
    }

    private mutating func checkKillOfCoordinator(
        _ run: ProcessRun, _ process: Known, _ event: SupervisorEvent, _ now: Double
    ) throws(Violation) {
        // One that has lost a worker has failed, even while it is to be restarted anyway.
        let isOwnFailure =
            switch event {
            case .connectionsSeen(_, let troubles): !troubles.isEmpty
            case .requestAnswered: true
            default: false
            }
        let isCollateral = !isOwnFailure && (!allWorkersConfirmed || isPlanned)
        known[run.node]?.isCollateral = isCollateral
        if !allWorkersConfirmed || process.missedHealth >= spec.health.failures { return }
        if process.errors >= spec.health.failures { return }
        if case .distributionRefuted = event { return }
        if case .distributionUnknown = event { return }
        if case .connectionsSeen(_, let troubles) = event, !troubles.isEmpty { return }
        if case .accessAnswered(_, .open) = event { return }
        if event == .timerFired(.canary(run)), process.isTriedAtRest, process.busy <= 1 { return }
        if event == .timerFired(.access(run)), process.accessProbes == Self.mostAccessProbes {
            return
        }
        let limit = min(spec.timeouts.stall, spec.timeouts.progress)
        // An answer may be half a minute late.
        if stillFor >= limit - 31 { return }
        if stop.requests > 0 || finishes || isPlanned {
            if !process.isServing { return }
            if let drainUntil, now >= drainUntil - 0.001 { return }
        }
        throw Violation(description: "rule 2: \(run) killed without need")
    }

    /// Rule 4: whether it has had its time for a small request that it answers alone.
    func hangsAtRest(_ event: SupervisorEvent) -> Bool {
        guard let process = known[coordinator], process.isAlive, !process.wasKilled,
            !process.wasTerminated, process.isServing, !stop.isUnderWay, !isPlanned,
            case .timerFired(.canary(let run)) = event, current(run) != nil
        else { return false }
        return process.isTriedAtRest && process.busy <= 1
    }

    /// Rule 4: one that answers errors to what any that works can answer ends.
    func checkErrors() throws(Violation) {
        guard let process = known[coordinator], process.errors >= spec.health.failures,
            process.isAlive, !process.wasKilled, !process.wasTerminated, !stop.isUnderWay,
            !isPlanned
        else { return }
        throw Violation(description: "rule 4: the coordinator outlives its errors")
    }

    func checkLaterStep(
        _ run: ProcessRun, _ effect: SupervisorEffect, at now: Double
    ) throws(Violation) {
        let process = try existing(run, effect)
        guard let killedAt = process.killedAt,
            now - killedAt >= Self.patienceAfterKill - 0.001
        else { throw Violation(description: "rule 12: \(effect) before KILL had its time") }
    }

    private func isUndying(_ process: Known, at now: Double) -> Bool {
        process.isToldUndying
            && process.killedAt.map { now - $0 >= Self.undyingAfter - 0.001 } == true
    }

    mutating func hear(_ report: Report) {
        guard report.kind == .warning, let node = report.subject,
            report.message.contains("does not end")
        else { return }
        known[node]?.isToldUndying = true
    }

    func checkUndying(awakeSince: Double, at now: Double) throws(Violation) {
        for (node, process) in known where process.isAlive && !process.isToldUndying {
            if let killedAt = process.killedAt, now - max(killedAt, awakeSince) > Self.toldWithin {
                throw Violation(description: "rule 12: nobody is told that \(node) does not end")
            }
        }
    }

    mutating func checkFinish(_ status: ExitStatus, at now: Double) throws(Violation) {
        stop.finished = status
        for (node, process) in known where process.isAlive && !isUndying(process, at: now) {
            throw Violation(description: "rule 8: finished while \(node) runs")
        }
        // What somebody else runs fails too, and is not followed here.
        let isGivenUp =
            stop.mustGiveUp != nil || known.values.contains { $0.kind == .unmanaged }
        switch status {
        case .success where stop.requests > 0:
            guard !isLeft(at: now + 0.001) else {
                throw Violation(description: "rule 12: done, and something may still be there")
            }
        case .unavailable where !hasServed && isGivenUp: return
        case .unavailable where stop.requests > 0 && isLeft(at: now - 0.001): return
        case .gaveUp where hasServed && spec.restart.maxRestarts != nil && isGivenUp: return
        default: throw Violation(description: "rule 6: finished with \(status)")
        }
    }

    /// Whether something may still be there.
    private func isLeft(at now: Double) -> Bool {
        known.values.contains { $0.isAlive || now < $0.mayBeThereUntil }
    }

    /// Rule 2: ten looks in a row at which a guard has said nothing are the loss of its server.
    func checkSilence() throws(Violation) {
        guard !stop.isUnderWay else { return }
        for (node, process) in known
        where process.isAlive && !process.wasKilled && !process.wasTerminated {
            if process.silentLooks > 11 {
                throw Violation(description: "rule 2: nobody misses the guard of \(node)")
            }
        }
    }
}
