import Basics
import Supervision

/// What must be true at every step, judged only by what the supervisor was told and what it wants.
///
/// It knows nothing of the supervisor's inside. The rules have the numbers of `design.md`.
struct SafetyChecker {
    /// A broken rule.
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    /// What the supervisor was told about one process, and has asked for.
    struct Known {
        var kind: SimulatedSite.Kind
        var endpoint: String
        /// Whether the plan in force has it.
        var isInPlan = true
        /// Whether it is not, or not like this, in a plan that was asked for.
        var isOutdated = false
        /// Whether somebody asked for its restart.
        var isToBeRestarted = false
        var generation = 0
        /// Started, and its end not yet told.
        var isAlive = false
        /// It has answered since it was started or since a coordinator ended.
        var isConfirmed = false
        var wasKilled = false
        var wasTerminated = false
        /// The kill was no failure of its own.
        var isCollateral = false
        var started = 0.0
        var asked = 0.0
        var starts: [Double] = []
        var failures: [Double] = []
        /// Failures without a stable run in between.
        var failuresInARow = 0
        var readySince: Double?
        var missedHealth = 0
        var isServing = false
        var isLeftOut = false
        /// Since when a worker is not there.
        var missingSince: Double?
        /// The next start has to wait until then (rule 6).
        var notBefore = 0.0
    }

    var known: [Node: Known] = [:]
    let coordinator = Node.coordinator
    /// The whole plan that is in force, and the one that was asked for meanwhile.
    var inForce: Plan
    var pending: Plan?
    /// The coordinator of a plan that does without some workers.
    var reducedCoordinator: String?
    /// The policies in force.
    var spec: WantedCluster
    var stops = 0
    var stopAsked = 0.0
    /// A reload may give the next drain another time, not this one.
    private var drainUntil: Double?
    var hasServed = false
    var mustGiveUp: String?
    private(set) var finished: ExitStatus?
    /// When each worker ended, for the bound of the coordinator's restarts.
    var workerEnds: [Double] = []

    init(_ cluster: SimulatedCluster) {
        spec = cluster.scenario.first.wanted
        inForce = Plan(spec)
        for site in cluster.sites {
            known[site.node] = Known(
                kind: site.kind, endpoint: site.endpoint, isInPlan: site.isPlanned)
        }
    }

    var workers: [Known] { known.values.filter { $0.kind != .coordinator && $0.isInPlan } }
    private var allWorkersConfirmed: Bool {
        workers.allSatisfy { $0.isConfirmed || $0.isLeftOut }
    }
    /// A restart was asked for, or the plan has changed, and the coordinator has to go.
    var isPlanned = false
    /// Seconds since anything of the coordinator's work moved; the truth.
    private var stillFor = 0.0
    var isStopping: Bool { stops > 0 || mustGiveUp != nil }

    /// Judges one step.
    mutating func check(
        _ event: SupervisorEvent, _ effects: [SupervisorEffect], at now: Double, stillFor: Double
    ) throws(Violation) {
        self.stillFor = stillFor
        if finished != nil, !effects.isEmpty { throw Violation(description: "work after finish") }
        let doomed = learn(event, at: now)
        for (place, effect) in effects.enumerated() {
            if doomed, place == effects.firstIndex(where: Self.acts), effect != kill(coordinator) {
                throw Violation(
                    description: "rule 2: the useless coordinator was not killed first: \(effect)")
            }
            try check(effect, event, at: now)
        }
        if doomed, known[coordinator]?.wasKilled == false {
            throw Violation(description: "rule 2: the useless coordinator was not killed at once")
        }
        if stops == 2, event == .stopRequested {
            for (name, process) in known where process.isAlive && !process.wasKilled {
                throw Violation(description: "rule 8: \(name) outlives the second stop")
            }
        }
        if let process = known[coordinator], process.missedHealth >= spec.health.failures,
            process.isAlive, !process.wasKilled, !process.wasTerminated, !isStopping, !isPlanned
        {
            throw Violation(description: "rule 4: the coordinator outlives its health")
        }
    }

    private func kill(_ name: Node) -> SupervisorEffect {
        .kill(ProcessRun(node: name, generation: known[name]?.generation ?? 0))
    }

    private static func acts(_ effect: SupervisorEffect) -> Bool {
        switch effect {
        case .report, .setTimer: false
        default: true
        }
    }

    // MARK: What is wanted

    private mutating func check(
        _ effect: SupervisorEffect, _ event: SupervisorEvent, at now: Double
    ) throws(Violation) {
        switch effect {
        case .spawn(let run): try checkSpawn(run, at: now)
        case .kill(let run): try checkKill(run, event, at: now)
        case .terminate(let run):
            let process = try existing(run, effect)
            let isAskedFor = process.isToBeRestarted || process.isOutdated
            let isMeant = process.kind == .coordinator ? isPlanned : isAskedFor
            guard stops > 0 || finishes || isMeant else {
                throw Violation(description: "rule 8: \(run) terminated without a stop")
            }
            if process.kind == .worker, !process.isLeftOut, known[coordinator]?.isAlive == true {
                throw Violation(description: "rule 8: \(run) ended before the coordinator")
            }
            known[run.node]?.wasTerminated = true
            known[run.node]?.isCollateral = true
        case .probeReadiness(let run): try checkProbe(run, at: now)
        case .probeHealth(let run), .proveDistribution(let run), .probeActivity(let run):
            _ = try existing(run, effect)
        case .replan(let names): try checkReplan(names, event, at: now)
        case .probeBusySlots(let run):
            _ = try existing(run, effect)
            drainUntil = drainUntil ?? now + spec.timeouts.stop
        case .setTimer(_, let at):
            if at.seconds < now { throw Violation(description: "a timer in the past") }
        case .report: break
        case .adoptReload: try checkAdoption()
        case .finish(let status): try checkFinish(status)
        }
    }

