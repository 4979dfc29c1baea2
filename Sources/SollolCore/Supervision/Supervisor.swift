/// The policy of supervision as a value: events go in with their instant, effects come out.
///
/// It reads no clock, draws from a seeded generator only, and performs nothing. Its rules have the
/// numbers that `design.md` gives them:
///
/// 1. Workers start in parallel; the coordinator starts when every worker is ready.
/// 2. A worker that ends makes a running coordinator useless although its `/health` says ok: the
///    coordinator is killed at once, the worker restarted, then the coordinator. Several workers
///    that end together are one recovery.
/// 3. When a coordinator has ended, the workers stay, but each is asked before the next one
///    starts; one that does not answer, or that the last words blame, is restarted first.
/// 5. The first restart is at once, then exponential back-off; `max_restarts` within `period`
///    gives up.
/// 6. Until the cluster has served, a permanent failure or the third attempt of a process ends
///    bring-up; after that, all failures are retried at the cap.
/// 8. At a stop the coordinator finishes its requests (for `timeouts.stop`) and ends, then the
///    workers; nothing starts after a stop was asked for; a second request kills. A restart that
///    was asked for keeps this order and is no failure.
/// 9. Any end of a process that was not asked for is a failure, whatever its status.
///
/// Rules 4 (hangs) and 7 (degraded mode) come with a later release; of 4, a coordinator whose
/// `/health` fails `health.failures` times in a row is replaced.
public struct Supervisor: Equatable, Sendable {
    /// Seconds from TERM to KILL for a process that has nothing to finish.
    static let killDelay = 2.0
    /// Attempts of one process before the cluster has served (rule 6).
    static let attemptsBeforeServing = 3

    /// The time from the first failure, or from the start, until the cluster serves.
    struct Episode: Equatable, Sendable {
        var began: Instant
        var cause: String?
    }

    /// What the cluster as a whole is doing.
    enum Phase: Equatable, Sendable {
        case idle
        case up
        /// Everything is being ended; that status follows.
        case stopping(ExitStatus)
        case finished
    }

    let plan: LaunchPlan
    let restart: RestartPolicy
    let health: HealthPolicy
    let timeouts: Timeouts
    var backOff: BackOff
    var phase = Phase.idle
    var slots: [ProcessSlot]
    /// Whether the cluster has served once.
    public internal(set) var hasServed = false
    /// The bring-up or recovery in progress; several failures in a row are one.
    var episode: Episode?
    /// Collected while one event is handled.
    var effects: [SupervisorEffect] = []

    /// A supervisor of that plan which has done nothing yet.
    ///
    /// - Parameter seed: makes the jitter of restarts repeatable.
    public init(
        plan: LaunchPlan, restart: RestartPolicy, health: HealthPolicy, timeouts: Timeouts,
        seed: UInt64
    ) {
        self.plan = plan
        self.restart = restart
        self.health = health
        self.timeouts = timeouts
        backOff = BackOff(policy: restart, seed: seed)
        let managed = plan.processes.map { process in
            ProcessSlot(
                name: process.name, kind: process.role == .worker ? .worker : .coordinator,
                endpoint: process.dial.description)
        }
        let unmanaged = plan.unmanaged.map {
            ProcessSlot(name: $0.name, kind: .unmanagedWorker, endpoint: "\($0.host):\($0.port)")
        }
        slots = unmanaged + managed
    }

    /// What has to be done because of that event, in order.
    public mutating func handle(_ event: SupervisorEvent, at now: Instant) -> [SupervisorEffect] {
        effects = []
        switch event {
        case .upRequested: bringUp(at: now)
        case .stopRequested: stopRequested()
        case .restartRequested(let name): restartRequested(name, at: now)
        case .timerFired(let timer): timerFired(timer, at: now)
        case .spawnFailed(let run, let reason):
            let cause = FailureCause(.guardLost, "it could not be started: \(reason)")
            ended(run, cause, ExitReport(status: nil), at: now)
        case .exited(let run, let exit): ended(run, FailureCause(exit), exit, at: now)
        case .started(let run, let pid): started(run, pid: pid)
        case .readinessConfirmed(let run): readinessConfirmed(run, at: now)
        case .protocolRefuted(let run, let problem): protocolRefuted(run, problem)
        case .readinessDenied(let run): readinessDenied(run, at: now)
        case .distributionProven(let run, let summary): proven(run, summary, at: now)
        case .distributionRefuted(let run, let problem): refuted(run, problem)
        case .busySlotsAnswered(let run, let busy): busySlotsAnswered(run, busy, at: now)
        case .healthAnswered(let run, let healthy): healthAnswered(run, healthy, at: now)
        }
        reconcile(at: now)
        return effects
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
        guard let coordinator = slots.indices.last else { return }
        let workers = slots.indices.dropLast()
        if slots.contains(where: \.isToBeRestarted) { reconcileRestart(at: now) }
        let ready = workers.allSatisfy { slots[$0].isReady }
        // Rule 2: before anything else, so that a doomed coordinator accepts no further request.
        if !ready, slots[coordinator].isAlive, !slots[coordinator].isEnding {
            effects.append(.kill(slots[coordinator].run))
            slots[coordinator].state = .ending(nil)
        }
        for index in workers where slots[index].state == .down { start(index, at: now) }
        guard ready, slots[coordinator].state == .down else { return }  // Rule 1.
        if !hasServed, slots[coordinator].generation == 0 {
            let count = workers.count
            let listening = count == 0 ? "no workers" : "\(plural(count, "worker")) ready"
            phaseReport(3, "\(listening), starting the coordinator")
        }
        start(coordinator, at: now)
    }

    private mutating func start(_ index: Int, at now: Instant) {
        slots[index].generation += 1
        slots[index].state = .starting
        slots[index].missedProbes = 0
        slots[index].isToBeRestarted = false
        slots[index].hasSaidBusy = false
        let run = slots[index].run
        if slots[index].kind != .unmanagedWorker { effects.append(.spawn(run)) }
        if slots[index].kind == .coordinator {
            // No deadline: how long a model loads is not known, only whether it makes progress.
            slots[index].askedSince = now
            effects.append(.probeReadiness(run))
        } else {
            ask(index, deadline: timeouts.ready, at: now)
        }
    }

    private mutating func bringUp(at now: Instant) {
        guard phase == .idle else { return }
        phase = .up
        episode = Episode(began: now)
        let managed = slots.filter { $0.kind == .worker }.count
        let others = slots.filter { $0.kind == .unmanagedWorker }.count
        var text = managed == 0 ? "no workers to start" : "starting \(plural(managed, "worker"))"
        if others > 0 { text += ", waiting for \(plural(others, "unmanaged backend"))" }
        phaseReport(2, text)
    }

    // MARK: Helpers

    /// The slot of a run, unless a later run has taken its place.
    func current(_ run: ProcessRun) -> Int? { slots.firstIndex { $0.run == run } }

    mutating func report(_ kind: Report.Kind, _ message: String, details: [String] = []) {
        effects.append(.report(Report(kind, message, details: details)))
    }

    mutating func phaseReport(_ number: Int, _ text: String) {
        report(.phase, "[\(number)/5] \(text)")
    }
}
