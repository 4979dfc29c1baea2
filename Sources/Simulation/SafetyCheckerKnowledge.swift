import Basics
import Remote
import Supervision

/// What the checker knows of the cluster, from the same events that the supervisor is told.
extension SafetyChecker {
    /// Seconds that a person has to let ssh in, from the documentation.
    private static let personsTime = 300.0

    /// Takes in an event; returns whether it makes a running coordinator useless.
    mutating func learn(_ event: SupervisorEvent, at now: Double) -> Bool {
        switch event {
        case .stopRequested:
            stop.requests += 1
        case .exited(let run, let exit): return learnEnd(run, exit, at: now)
        case .connectionWaits(let run, let wait):
            guard wait.isForPerson, let process = current(run), process.isAlive,
                !process.hasBegun
            else { break }
            known[run.node]?.personUntil = now + Self.personsTime
        case .started(let run, _):
            guard current(run)?.isAlive == true else { break }
            known[run.node]?.personUntil = 0
            known[run.node]?.hasBegun = true
            known[run.node]?.mayBeThereUntil = 0
        case .endDelayed(let run, _):
            guard let process = current(run), process.isAlive, !process.hasBegun else { break }
            known[run.node]?.mayBeThereUntil = .infinity
        case .connectionsSeen(let run, let troubles):
            guard let process = current(run), process.isServing, !troubles.isEmpty else { break }
            return process.isAlive && !process.wasKilled && !process.wasTerminated
                && stop.finished == nil
        case .backendAnswered(let run, let answer): return learnAnswer(run, answer)
        case .usageReported(let run, let usage):
            if current(run) != nil {
                known[run.node]?.silentLooks = 0
                known[run.node]?.heldKiB = usage?.residentKiB ?? 0
            }
        case .timerFired(.guards):
            for (node, process) in known where process.isAlive && process.hasBegun {
                known[node]?.silentLooks += 1
            }
        case .spawnFailed(let run, _): return learnEnd(run, SimulatedEnd.guardGone.report, at: now)
        case .readinessConfirmed(let run):
            guard let process = known[run.node], process.generation == run.generation,
                process.isAlive || process.kind == .unmanaged, !process.wasKilled,
                !process.wasTerminated
            else { break }
            known[run.node]?.isConfirmed = true
            // Somebody has answered in its place.
            known[run.node]?.personUntil = 0
            known[run.node]?.missingSince = nil
            if process.kind == .worker {
                known[run.node]?.readySince = process.readySince ?? now
            }
        case .distributionProven(let run, _):
            guard let process = current(run), process.isAlive, !process.wasKilled,
                process.isConfirmed, !process.isServing, !stop.isUnderWay
            else { break }
            hasServed = true
            for node in known.keys { known[node]?.refusals = 0 }
            known[run.node]?.isServing = true
            known[run.node]?.readySince = process.readySince ?? now
            learnService()
        case .distributionRefuted(let run, _):
            guard let process = current(run), process.isAlive, !process.wasKilled,
                process.isConfirmed, !process.isServing, !stop.isUnderWay
            else { break }
            known[run.node]?.isHopeless = true
            if !hasServed { stop.mustGiveUp = "misplaced" }
        case .accessAnswered(let run, let access): learnAccess(run, access)
        case .healthAnswered(let run, let healthy):
            guard let process = current(run), process.isServing else { break }
            known[run.node]?.missedHealth = healthy ? 0 : process.missedHealth + 1
        case .requestAnswered(let run, let answer):
            guard let process = current(run), process.isServing, process.isTried else { break }
            let isError = if case .failed = answer { true } else { false }
            known[run.node]?.isTried = false
            known[run.node]?.isTriedAtRest = false
            // At rest an error is only the reason to ask again.
            if process.isTriedAtRest { break }
            known[run.node]?.errors = isError ? process.errors + 1 : 0
        case .activityAnswered(let run, let activity?):
            guard current(run)?.isServing == true else { break }
            known[run.node]?.busy = activity.busy
        case .timerFired(.canary(let run)):
            // Whoever else is being answered, too, shows whether it hangs.
            guard let process = current(run), process.busy > 1 else { break }
            known[run.node]?.isTriedAtRest = false
        case .busySlotsAnswered(let run, let busy):
            guard current(run) != nil else { break }
            known[run.node]?.isIdle = busy == 0
        case .restartRequested(let name) where !stop.isUnderWay:
            learnRestart(name)
        case .reloadRequested(let wanted) where !stop.isUnderWay: learnReload(wanted)
        case .replanned(let plan):
            for (name, process) in known {
                known[name]?.become(spare: plan.spares.contains(name))
                if plan.leftOut.contains(name) { known[name]?.isLeftOut = true }
                if process.isSpare { known[name]?.missingSince = nil }
            }
            plans.reducedCoordinator = plan.process(coordinator).map {
                "\($0.location) \($0.shellLine)"
            }
            isPlanned = true
        default: break
        }
        return false
    }

