import Basics
import Configuration
import Plan

/// The policy of supervision as a value: events go in with their instant, effects come out.
///
/// It reads no clock, draws from a seeded generator only, and performs nothing. Each of its rules
/// is stated, with its reason, at the top of the file that holds it; tests and mutations
/// (`deploy/dev/mutate`) go by the same numbers.
///
/// | rule | says | file |
/// |---|---|---|
/// | 1 | workers start together, the coordinator when all are ready | `Rule1StartOrder.swift` |
/// | 2 | a lost worker makes the coordinator useless | `Rule2LostWorker.swift` |
/// | 3 | no worker is trusted after a coordinator's end | `Rule3AskedAgain.swift` |
/// | 4 | an answer proves nothing, movement does | `Rule4Progress.swift` |
/// | 5 | restarts back off, and are counted | `Rule5BackOff.swift` |
/// | 6 | what cannot help is not tried again | `Rule6GivingUp.swift` |
/// | 7 | the cluster goes on without a missing worker | `Rule7Degraded.swift` |
/// | 8 | the coordinator ends first, with its requests answered | `Rule8StopOrder.swift` |
/// | 9 | an end that was not asked for is a failure | `Rule9Failures.swift` |
/// | 10 | a restart that was asked for is none | `Rule10Restart.swift` |
/// | 11 | a reload replaces what differs, and nothing else | `Rule11Reload.swift` |
/// | 12 | one ladder ends a process; what does not end is told | `Rule12Ending.swift` |
/// | 13 | an API with keys asks for them before it serves | `Rule13Keys.swift` |
package struct Supervisor: Equatable, Sendable {
    /// What the cluster as a whole is doing.
    enum Phase: Equatable, Sendable {
        case idle
        case up
        /// Everything is being ended; what `sollol` exits with, if all of it ends.
        case stopping(ExitStatus)
        /// Nothing runs any more that could be ended.
        case finished(ExitStatus)
    }

    /// What runs; a new one when a worker is left out or taken back, or after a reload.
    package internal(set) var plan: LaunchPlan
    /// What is wanted: the plan without regard to missing workers, and the policies.
    package internal(set) var wanted: WantedCluster
    /// A changed configuration on its way (rule 11).
    var reload = Reload.none
    var phase = Phase.idle
    var coordinator: CoordinatorSlot
    /// Unmanaged backends, then the others.
    var workers: [WorkerSlot]
    /// Workers that a reload has removed (rules 11 and 12).
    var removed = RemovedWorkers()
    var backOff: BackOff
    /// Whether, and since when not, the cluster serves.
    var service = ServiceRecord()
    /// When something last moved (rule 4).
    var movedAt = Instant(seconds: 0)
    /// What is under way for missing workers (rule 7).
    var degradation = Degradation()
    /// Collected while one event is handled.
    var effects: [SupervisorEffect] = []

    /// A supervisor which has done nothing yet.
    ///
    /// - Parameter seed: makes the jitter of restarts repeatable.
    package init(_ wanted: WantedCluster, seed: UInt64) {
        self.wanted = wanted
        plan = wanted.plan
        backOff = BackOff(policy: wanted.restart, seed: seed)
        coordinator = CoordinatorSlot(of: wanted.plan)
        workers = WorkerSlot.all(of: wanted.plan)
    }

    /// What has to be done because of that event, in order.
    package mutating func handle(_ event: SupervisorEvent, at now: Instant) -> [SupervisorEffect] {
        effects = []
        switch event {
        case .upRequested: bringUp(at: now)
        case .stopRequested: stopRequested(at: now)
        case .stopLimitGiven(let limit): wanted.timeouts.stop = limit
        case .restartRequested(let node): restartRequested(node, at: now)
        case .reloadRequested(let next): reloadRequested(next, canGoBack: true, at: now)
        case .addressMoved(let next): reloadRequested(next, canGoBack: false, at: now)
        case .timerFired(let timer): timerFired(timer, at: now)
        case .spawnFailed(let run, let reason): spawnFailed(run, reason, at: now)
        case .exited(let run, let exit): ended(run, exit, at: now)
        case .endDelayed(let run, let pid): endDelayed(run, pid, at: now)
        case .connectionWaits(let run, let wait): connectionWaits(run, wait, at: now)
        case .started(let run, let pid): started(run, pid: pid, at: now)
        case .readinessConfirmed(let run): readinessConfirmed(run, at: now)
        case .protocolRefuted(let run, let problem): protocolRefuted(run, problem, at: now)
        case .readinessDenied(let run): readinessDenied(run, at: now)
        case .distributionProven(let run, let summary): proven(run, summary, at: now)
        case .distributionRefuted(let run, let why): notProven(run, .misplaced, why, at: now)
        case .shardRefuted(let run, let why): shardRefuted(run, why, at: now)
        case .distributionUnknown(let run, let why): notProven(run, .unusable, why, at: now)
        case .usageReported(let run, let usage): usageReported(run, usage, at: now)
        case .connectionsSeen(let run, let troubles): connectionsSeen(run, troubles, at: now)
        case .backendAnswered(let run, let answer): backendAnswered(run, answer, at: now)
        case .activityAnswered(let run, let activity): activityAnswered(run, activity, at: now)
        case .sleepSeen(let run): sleepSeen(run, at: now)
        case .computationFailed(let run): computationFailed(run, at: now)
        case .memoryRefused(let run, let line): memoryRefused(run, line, at: now)
        case .requestAnswered(let run, let answer): requestAnswered(run, answer, at: now)
        case .activityRefused(let run, let reason): activityRefused(run, reason, at: now)
        case .accessAnswered(let run, let answer): accessAnswered(run, answer, at: now)
        case .replanned(let plan): replanned(plan, at: now)
        case .replanRefused(let nodes, let reason): replanRefused(nodes, reason)
        case .busySlotsAnswered(let run, let busy): busySlotsAnswered(run, busy, at: now)
        case .healthAnswered(let run, let healthy): healthAnswered(run, healthy, at: now)
        }
        reconcile(at: now)
        return effects
    }

    private mutating func timerFired(_ timer: SupervisorTimer, at now: Instant) {
        switch timer {
        case .restart(let run): restartIsDue(run)
        case .readiness(let run): readinessIsDue(run, at: now)
        case .readinessDeadline(let run): readinessDeadlinePassed(run, at: now)
        case .access(let run): accessIsDue(run, at: now)
        case .health(let run): healthIsDue(run, at: now)
        case .activity(let run): activityIsDue(run, at: now)
        case .backends(let run): backendsAreDue(run, at: now)
        case .answer(let run): answerIsDue(run, at: now)
        case .canary(let run): canaryIsDue(run, at: now)
        case .guards: guardsAreDue(at: now)
        // Every event ends with a look at who is missing.
        case .degrade: degradation.reminder = nil
        case .busySlots(let run): busySlotsAreDue(run)
        case .drainDeadline(let run): drainDeadlinePassed(run, at: now)
        case .endDeadline(let run): endDeadlinePassed(run, at: now)
        }
    }

    // MARK: Wanted and actual

    /// Brings what is true closer to what is wanted; every event ends here.
    private mutating func reconcile(at now: Instant) {
        switch phase {
        case .idle, .finished: break
        case .up: reconcileUp(at: now)
        case .stopping(let status): reconcileStop(status, at: now)
        }
    }

    private mutating func reconcileUp(at now: Instant) {
        removed.forget(at: now)  // Rule 12.
        // Rule 2: before anything else, so that a doomed coordinator accepts no further request;
        // and again where a reload has changed whom it needs.
        endUselessCoordinator(at: now)
        endWhatHasTo(at: now)  // Rules 10, 11.
        adoptReload(at: now)  // Rule 11.
        endUselessCoordinator(at: now)
        endSpares(at: now)  // Rule 7.
        startWorkers(at: now)  // Rule 1.
        adaptPlan(at: now)  // Rule 7.
        startCoordinator(at: now)  // Rule 1.
        settleReload()
    }

    // MARK: Helpers

    /// A slot of a run.
    enum Place { case coordinator, worker(Int) }

    /// The slot of a run, unless a later run has taken its place.
    func place(of run: ProcessRun) -> Place? {
        if coordinator.run == run { return .coordinator }
        return workers.firstIndex { $0.run == run }.map(Place.worker)
    }

    var restart: RestartPolicy { wanted.restart }
    var health: HealthPolicy { wanted.health }
    var timeouts: Timeouts { wanted.timeouts }

    /// Whether the cluster has served once.
    package var hasServed: Bool { service.hasServed }

    mutating func report(
        _ kind: Report.Kind, about subject: Node? = nil, cause: CauseCode? = nil,
        _ message: String, details: [String] = []
    ) {
        effects.append(
            .report(Report(kind, message, about: subject, cause: cause, details: details)))
    }

    mutating func phaseReport(_ number: Int, _ text: String) {
        report(.phase, "[\(number)/5] \(text)")
    }
}
