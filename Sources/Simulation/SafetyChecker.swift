import Basics
import Supervision

/// What must be true at every step, judged only by what the supervisor was told and what it wants.
///
/// It knows nothing of the supervisor's inside, and shares neither its formulas nor its reading of
/// last words: waits are worked out in `DocumentedDelays`, ends in `SimulatedEnd`. The rules have
/// the numbers of `Supervisor`.
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
        /// Its guard has told that its server runs.
        var hasBegun = false
        /// Looks for silent guards since its own has said anything.
        var silentLooks = 0
        /// Its last end was that its guard waited in vain for a predecessor.
        var isHeldUp = false
        /// Until then something of an earlier run may be there: nobody saw it end.
        var mayBeThereUntil = 0.0
        /// It has answered since it was started or since a coordinator ended.
        var isConfirmed = false
        /// Until then somebody may let ssh in.
        var personUntil = 0.0
        /// When KILL was first sent.
        var killedAt: Double?
        var wasTerminated = false
        /// People were told that it does not end.
        var isToldUndying = false
        /// The kill was no failure of its own.
        var isCollateral = false
        /// What ended or failed last will fail again until somebody changes something.
        var isHopeless = false
        var started = 0.0
        var asked = 0.0
        var starts: [Double] = []
        var failures: [Double] = []
        /// Failures without a stable run in between.
        var failuresInARow = 0
        /// When the first of those was that its port is taken.
        var portTakenSince: Double?
        /// The last one was that, too, and the port may be given back: attempts do not count yet.
        var mayGetItsPort = false
        /// Failures that look the same.
        var sameness = Sameness()
        var readySince: Double?
        var missedHealth = 0
        /// KiB that its guard has reported last.
        var heldKiB = 0
        /// It was sent a request of ours, and has not answered.
        var isTried = false
        /// That was because it seemed to be at rest.
        var isTriedAtRest = false
        /// Requests that it has said it answers.
        var busy = 0
        /// Errors in a row in answers to those.
        var errors = 0
        var isServing = false
        /// It was started with keys for its API.
        var hasKeys = false
        /// It was seen to ask for one.
        var isGuarded = false
        /// How often it was asked whether it does.
        var accessProbes = 0
        /// It has said that it answers nothing.
        var isIdle = false
        /// The coordinator does without it.
        var isLeftOut = false
        /// Nor is it to be started.
        var isSpare = false
        /// How often in a row it has refused a connection while a coordinator serves.
        var refusals = 0
        /// Since when a worker is not there.
        var missingSince: Double?
        /// The next start has to wait until then (rule 6).
        var notBefore = 0.0

        var wasKilled: Bool { killedAt != nil }

        /// From now on it is a spare, or a worker that is used.
        mutating func become(spare: Bool) { (isSpare, isLeftOut) = (spare, spare) }
    }

    /// Why and how the cluster ends.
    struct Stop {
        var requests = 0
        var mustGiveUp: String?
        var finished: ExitStatus?
        var isUnderWay: Bool { requests > 0 || mustGiveUp != nil }
    }

    /// The plans that count.
    struct Plans {
        /// The whole plan that is in force, and the one that was asked for meanwhile.
        var inForce: Plan
        var pending: Plan?
        /// The coordinator of a plan that does without some workers.
        var reducedCoordinator: String?
        /// The one that the cluster has served with last.
        var served: WantedCluster?
        /// What became of the one in force, until the cluster serves with it.
        var comingUp: ComingUp?
    }

    var known: [Node: Known] = [:]
    let coordinator = Node.coordinator
    var plans: Plans
    /// The policies in force.
    var spec: WantedCluster
    var stop = Stop()
    /// A reload may give the next drain another time, not this one.
    var drainUntil: Double?
    var hasServed = false
    /// When each worker ended, for the bound of the coordinator's restarts.
    var workerEnds: [Double] = []
    /// A restart was asked for, or the plan has changed, and the coordinator has to go.
    var isPlanned = false
    /// Seconds since anything of the coordinator's work moved; the truth.
    var stillFor = 0.0
    /// Starts that follow from what has grown beyond `restart.max_memory`.
    var startsForMemory = 0

    init(_ cluster: SimulatedCluster) {
        spec = cluster.scenario.first.wanted
        plans = Plans(inForce: Plan(spec))
        for site in cluster.sites {
            known[site.node] = Known(
                kind: site.kind, endpoint: site.endpoint, isInPlan: site.isPlanned)
            known[site.node]?.become(spare: spec.plan.spares.contains(site.node))
        }
    }

    var workers: [Known] { known.values.filter { $0.kind != .coordinator && $0.isInPlan } }
    var allWorkersConfirmed: Bool { workers.allSatisfy { $0.isConfirmed || $0.isLeftOut } }

    /// Judges one step.
    ///
    /// - Parameters:
    ///   - stillFor: seconds since anything of the coordinator's work moved.
    ///   - awakeSince: since when `sollol` runs without standing still itself.
    mutating func check(
        _ event: SupervisorEvent, _ effects: [SupervisorEffect], at now: Double, stillFor: Double,
        awakeSince: Double
    ) throws(Violation) {
        self.stillFor = stillFor
        if stop.finished != nil, !effects.isEmpty {
            throw Violation(description: "work after finish")
        }
        let hangsAtRest = hangsAtRest(event)
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
        if stop.requests == 2, event == .stopRequested {
            for (node, process) in known where process.isAlive && !process.wasKilled {
                throw Violation(description: "rule 8: \(node) outlives the second stop")
            }
        }
        if let process = known[coordinator], process.missedHealth >= spec.health.failures,
            process.isAlive, !process.wasKilled, !process.wasTerminated, !stop.isUnderWay,
            !isPlanned
        {
            throw Violation(description: "rule 4: the coordinator outlives its health")
        }
        if hangsAtRest, known[coordinator]?.wasKilled == false {
            throw Violation(description: "rule 4: the coordinator outlives its silence at rest")
        }
        try checkErrors()
        try checkOpen(event)
        try checkUndying(awakeSince: awakeSince, at: now)
        try checkSilence()
    }

    private func kill(_ node: Node) -> SupervisorEffect {
        .kill(ProcessRun(node: node, generation: known[node]?.generation ?? 0))
    }

    private static func acts(_ effect: SupervisorEffect) -> Bool {
        switch effect {
        // These note what counts from now on; no process is touched by them.
        case .report, .setTimer, .takeReloadBack, .adoptReload: false
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
        case .terminate(let run): try checkTerminate(run, at: now)
        case .endLeash(let run), .killGroup(let run): try checkLaterStep(run, effect, at: now)
        case .probeBackend(let run):
            guard known[run.node]?.kind == .unmanaged else {
                throw Violation(description: "rule 2: \(run) is ours and was connected to")
            }
        case .probeReadiness(let run): try checkProbe(run, at: now)
        case .probeHealth(let run), .probeActivity(let run): _ = try existing(run, effect)
        case .probeAnswer(let run):
            _ = try existing(run, effect)
            known[run.node]?.isTried = true
            if event == .timerFired(.canary(run)) { known[run.node]?.isTriedAtRest = true }
        case .proveDistribution(let run):
            let process = try existing(run, effect)
            if process.hasKeys, !process.isGuarded {
                throw Violation(description: "rule 13: \(run) goes on before it asked for a key")
            }
        case .probeAccess(let run): try checkAccessProbe(run)
        case .replan(let nodes): try checkReplan(nodes, event, at: now)
        case .probeBusySlots(let run):
            _ = try existing(run, effect)
            drainUntil = drainUntil ?? now + spec.timeouts.stop
        case .setTimer(let timer, let at):
            if at.seconds < now { throw Violation(description: "a timer in the past") }
            if case .restart(let run) = timer { try checkWait(run, at.seconds - now) }
        case .report(let report):
            hear(report)
            try checkGrown(report, event, at: now)
        case .adoptReload: try checkAdoption()
        case .takeReloadBack(let former, _): try checkTakenBack(former)
        case .finish(let status): try checkFinish(status, at: now)
        }
    }

    /// Everything is being ended because the cluster was given up, as far as can be known.
    var finishes: Bool {
        stop.mustGiveUp != nil || !hasServed || spec.restart.maxRestarts != nil
    }

    func existing(_ run: ProcessRun, _ effect: SupervisorEffect) throws(Violation) -> Known {
        guard let process = current(run), process.isAlive else {
            throw Violation(description: "effect for a run that does not exist: \(effect)")
        }
        return process
    }

    func current(_ run: ProcessRun) -> Known? {
        guard let process = known[run.node], process.generation == run.generation else {
            return nil
        }
        return process
    }
}