    /// Everything is being ended because the cluster was given up, as far as can be known.
    private var finishes: Bool {
        mustGiveUp != nil || !hasServed || spec.restart.maxRestarts != nil
    }

    private func existing(
        _ run: ProcessRun, _ effect: SupervisorEffect
    ) throws(Violation) -> Known {
        guard let process = current(run), process.isAlive else {
            throw Violation(description: "effect for a run that does not exist: \(effect)")
        }
        return process
    }

    private mutating func checkSpawn(_ run: ProcessRun, at now: Double) throws(Violation) {
        guard let process = known[run.node], process.kind != .unmanaged, process.isInPlan else {
            throw Violation(description: "\(run) is not ours to start")
        }
        guard !process.isOutdated, pending == nil || run.node != coordinator else {
            throw Violation(description: "reload: \(run) with the former configuration")
        }
        guard stops == 0 else { throw Violation(description: "rule 8: \(run) after a stop") }
        if let reason = mustGiveUp {
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
            }.keys
            throw Violation(
                description:
                    "rule 1: \(run) although \(Node.list(missing.sorted { $0.name < $1.name })) not ready"
            )
        }
        let starts = process.starts.filter { now - $0 < window } + [now]
        var bound = RestartBound.starts(within: window, spec.restart)
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
            isAlive: true, started: now, asked: now, starts: starts, failures: process.failures,
            failuresInARow: process.failuresInARow, isLeftOut: process.isLeftOut,
            missingSince: process.missingSince)
    }

    private var window: Double { min(60, spec.restart.resetAfter) }
    /// New questions to unmanaged backends, each of which may have cost a coordinator.
    private var reasked: Int {
        workers.filter { $0.kind == .unmanaged }.map(\.starts.count).reduce(0, +)
    }

    private mutating func checkKill(
        _ run: ProcessRun, _ event: SupervisorEvent, at now: Double
    ) throws(Violation) {
        let process = try existing(run, .kill(run))
        let isPatient = process.wasTerminated || process.wasKilled || stops >= 2
        known[run.node]?.wasKilled = true
        if isPatient { return }
        if process.kind == .coordinator {
            let isCollateral = !allWorkersConfirmed || isPlanned
            known[run.node]?.isCollateral = isCollateral
            if !allWorkersConfirmed || process.missedHealth >= spec.health.failures { return }
            if case .distributionRefuted = event { return }
            let limit = min(spec.timeouts.stall, spec.timeouts.progress)
            // An answer may be half a minute late.
            if stillFor >= limit - 31 { return }
            if stops > 0 || finishes || isPlanned {
                if !process.isServing { return }
                if let drainUntil, now >= drainUntil - 0.001 { return }
            }
            throw Violation(description: "rule 2: \(run) killed without need")
        }
        if case .timerFired(.readinessDeadline(run)) = event, !process.isConfirmed,
            now - process.asked >= min(spec.timeouts.ready, spec.health.timeout) - 0.001
        {
            return
        }
        if case .exited(let ended, let exit) = event, ended.node == coordinator,
            FailureCause(exit).blamedEndpoint == process.endpoint
        {
            return
        }
        throw Violation(description: "rule 3: \(run) killed without need")
    }

    private mutating func checkProbe(_ run: ProcessRun, at now: Double) throws(Violation) {
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

    private func checkReplan(
        _ names: [Node], _ event: SupervisorEvent, at now: Double
    ) throws(Violation) {
        let after = spec.restart.degradeAfter ?? .infinity
        guard hasServed, names.count < workers.count else {
            throw Violation(description: "rule 7: \(names) left out")
        }
        for (name, process) in known where process.kind == .worker && process.isInPlan {
            let isNew = names.contains(name) && !process.isLeftOut
            if isNew, now - (process.missingSince ?? now) < after - 0.001 {
                throw Violation(description: "rule 7: \(name) left out too early")
            }
            if !names.contains(name), process.isLeftOut, known[coordinator]?.isAlive == true {
                if case .activityAnswered(_, let activity?) = event, activity.busy == 0 { continue }
                throw Violation(description: "rule 7: \(name) taken back while requests run")
            }
        }
    }

    private mutating func checkFinish(_ status: ExitStatus) throws(Violation) {
        finished = status
        for (name, process) in known where process.isAlive {
            throw Violation(description: "rule 8: finished while \(name) runs")
        }
        switch status {
        case .success where stops > 0: return
        case .unavailable where !hasServed: return
        case .gaveUp where hasServed && spec.restart.maxRestarts != nil: return
        default: throw Violation(description: "rule 6: finished with \(status)")
        }
    }
}
