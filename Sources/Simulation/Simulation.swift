import Basics
import Supervision

/// Runs the real supervisor against a simulated cluster for one seed: first with faults and every
/// step judged, then without faults until it has to serve, then until a stop has to be done.
package struct Simulation {
    /// How one schedule went.
    package struct Outcome: Sendable {
        /// Reproduces the schedule.
        package var seed: UInt64
        /// The broken rule, or nil.
        package var problem: String?
        /// Events that the supervisor handled.
        package var events = 0
        /// Moments at which something was broken.
        package var faults = 0
        /// Starts of processes.
        package var starts = 0
        /// Virtual seconds from the end of the faults until it served.
        package var recovery: Double?
        /// The last events and effects, when they were wanted.
        package var schedule: [String] = []
    }

    /// Changes effects before they are performed, to show that the checks notice.
    package typealias Sabotage = (SupervisorEvent, [SupervisorEffect], Instant) ->
        [SupervisorEffect]

    private static let scheduleKept = 400

    private let scenario: Scenario
    private var cluster: SimulatedCluster
    private var supervisor: Supervisor
    private var checker: SafetyChecker
    private var outcome: Outcome
    private let isTold: Bool
    private let sabotage: Sabotage?

    /// The schedule of that seed.
    ///
    /// - Parameter isTold: whether the outcome shall hold the schedule in words.
    package static func run(
        seed: UInt64, isTold: Bool = false, sabotage: Sabotage? = nil
    ) -> Outcome {
        var simulation = Simulation(seed: seed, isTold: isTold, sabotage: sabotage)
        do {
            try simulation.play()
        } catch {
            simulation.outcome.problem = "at \(simulation.cluster.now) s: \(error.description)"
        }
        simulation.outcome.faults = simulation.cluster.counts.faults
        return simulation.outcome
    }

    private init(seed: UInt64, isTold: Bool, sabotage: Sabotage?) {
        var generator = SeededGenerator(seed: seed)
        scenario = Scenario(seed: seed, generator: &generator)
        cluster = SimulatedCluster(scenario: scenario, generator: generator)
        supervisor = Supervisor(scenario.first.wanted, seed: seed)
        checker = SafetyChecker(cluster)
        outcome = Outcome(seed: seed)
        self.isTold = isTold
        self.sabotage = sabotage
    }

    // MARK: Phases

    private mutating func play() throws(SafetyChecker.Violation) {
        let trouble = scenario.trouble
        if !trouble.fromTheStart {
            cluster.isCalm = true
            try handle(.upRequested)
            try run(until: "serving before any fault", limit: bound) { $0.cluster.isServing }
            cluster.isCalm = false
        }
        cluster.queue.add(.fault, at: cluster.now + 1)
        let calm = cluster.now + trouble.duration
        cluster.queue.add(.calm, at: calm)
        if cluster.generator.chance(trouble.stop) {
            let stop = cluster.now + cluster.generator.seconds(0...trouble.duration)
            cluster.queue.add(.stopRequested, at: stop)
            if cluster.generator.chance(0.5) {
                let second = stop + cluster.generator.seconds(0...40)
                cluster.queue.add(.stopRequested, at: second)
            }
        }
        if trouble.fromTheStart { try handle(.upRequested) }
        try run(until: nil, limit: calm) { _ in false }
        try recover()
        try end()
    }

    private mutating func recover() throws(SafetyChecker.Violation) {
        guard checker.stop.finished == nil else { return }
        guard checker.stop.requests == 0 else { return }
        let began = max(cluster.now, cluster.frozenUntil, cluster.undyingUntil)
        // What the faults left behind comes to light within a lease.
        let isMute = cluster.sites.contains { $0.session?.isMute == true }
        // Ten looks and the ladder, when a look may still be a minute late.
        let aftermath = began + (isMute ? 140 : scenario.first.spec.timeouts.lease + 10)
        try run(until: nil, limit: aftermath) { _ in false }
        try run(until: "serving after the last fault", limit: began + bound) {
            $0.isSettled || $0.checker.stop.finished != nil || $0.checker.stop.mustGiveUp != nil
        }
        guard checker.stop.finished == nil, checker.stop.mustGiveUp == nil else { return }
        outcome.recovery = max(cluster.now, aftermath) - began
        let starts = outcome.starts - checker.startsForMemory
        try run(until: nil, limit: cluster.now + 300) { _ in false }
        // What has grown may have been restarted a moment ago.
        try run(until: "serving after a restart for memory", limit: cluster.now + bound) {
            $0.isSettled || $0.checker.stop.finished != nil
        }
        guard checker.stop.finished == nil else { return }
        let more = outcome.starts - checker.startsForMemory - starts
        guard more == 0, cluster.isServing else {
            throw .init(
                description: "liveness: \(more) starts without a fault; "
                    + (cluster.isServing ? "serving" : "not serving"))
        }
    }

    private mutating func end() throws(SafetyChecker.Violation) {
        if checker.stop.finished == nil, checker.stop.requests == 0 {
            let pause = cluster.lastFault()
            try run(until: nil, limit: cluster.now + pause) { _ in false }
            try handle(.stopRequested)
        }
        let timeouts = scenario.first.spec.timeouts
        let began = max(cluster.now, cluster.frozenUntil)
        // A timer that was set while things went wrong may be a minute late.
        try run(until: "finished after a stop", limit: began + timeouts.stop + 120) {
            $0.checker.stop.finished != nil
        }
        for site in cluster.sites where site.kind != .unmanaged {
            if let server = site.server, !server.isOrphan, server.undyingUntil <= cluster.now {
                throw .init(description: "rule 8: finished, and \(server.run) still runs")
            }
        }
    }

    /// What the supervisor believes is what is true.
    private var isSettled: Bool {
        cluster.isServing && cluster.followsPlan && supervisor.snapshot.state == .serving
            && !cluster.plans.isReloading && !supervisor.isReloading
    }

    /// Seconds without a fault in which the cluster must serve, from the policy: a late timer, the
    /// longest back-off, then each step of a recovery twice, since the first may fail because of
    /// what the faults left behind.
    private var bound: Double {
        max(bound(scenario.first), bound(cluster.plans.inForce), bound(cluster.plans.asked))
    }

    private func bound(_ made: SimulatedConfiguration.Made) -> Double {
        let spec = made.spec
        let health = spec.health
        let step =
            spec.restart.maxDelay + spec.timeouts.ready + health.timeout + 10
            + Double(health.failures) * (health.interval + health.timeout) + scenario.loadTime
        let isBlind = made.configuration.backends.allSatisfy(\.managed) ? 1.0 : 5.0
        let hang = isBlind * max(spec.timeouts.stall, spec.timeouts.progress) + 30
        let back = spec.restart.degradeAfter.map { $0 + 2 * spec.restart.resetAfter + 60 } ?? 0
        return 60 + spec.timeouts.lease + hang + back + 2 * step
    }

    // MARK: Steps

    private mutating func run(
        until goal: String?, limit: Double, _ isReached: (Simulation) -> Bool
    ) throws(SafetyChecker.Violation) {
        while !isReached(self) {
            guard checker.stop.finished == nil, let event = cluster.nextEvent(before: limit) else {
                guard let goal, checker.stop.finished == nil else { return }
                throw .init(description: "liveness: not \(goal) within the bound")
            }
            try handle(event)
        }
    }

    private mutating func handle(_ event: SupervisorEvent) throws(SafetyChecker.Violation) {
        outcome.events += 1
        let now = Instant(seconds: cluster.now)
        var effects = supervisor.handle(event, at: now)
        cluster.plans.leftOut = supervisor.plan.leftOut + supervisor.plan.spares
        if let sabotage { effects = sabotage(event, effects, now) }
        if isTold { tell(event, effects) }
        try checker.check(
            event, effects, at: cluster.now, stillFor: cluster.now - cluster.lastMoved,
            awakeSince: cluster.frozenUntil)
        for effect in effects {
            if case .spawn = effect { outcome.starts += 1 }
            cluster.perform(effect)
        }
    }

    private mutating func tell(_ event: SupervisorEvent, _ effects: [SupervisorEffect]) {
        let isQuiet = effects.allSatisfy {
            switch $0 {
            case .setTimer, .probeHealth, .probeActivity, .probeReadiness, .probeBusySlots: true
            default: false
            }
        }
        if isQuiet && Self.isRoutine(event) { return }
        outcome.schedule.append("\(seconds(cluster.now)) \(plain(event))")
        outcome.schedule += effects.map { "    -> \(plain($0))" }
        if outcome.schedule.count > 2 * Self.scheduleKept {
            outcome.schedule.removeFirst(Self.scheduleKept)
        }
    }

    /// Asking again and again would fill pages.
    private static func isRoutine(_ event: SupervisorEvent) -> Bool {
        switch event {
        case .readinessDenied, .timerFired(.readiness), .timerFired(.busySlots),
            .timerFired(.health), .healthAnswered(_, true), .busySlotsAnswered(_, 1?),
            .timerFired(.activity), .activityAnswered, .usageReported:
            true
        default: false
        }
    }

    private func plain(_ event: SupervisorEvent) -> String {
        guard case .reloadRequested(let wanted) = event else { return plain(event as Any) }
        let names = wanted.plan.processes.map(\.node) + wanted.plan.unmanaged.map(\.node)
        return "reloadRequested(\(Node.list(names)); \(wanted.restart))"
    }

    private func plain(_ value: Any) -> String {
        ["Basics.", "Plan.", "Remote.", "Supervision."]
            .reduce("\(value)") { $0.replacing($1, with: "") }
            .replacing("Instant(seconds: ", with: "(")
    }

    private func seconds(_ time: Double) -> String {
        let milliseconds = Int((time * 1000).rounded())
        let rest = "\(1000 + milliseconds % 1000)".dropFirst()
        return "\(milliseconds / 1000).\(rest)"
    }
}
