import Basics
import Supervision

/// What may start, be asked and be left out, and when. Rules 1, 3, 5, 6, 7.
extension SafetyChecker {
    mutating func checkSpawn(_ run: ProcessRun, at now: Double) throws(Violation) {
        guard let process = known[run.node], process.kind != .unmanaged, process.isInPlan else {
            throw Violation(description: "\(run) is not ours to start")
        }
        guard !process.isOutdated, plans.pending == nil || run.node != coordinator else {
            throw Violation(description: "reload: \(run) with the former configuration")
        }
        guard !process.isSpare else {
            throw Violation(description: "rule 7: \(run) of a spare")
        }
        guard plans.comingUp?.mustGoBack != true else {
            throw Violation(description: "reload: \(run) although it has to be taken back")
        }
        guard stop.requests == 0 else {
            throw Violation(description: "rule 8: \(run) after a stop")
        }
        if let reason = stop.mustGiveUp {
            throw Violation(description: "rule 6: \(run) although \(reason)")
        }
        guard !process.isAlive, run.generation == process.generation + 1 else {
            throw Violation(description: "\(run) beside #\(process.generation)")
        }
        if now < process.notBefore - 0.001 {
            throw Violation(description: "rule 6: \(run) before \(process.notBefore)")
        }
        if run.node == coordinator { (isPlanned, drainUntil) = (false, nil) }
        if run.node == coordinator, !allWorkersConfirmed {
            let missing = known.filter {
                $1.kind != .coordinator && $1.isInPlan && !$1.isConfirmed && !$1.isLeftOut
            }.keys.sorted { $0.name < $1.name }
            throw Violation(
                description: "rule 1: \(run) although \(Node.list(missing)) not ready")
        }
        let starts = process.starts.filter { now - $0 < window } + [now]
        var bound = DocumentedDelays.starts(within: window, spec.restart)
        if run.node == coordinator {
            let begin = now - window
            workerEnds.removeAll { $0 <= begin }
            bound += workerEnds.count + reasked
        }
        guard starts.count <= bound else {
            throw Violation(description: "rule 5: more than \(bound) starts of \(run.node)")
        }
        known[run.node] = Known(
            kind: process.kind, endpoint: process.endpoint, generation: run.generation,
            isAlive: true, mayBeThereUntil: process.mayBeThereUntil, started: now, asked: now,
            starts: starts, failures: process.failures,
            failuresInARow: process.failuresInARow, portTakenSince: process.portTakenSince,
            sameness: process.sameness,
            hasKeys: spec.plan.process(run.node)?.argv.contains("--api-key-file") == true,
            isLeftOut: process.isLeftOut,
            missingSince: process.missingSince)
    }

    private var window: Double { min(60, spec.restart.resetAfter) }
    /// New questions to unmanaged backends, each of which may have cost a coordinator.
    private var reasked: Int {
        workers.filter { $0.kind == .unmanaged }.map(\.starts.count).reduce(0, +)
    }

    /// Rules 5 and 6: how long a restart waits.
    func checkWait(_ run: ProcessRun, _ wait: Double) throws(Violation) {
        guard let process = current(run), process.kind != .unmanaged else { return }
        let longest = spec.restart.maxDelay
        let documented =
            process.isHeldUp
            ? [5.0...5.0]
            : hasServed && process.isHopeless
                ? [(0.75 * longest)...longest] : documentedWaits(process)
        guard
            documented.contains(where: {
                wait > $0.lowerBound - 0.001 && wait < $0.upperBound + 0.001
            })
        else {
            throw Violation(
                description: "rule 5: \(run.node) waits \(wait) s after "
                    + "\(process.failuresInARow) failures, not \(documented)")
        }
    }

    /// Rule 10: what has grown is restarted only while nothing is answered, and not over and over.
    mutating func checkGrown(
        _ report: Report, _ event: SupervisorEvent, at now: Double
    ) throws(Violation) {
        guard let node = report.subject, report.message.hasPrefix("restarting"),
            report.message.contains("it holds")
        else { return }
        let most = Int(spec.restart.maxMemory ?? .max) >> 10
        guard case .activityAnswered(_, let activity?) = event, activity.busy == 0,
            let process = known[node], process.heldKiB > most,
            now - process.started >= spec.restart.period - 0.001
        else { throw Violation(description: "rule 10: \(node) is restarted for its memory") }
        // A worker's takes the coordinator's along.
        startsForMemory += node == coordinator ? 1 : 2
        learnRestart(node)
    }

    mutating func checkProbe(_ run: ProcessRun, at now: Double) throws(Violation) {
        guard let process = known[run.node] else {
            throw Violation(description: "probe of \(run), which does not exist")
        }
        if process.kind == .unmanaged {
            if run.generation == process.generation + 1 {
                known[run.node]?.generation += 1
                known[run.node]?.isConfirmed = false
                known[run.node]?.starts.append(now)
            } else if run.generation != process.generation {
                throw Violation(description: "probe of \(run), not #\(process.generation)")
            }
            return
        }
        _ = try existing(run, .probeReadiness(run))
        guard process.kind == .worker, !process.isLeftOut, let user = known[coordinator],
            user.isAlive
        else { return }
        if process.started < user.started {
            throw Violation(description: "rule 3: \(run) probed while a coordinator uses it")
        }
    }

    func checkReplan(
        _ nodes: [Node], _ event: SupervisorEvent, at now: Double
    ) throws(Violation) {
        let after = spec.restart.degradeAfter ?? .infinity
        guard hasServed, nodes.count < workers.count else {
            throw Violation(description: "rule 7: \(Node.list(nodes)) left out")
        }
        for (node, process) in known where process.kind == .worker && process.isInPlan {
            let isNew = nodes.contains(node) && !process.isLeftOut
            if isNew, now - (process.missingSince ?? now) < after - 0.001 {
                throw Violation(description: "rule 7: \(node) left out too early")
            }
            let returns = process.isLeftOut && !process.isSpare && !nodes.contains(node)
            if returns, known[coordinator]?.isAlive == true {
                if case .activityAnswered(_, let activity?) = event, activity.busy == 0 { continue }
                if case .sleepSeen = event { continue }
                throw Violation(description: "rule 7: \(node) taken back while requests run")
            }
        }
    }
}
