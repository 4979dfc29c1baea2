import Basics
import Supervision

/// What the checker knows of the cluster, from the same events that the supervisor is told.
extension SafetyChecker {
    /// Takes in an event; returns whether it makes a running coordinator useless.
    mutating func learn(_ event: SupervisorEvent, at now: Double) -> Bool {
        switch event {
        case .stopRequested:
            stops += 1
            if stops == 1 { stopAsked = now }
        case .exited(let run, let exit): return learnEnd(run, exit, at: now)
        case .spawnFailed(let run, _): return learnEnd(run, ExitReport(status: nil), at: now)
        case .readinessConfirmed(let run):
            guard let process = known[run.node], process.generation == run.generation,
                process.isAlive || process.kind == .unmanaged, !process.wasKilled,
                !process.wasTerminated
            else { break }
            known[run.node]?.isConfirmed = true
            known[run.node]?.missingSince = nil
            if process.kind == .worker {
                known[run.node]?.readySince = process.readySince ?? now
            }
        case .distributionProven(let run, _):
            guard let process = current(run), process.isAlive, !process.wasKilled,
                process.isConfirmed, !isStopping
            else { break }
            hasServed = true
            known[run.node]?.isServing = true
            known[run.node]?.readySince = now
        case .distributionRefuted(let run, _):
            guard let process = current(run), process.isAlive, !process.wasKilled,
                process.isConfirmed, !process.isServing, !hasServed, !isStopping
            else { break }
            mustGiveUp = "misplaced"
        case .healthAnswered(let run, let healthy):
            guard let process = current(run), process.isServing else { break }
            known[run.node]?.missedHealth = healthy ? 0 : process.missedHealth + 1
        case .restartRequested(let name) where !isStopping:
            guard name == nil || known[name ?? .coordinator]?.kind != .unmanaged else { break }
            isPlanned = true
            for (other, process) in known where process.kind != .unmanaged {
                guard name == nil || other == name || other == coordinator else { continue }
                known[other]?.isToBeRestarted = true
                known[other]?.starts = []
                known[other]?.failuresInARow = 0
                known[other]?.notBefore = 0
            }
        case .reloadRequested(let wanted) where !isStopping: learnReload(wanted)
        case .replanned(let plan):
            for name in known.keys { known[name]?.isLeftOut = plan.leftOut.contains(name) }
            reducedCoordinator = plan.process(coordinator).map { "\($0.location) \($0.shellLine)" }
            isPlanned = true
        default: break
        }
        return false
    }

    func current(_ run: ProcessRun) -> Known? {
        guard let process = known[run.node], process.generation == run.generation else {
            return nil
        }
        return process
    }

    mutating func learnEnd(_ run: ProcessRun, _ exit: ExitReport, at now: Double) -> Bool {
        guard let process = current(run), process.isAlive else { return false }
        known[run.node]?.isAlive = false
        known[run.node]?.isConfirmed = false
        known[run.node]?.isServing = false
        if run.node == coordinator {
            // One that has not answered yet is not asked anew.
            for (name, other) in known where !other.isLeftOut && other.isConfirmed {
                known[name]?.isConfirmed = false
                known[name]?.asked = now
            }
        }
        if !process.isCollateral, !process.isOutdated, !isStopping {
            let counts = hasServed && !process.isLeftOut
            let failures = process.failures + (counts ? [now] : [])
            known[run.node]?.failures = failures.filter { now - $0 < spec.restart.period }
            let wasStable = now - (process.readySince ?? now) >= spec.restart.resetAfter
            known[run.node]?.failuresInARow = (wasStable ? 0 : process.failuresInARow) + 1
            learnFailure(run.node, process, exit)
            if hasServed, FailureCause(exit).isPermanent, !process.wasKilled {
                known[run.node]?.notBefore = now + 0.75 * spec.restart.maxDelay
            }
        }
        guard process.kind == .worker else { return false }
        known[run.node]?.missingSince = process.missingSince ?? now
        if process.isLeftOut { return false }
        workerEnds.append(now)
        guard let user = known[coordinator] else { return false }
        return user.isAlive && !user.wasKilled && !user.wasTerminated && finished == nil
    }

    mutating func learnFailure(_ name: Node, _ process: Known, _ exit: ExitReport) {
        let count = known[name]?.failures.count ?? 0
        if !hasServed {
            if FailureCause(exit).isPermanent, !process.wasKilled { mustGiveUp = "permanent" }
            if known[name]?.failuresInARow == 3 { mustGiveUp = "three attempts" }
        } else if let limit = spec.restart.maxRestarts, count > limit, !process.isLeftOut {
            mustGiveUp = "max_restarts"
        }
    }
}
