import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// A changed configuration: what is the same stays, what differs ends before the new plan is in
/// force, and nothing of it is a failure.
@Suite struct Rule11ReloadTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    /// What the cluster is told; `changed` names processes that get another command.
    private func reload(
        workers: Int, unmanaged: Int = 0, changed: [String] = [],
        restart: RestartPolicy = RestartPolicy(), health: HealthPolicy = HealthPolicy(),
        timeouts: Timeouts = Timeouts()
    ) -> SupervisorEvent {
        var plan = TestCluster.plan(workers: workers, unmanaged: unmanaged)
        if workers + unmanaged != 2 {
            // As with --rpc: it names all of them.
            let all = PlannedArgument(word: "\(workers + unmanaged)", reason: nil)
            plan.processes[plan.processes.count - 1].arguments.append(all)
        }
        for index in plan.processes.indices where changed.contains(plan.processes[index].name) {
            plan.processes[index].arguments.append(PlannedArgument(word: "new", reason: nil))
        }
        return .reloadRequested(
            WantedCluster(plan: plan, restart: restart, health: health, timeouts: timeouts))
    }

    /// Lets the coordinator finish and end, and everything that is told to end with it.
    private func endCoordinator(_ cluster: inout TestCluster) -> [SupervisorEffect] {
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        return cluster.exits("coordinator", status: 0)
    }

    @Test func aChangedCoordinatorStartsAgainAndTheWorkersStay() {
        var cluster = TestCluster.serving()
        #expect(
            cluster.happens(reload(workers: 2, changed: ["coordinator"])) == [
                .probeBusySlots(coordinator),
                .setTimer(.drainDeadline(coordinator), at: cluster.now + 30),
            ])
        #expect(cluster.supervisor.plan.process("coordinator")?.argv.last != "new")
        let ended = endCoordinator(&cluster)
        #expect(ended.contains(.adoptReload))
        #expect(!ended.contains(.terminate(worker1)) && !ended.contains(.terminate(worker2)))
        #expect(cluster.supervisor.plan.process("coordinator")?.argv.last == "new")
        _ = cluster.happens(.readinessConfirmed(worker1))
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(worker2)) == [.spawn(next)])
        _ = cluster.happens(.readinessConfirmed(next))
        let reports = cluster.reports(.distributionProven(next, summary: []))
        #expect(reports[0].message.contains("(the configuration was reloaded)"))
        #expect(cluster.hasForgottenWishesAndFailures)
    }

    @Test func theNewPlanIsInForceOnceNothingOfTheFormerRuns() {
        var cluster = TestCluster.serving()
        let reports = cluster.reports(reload(workers: 3, changed: ["worker-1"]))
        #expect(reports[0].message == "taking over the changed configuration")
        #expect(reports[0].details[0].contains("worker-1 changes: "))
        #expect(reports[0].details[1].contains("worker-3 is added: "))
        #expect(reports[0].details[2].contains("coordinator changes: "))
        let ended = endCoordinator(&cluster)
        #expect(ended.contains(.terminate(worker1)) && !ended.contains(.adoptReload))
        #expect(!ended.contains { $0.isStart })
        #expect(
            cluster.exits("worker-1", status: 143).filter { $0.isStart || $0 == .adoptReload } == [
                .adoptReload, .spawn(cluster.run("worker-1", 2)), .spawn(cluster.run("worker-3")),
            ])
    }

    @Test func aRemovedWorkerEndsAndItsLateEventsMeanNothing() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(reload(workers: 1))
        #expect(endCoordinator(&cluster).contains(.terminate(worker2)))
        #expect(cluster.exits("worker-2", status: 143).first == .adoptReload)
        #expect(cluster.exits("worker-2", status: 143) == [])
        #expect(cluster.happens(.readinessConfirmed(worker2)) == [])
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(worker1)) == [.spawn(next)])
        _ = cluster.happens(.readinessConfirmed(next))
        _ = cluster.happens(.distributionProven(next, summary: []))
        // It comes back: its numbers go on, but it counts as never restarted.
        _ = cluster.happens(reload(workers: 2))
        _ = cluster.happens(.busySlotsAnswered(next, 0))
        let again = cluster.run("worker-2", 2)
        #expect(cluster.exits("coordinator", 2, status: 0).filter(\.isStart) == [.spawn(again)])
        #expect(cluster.exits("worker-2", 1) == [])
        #expect(cluster.supervisor.snapshot.processes.map(\.restarts) == [0, 0, 1])
    }

    @Test func policiesAloneRestartNothing() {
        var cluster = TestCluster.serving()
        var health = HealthPolicy()
        health.interval = 1
        #expect(
            cluster.happens(reload(workers: 2, health: health)) == [
                .adoptReload, .setTimer(.health(coordinator), at: cluster.now + 1),
                .setTimer(.activity(coordinator), at: cluster.now + 6),
            ])
        #expect(cluster.reports(reload(workers: 2, health: health)) == [])
        #expect(cluster.happens(reload(workers: 2, health: health)) == [.adoptReload])
    }

    @Test func aLeaseThatComesLaterIsWatched() {
        var timeouts = Timeouts()
        timeouts.lease = 0
        var cluster = TestCluster.serving(timeouts: timeouts)
        let watch = { (cluster: inout TestCluster, event: SupervisorEvent) in
            cluster.supervisor.handle(event, at: cluster.now).contains {
                if case .setTimer(.guards, _) = $0 { true } else { false }
            }
        }
        #expect(watch(&cluster, reload(workers: 2)))
        #expect(watch(&cluster, .timerFired(.guards)))
        #expect(!watch(&cluster, reload(workers: 2, timeouts: timeouts)))
        #expect(!watch(&cluster, .timerFired(.guards)))
    }

    @Test func whatWaitsStartsAtOnceWithAShorterPolicyOrAnotherCommand() {
        for changed in [[], ["worker-1"]] {
            var cluster = TestCluster.serving()
            _ = cluster.exits("worker-1")
            _ = cluster.exits("worker-1", 2)
            _ = cluster.exits("coordinator")
            var restart = RestartPolicy()
            if changed.isEmpty { restart.maxDelay = 5 }
            let effects = cluster.happens(
                reload(workers: 2, changed: changed, restart: restart))
            #expect(effects.filter(\.isStart) == [.spawn(cluster.run("worker-1", 3))])
        }
    }

    @Test func aLoadThatIsUnderWayIsGivenUp() {
        var cluster = TestCluster()
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(worker1))
        _ = cluster.happens(.readinessConfirmed(worker2))
        #expect(
            cluster.happens(reload(workers: 2, changed: ["coordinator"])) == [.kill(coordinator)])
        #expect(cluster.exits("coordinator").contains(.adoptReload))
    }

    @Test func whatEndsAnywayHasNotFailed() {
        var restart = RestartPolicy()
        restart.maxRestarts = 0
        var cluster = TestCluster.serving(restart: restart)
        _ = cluster.happens(reload(workers: 1, restart: restart))
        #expect(cluster.reports(.exited(worker2, ExitReport(status: 134))) == [])
        #expect(cluster.exits("coordinator").contains(.adoptReload))
        let next = cluster.run("coordinator", 2)
        #expect(cluster.happens(.readinessConfirmed(worker1)).first == .spawn(next))
    }

    @Test func aSecondReloadTakesThePlaceOfTheFirst() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(reload(workers: 1))
        _ = cluster.happens(reload(workers: 2, changed: ["worker-1"]))
        let ended = endCoordinator(&cluster)
        #expect(ended.contains(.terminate(worker1)) && !ended.contains(.terminate(worker2)))
        #expect(
            cluster.exits("worker-1", status: 143).filter(\.isStart) == [
                .spawn(cluster.run("worker-1", 2))
            ])
    }

    @Test func aStopWins() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(reload(workers: 1))
        _ = cluster.happens(.stopRequested)
        _ = endCoordinator(&cluster)
        _ = cluster.exits("worker-1", status: 143)
        #expect(cluster.exits("worker-2", status: 143) == [.finish(.success)])
        #expect(cluster.happens(reload(workers: 2)) == [])
    }

    @Test func aWorkerBecomesUnmanagedAndBack() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(reload(workers: 1, unmanaged: 1))
        #expect(endCoordinator(&cluster).contains(.terminate(worker2)))
        let asked = cluster.run("worker-2", 2)
        let effects = cluster.exits("worker-2", status: 143)
        #expect(effects.first == .adoptReload && effects.contains(.probeReadiness(asked)))
        #expect(!effects.contains { $0.isStart })
        _ = cluster.happens(.readinessConfirmed(worker1))
        let next = cluster.run("coordinator", 2)
        #expect(cluster.happens(.readinessConfirmed(asked)).first == .spawn(next))
    }

    /// It said "in force" while the first one still drained.
    @Test func aReloadIsUnderWayUntilTheClusterServesWithIt() {
        var cluster = TestCluster.serving()
        #expect(!cluster.supervisor.isReloading)
        for _ in 1...2 {
            #expect(
                !cluster.happens(reload(workers: 2, changed: ["coordinator"])).contains(
                    .adoptReload))
            #expect(cluster.supervisor.isReloading)
        }
        #expect(endCoordinator(&cluster).filter { $0 == .adoptReload }.count == 1)
        #expect(cluster.supervisor.isReloading)
        _ = cluster.happens(.readinessConfirmed(worker1))
        _ = cluster.happens(.readinessConfirmed(worker2))
        let next = cluster.run("coordinator", 2)
        _ = cluster.happens(.readinessConfirmed(next))
        #expect(cluster.supervisor.isReloading)
        _ = cluster.happens(.distributionProven(next, summary: []))
        #expect(!cluster.supervisor.isReloading)
    }

    @Test func aReloadThatChangesNothingIsOverAtOnce() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(reload(workers: 2))
        #expect(!cluster.supervisor.isReloading)
    }

    // MARK: Degraded mode

    /// Serves without worker-2, which does not come back.
    private func degraded(_ restart: RestartPolicy) -> TestCluster {
        var cluster = TestCluster.serving(restart: restart)
        _ = cluster.exits("worker-2")
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.readinessConfirmed(worker1))
        _ = cluster.exits("worker-2", 2, status: 255, words: ["ssh: Connection refused"])
        let effects = cluster.happens(.timerFired(.degrade), after: 20)
        #expect(effects.contains(.replan(without: ["worker-2"])))
        var plan = TestCluster.plan(workers: 2)
        plan.processes[2] = TestCluster.plan(workers: 1).processes[1]
        let alone = PlannedArgument(word: "1", reason: nil)
        plan.processes[2].arguments.append(alone)
        plan.leftOut = ["worker-2"]
        let next = cluster.run("coordinator", 2)
        #expect(cluster.happens(.replanned(plan)).contains(.spawn(next)))
        _ = cluster.happens(.readinessConfirmed(next))
        _ = cluster.happens(.distributionProven(next, summary: []))
        #expect(cluster.supervisor.snapshot.state == .degraded)
        return cluster
    }

    private var patience: RestartPolicy {
        var restart = RestartPolicy()
        restart.degradeAfter = 10
        return restart
    }

    @Test func toRemoveTheMissingWorkerLeavesTheCoordinatorAlone() {
        var cluster = degraded(patience)
        let effects = cluster.happens(reload(workers: 1, restart: patience))
        #expect(!effects.contains { $0.isStart })
        #expect(effects.contains(.adoptReload))
        #expect(cluster.supervisor.snapshot.state == .serving)
        #expect(cluster.supervisor.snapshot.processes.map(\.node) == ["worker-1", "coordinator"])
    }

    @Test func policiesAloneKeepItAsItIs() {
        var cluster = degraded(patience)
        for restart in [patience, RestartPolicy()] {
            let effects = cluster.happens(reload(workers: 2, restart: restart))
            #expect(!effects.contains { if case .probeBusySlots = $0 { true } else { false } })
            #expect(cluster.supervisor.snapshot.state == .degraded)
            #expect(cluster.supervisor.plan.process("coordinator")?.argv.last == "1")
        }
        // It was switched off, but the worker may return all the same.
        let back = cluster.run("worker-2", cluster.supervisor.workers[1].starts.generation)
        _ = cluster.happens(.readinessConfirmed(back))
        let next = cluster.run("coordinator", 2)
        let idle = cluster.happens(
            .activityAnswered(next, SlotActivity(busy: 0)), after: 100)
        #expect(idle.contains(.replan(without: [])))
    }

    @Test func whoeverStillIsMissingIsLeftOutAgainBeforeTheNextStart() {
        var cluster = degraded(patience)
        let former = cluster.run("coordinator", 2)
        _ = cluster.happens(reload(workers: 2, changed: ["coordinator"], restart: patience))
        _ = cluster.happens(.busySlotsAnswered(former, 0))
        let ended = cluster.exits("coordinator", 2, status: 0)
        #expect(ended.contains(.adoptReload) && ended.contains(.replan(without: ["worker-2"])))
        #expect(!ended.contains(.spawn(cluster.run("coordinator", 3))))
    }
}
