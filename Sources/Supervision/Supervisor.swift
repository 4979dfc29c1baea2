import Basics
import Configuration
import Plan

/// The policy of supervision as a value: events go in with their instant, effects come out.
///
/// It reads no clock, draws from a seeded generator only, and performs nothing. Its rules have the
/// numbers that `design.md` gives them:
///
/// 1. Workers start in parallel; the coordinator starts when every worker is ready.
/// 2. A worker that ends makes a running coordinator useless although its `/health` says ok: the
///    coordinator is killed at once, the worker restarted, then the coordinator. Several workers
///    that end together are one recovery. A guard that has fallen silent is a lost server; see
///    `SupervisorSilence.swift`.
/// 3. When a coordinator has ended, the workers stay, but each is asked before the next one
///    starts; one that does not answer, or that the last words blame, is restarted first.
/// 4. An answer proves nothing. What has to move is the coordinator's counters or the CPU time of
///    the processes while it answers, bytes read, memory or CPU time while it loads; see
///    `SupervisorProgress.swift`. If nothing does, or `/health` fails `health.failures` times in a
///    row, the coordinator is killed, and rule 3 finds the culprit.
/// 5. The first restart is at once, then exponential back-off; `max_restarts` within `period`
///    gives up.
/// 6. Until the cluster has served, a permanent failure or the third attempt of a process ends
///    bring-up; after that, all failures are retried at the cap.
/// 7. With `degrade_after`, a worker that is missing for so long is left out, if the rest can hold
///    the model; it is started again all the while, and taken back when no request is being
///    answered.
/// 8. At a stop the coordinator finishes its requests (for `timeouts.stop`) and ends, then the
///    workers; nothing starts after a stop was asked for; a second request kills. A restart that
///    was asked for keeps this order and is no failure, nor is a reload of the configuration; see
///    `SupervisorReload.swift`.
/// 9. Any end of a process that was not asked for is a failure, whatever its status.
package struct Supervisor: Equatable, Sendable {
    /// Seconds from TERM to KILL for a process that has nothing to finish.
    static let killDelay = 2.0
    /// Attempts of one process before the cluster has served (rule 6).
    static let attemptsBeforeServing = 3

    /// What the cluster as a whole is doing.
    enum Phase: Equatable, Sendable {
        case idle
        case up
        /// Everything is being ended; that status follows.
        case stopping(ExitStatus)
        /// Nothing runs any more.
        case finished(ExitStatus)
    }

    /// What runs; a new one when a worker is left out or taken back, or after a reload.
    package internal(set) var plan: LaunchPlan
    /// What is wanted: the plan without regard to missing workers, and the policies.
    package internal(set) var wanted: WantedCluster
    /// What will be wanted once nothing outdated runs any more; see `SupervisorReload.swift`.
    package internal(set) var pendingReload: WantedCluster?
    /// How far removed processes were counted: one that returns goes on from there.
    var lastGenerations: [Node: Int] = [:]
    var backOff: BackOff
    var phase = Phase.idle
    var slots: [ProcessSlot]
    /// Whether the cluster has served once.
    package internal(set) var hasServed = false
    /// The bring-up or recovery in progress; several failures in a row are one.
    var episode: Episode?
    /// The one that ended last.
    var endedEpisode: Episode?
    /// When something last moved (rule 4).
    var movedAt = Instant(seconds: 0)
    /// For when the timer is set that looks for missing workers (rule 7).
    var degradeDue: Instant?
    /// Whether a new plan is being made (rule 7).
    var isReplanning = false
    /// Collected while one event is handled.
    var effects: [SupervisorEffect] = []

    /// A supervisor which has done nothing yet.
    ///
    /// - Parameter seed: makes the jitter of restarts repeatable.
    package init(_ wanted: WantedCluster, seed: UInt64) {
        self.wanted = wanted
        plan = wanted.plan
        backOff = BackOff(policy: wanted.restart, seed: seed)
        slots = Self.slots(of: wanted.plan)
    }

    /// One for each process and unmanaged backend, the coordinator last.
    static func slots(of plan: LaunchPlan) -> [ProcessSlot] {
        let managed = plan.processes.map { process in
            ProcessSlot(
                node: process.node, kind: process.role == .worker ? .worker : .coordinator,
                endpoint: process.dial.description)
        }
        let unmanaged = plan.unmanaged.map {
            ProcessSlot(node: $0.node, kind: .unmanagedWorker, endpoint: $0.endpoint.description)
        }
        return unmanaged + managed
    }

    /// What has to be done because of that event, in order.
    package mutating func handle(_ event: SupervisorEvent, at now: Instant) -> [SupervisorEffect] {
        effects = []
        switch event {
        case .upRequested: bringUp(at: now)
        case .stopRequested: stopRequested()
        case .stopLimitGiven(let limit): wanted.timeouts.stop = limit
        case .restartRequested(let name): restartRequested(name, at: now)
        case .reloadRequested(let wanted): reloadRequested(wanted, at: now)
        case .timerFired(let timer): timerFired(timer, at: now)
        case .spawnFailed(let run, let reason):
            let cause = FailureCause(.guardLost, "it could not be started: \(reason)")
            ended(run, cause, ExitReport(status: nil), at: now)
        case .exited(let run, let exit): ended(run, FailureCause(exit), exit, at: now)
        case .started(let run, let pid): started(run, pid: pid, at: now)
        case .readinessConfirmed(let run): readinessConfirmed(run, at: now)
        case .protocolRefuted(let run, let problem): protocolRefuted(run, problem)
        case .readinessDenied(let run): readinessDenied(run, at: now)
        case .distributionProven(let run, let summary): proven(run, summary, at: now)
        case .distributionRefuted(let run, let problem): refuted(run, problem)
        case .usageReported(let run, let usage): usageReported(run, usage, at: now)
        case .activityAnswered(let run, let activity): activityAnswered(run, activity, at: now)
        case .replanned(let plan): replanned(plan, at: now)
        case .replanRefused(let names, let reason): replanRefused(names, reason)
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
        if slots.contains(where: \.hasToEnd) { endWhatHasTo(at: now) }
        adoptReload(at: now)
        guard let coordinator = slots.indices.last else { return }
        let workers = slots.indices.dropLast()
        let ready = requiredWorkersAreReady
        // Rule 2: before anything else, so that a doomed coordinator accepts no further request.
        if !ready, slots[coordinator].isAlive, !slots[coordinator].isEnding {
            effects.append(.kill(slots[coordinator].run))
            slots[coordinator].state = .ending(nil)
        }
        for index in workers where slots[index].state == .down && !slots[index].isOutdated {
            start(index, at: now)
        }
        adaptPlan(at: now)
        guard ready, !isReplanning, slots[coordinator].state == .down else { return }  // Rule 1.
        guard pendingReload == nil else { return }
        if !hasServed, slots[coordinator].generation == 0 {
            let count = workers.count
            let listening = count == 0 ? "no workers" : "\(plural(count, "worker")) ready"
            phaseReport(3, "\(listening), starting the coordinator")
        }
        start(coordinator, at: now)
    }

    private mutating func start(_ index: Int, at now: Instant) {
        slots[index].beginRun(at: now)
        let run = slots[index].run
        if !slots[index].isLeftOut { episode?.started(slots[index].node) }
        guard slots[index].kind != .unmanagedWorker else {
            return ask(index, deadline: timeouts.ready, at: now)
        }
        effects.append(.spawn(run))
        slots[index].askedSince = now
        movedAt = slots[index].kind == .coordinator ? now : movedAt
        // It is asked when it has started, and in any case should nobody say that it has.
        effects.append(.setTimer(.readiness(run), at: now + answerLimit))
        // No deadline for a coordinator: how long a model loads is not known, only whether it
        // makes progress.
        if slots[index].kind == .worker { setDeadline(index, timeouts.ready, at: now) }
    }

    private mutating func bringUp(at now: Instant) {
        guard phase == .idle else { return }
        phase = .up
        watchGuards(at: now)
        episode = Episode(began: now)
        let managed = slots.filter { $0.kind == .worker }.count
        let others = slots.filter { $0.kind == .unmanagedWorker }.count
        var text = managed == 0 ? "no workers to start" : "starting \(plural(managed, "worker"))"
        if others > 0 { text += ", waiting for \(plural(others, "unmanaged backend"))" }
        phaseReport(2, text)
    }

    // MARK: Helpers

    var restart: RestartPolicy { wanted.restart }
    var health: HealthPolicy { wanted.health }
    var timeouts: Timeouts { wanted.timeouts }

    /// Whether every worker that the plan does not leave out can be used.
    var requiredWorkersAreReady: Bool {
        slots.dropLast().allSatisfy { $0.isReady || $0.isLeftOut }
    }

    /// The slot of a run, unless a later run has taken its place.
    func current(_ run: ProcessRun) -> Int? { slots.firstIndex { $0.run == run } }

    mutating func report(_ kind: Report.Kind, _ message: String, details: [String] = []) {
        effects.append(.report(Report(kind, message, details: details)))
    }

    mutating func phaseReport(_ number: Int, _ text: String) {
        report(.phase, "[\(number)/5] \(text)")
    }
}