    /// A backend that has refused `health.failures` connections in a row is gone.
    private mutating func learnAnswer(_ run: ProcessRun, _ answer: BackendAnswer) -> Bool {
        guard let process = current(run), process.isConfirmed, let user = known[coordinator],
            user.isServing, user.isAlive, !user.wasKilled, !user.wasTerminated,
            !stop.isUnderWay, drainUntil == nil
        else { return false }
        switch answer {
        case .reached: known[run.node]?.refusals = 0
        case .refused: known[run.node]?.refusals += 1
        case .unknown: break
        }
        guard process.refusals + 1 >= spec.health.failures, answer != .reached,
            answer != .unknown
        else { return false }
        known[run.node]?.isConfirmed = false
        return !process.isLeftOut
    }

    mutating func learnRestart(_ name: Node?) {
        if let name, let process = known[name], process.kind == .unmanaged || process.isSpare {
            return
        }
        isPlanned = true
        for (other, process) in known where process.kind != .unmanaged && !process.isSpare {
            guard name == nil || other == name || other == coordinator else { continue }
            known[other]?.isToBeRestarted = true
            known[other]?.starts = []
            known[other]?.failuresInARow = 0
            known[other]?.sameness = Sameness()
            known[other]?.notBefore = 0
        }
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
        known[run.node]?.isHeldUp = SimulatedEnd.isHeldUp(exit)
        if SimulatedEnd.isUnseen(exit), process.hasBegun {
            let isSeenLater = !process.isToldUndying
            known[run.node]?.mayBeThereUntil =
                isSeenLater ? now + spec.timeouts.lease : .infinity
        } else if SimulatedEnd.isHeldUp(exit) {
            known[run.node]?.mayBeThereUntil = .infinity
            // A start that waited in vain is no failure, and comes again without back-off.
            known[run.node]?.starts = process.starts.dropLast()
        }
        if !process.isCollateral, !process.isOutdated, !stop.isUnderWay,
            !SimulatedEnd.isHeldUp(exit)
        {
            let counts = hasServed && !process.isLeftOut
            let failures = process.failures + (counts ? [now] : [])
            known[run.node]?.failures = failures.filter { now - $0 < spec.restart.period }
            let wasStable = now - (process.readySince ?? now) >= spec.restart.resetAfter
            known[run.node]?.failuresInARow = (wasStable ? 0 : process.failuresInARow) + 1
            learnPort(process, run, exit, at: now)
            learnSameness(process, run, exit, at: now)
            let isHopeless = SimulatedEnd.isPermanent(exit, isWorker: process.kind == .worker)
            if !process.wasKilled { known[run.node]?.isHopeless = isHopeless }
            learnFailure(run.node, process)
            let waits = known[run.node].map(documentedWaits) ?? []
            known[run.node]?.notBefore = now + (waits.map(\.lowerBound).min() ?? 0)
            if hasServed, known[run.node]?.isHopeless == true {
                known[run.node]?.notBefore = now + 0.75 * spec.restart.maxDelay
            }
        }
        guard process.kind == .worker else { return false }
        known[run.node]?.missingSince = process.missingSince ?? now
        if process.isLeftOut { return false }
        workerEnds.append(now)
        guard let user = known[coordinator] else { return false }
        return user.isAlive && !user.wasKilled && !user.wasTerminated && stop.finished == nil
    }

    /// A connection that has ended keeps its own port for a minute.
    private mutating func learnPort(
        _ process: Known, _ run: ProcessRun, _ exit: ExitReport, at now: Double
    ) {
        let isTaken =
            process.kind == .worker && !process.wasKilled && SimulatedEnd.isPortTaken(exit)
        if known[run.node]?.failuresInARow == 1 {
            known[run.node]?.portTakenSince = isTaken ? now : nil
        }
        let since = known[run.node]?.portTakenSince
        known[run.node]?.mayGetItsPort = isTaken && since.map { now - $0 < 75 } == true
    }

    private mutating func learnFailure(_ name: Node, _ process: Known) {
        let count = known[name]?.failures.count ?? 0
        if !hasServed {
            if known[name]?.isHopeless == true { stop.mustGiveUp = "permanent" }
            if known[name].map({ $0.failuresInARow >= 3 && !$0.mayGetItsPort }) == true {
                stop.mustGiveUp = "three attempts"
            }
        } else if learnFailureComingUp(name, process) {
            return
        } else if let limit = spec.restart.maxRestarts, count > limit, !process.isLeftOut {
            stop.mustGiveUp = "max_restarts"
        }
    }
}
