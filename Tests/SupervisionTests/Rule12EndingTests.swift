import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 12: one ladder ends a process; what does not end is told, and holds up nothing else.
@Suite struct Rule12EndingTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    private func serving(workers: Int = 2) -> TestCluster {
        var cluster = TestCluster.serving(workers: workers)
        for (number, node) in (cluster.supervisor.workers.map(\.node) + [.coordinator]).enumerated()
        {
            _ = cluster.happens(.started(cluster.run(node), pid: 100 + number))
        }
        return cluster
    }

    /// Climbs the ladder from KILL to the step at which people are told.
    private func stick(_ run: ProcessRun, _ cluster: inout TestCluster) -> [Report] {
        (1...2).flatMap { _ in cluster.reports(.timerFired(.endDeadline(run)), after: 3) }
    }

    @Test func eachStepComesWhenTheOneBeforeHasHadItsTime() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        var due = cluster.now + 2.1
        #expect(
            cluster.acts(on: .busySlotsAnswered(coordinator, 0)) == [
                .terminate(coordinator), .setTimer(.endDeadline(coordinator), at: due),
            ])
        let steps: [SupervisorEffect] = [
            .kill(coordinator), .endLeash(coordinator), .killGroup(coordinator),
        ]
        for (pause, step) in zip([2.0, 3, 3], steps) {
            // A timer that fires early, such as one of an earlier step, decides nothing.
            #expect(cluster.acts(on: .timerFired(.endDeadline(coordinator)), after: 0) == [])
            due = cluster.now + pause + 3
            #expect(
                cluster.acts(on: .timerFired(.endDeadline(coordinator)), after: pause) == [
                    step, .setTimer(.endDeadline(coordinator), at: due),
                ])
        }
    }

    @Test func whatDoesNotEndIsToldOnceWithItsProcess() {
        var cluster = serving()
        _ = cluster.exits("worker-1")
        let told = stick(coordinator, &cluster)
        #expect(told.map(\.kind) == [.warning])
        #expect(told[0].subject == .coordinator)
        #expect(
            told[0].message
                == "coordinator: process 102 on this machine does not end, 6 s after it was told "
                + "to, not even by KILL; nothing else is started in its place")
        #expect(cluster.reports(.endDelayed(coordinator, pid: 102)) == [])
    }

    @Test func itsGuardMayTellItEarlier() {
        var cluster = serving()
        _ = cluster.exits("worker-1")
        let told = cluster.reports(.endDelayed(coordinator, pid: 102), after: 2)
        #expect(told.map(\.message).first?.contains("process 102 on this machine") == true)
        #expect(stick(coordinator, &cluster) == [])
    }

    @Test func aStartThatWaitsForAPredecessorIsTold() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        let told = cluster.reports(.endDelayed(worker1, pid: 7))
        #expect(told.map(\.subject) == ["worker-1"])
        #expect(told[0].message.hasPrefix("worker-1: it cannot start before process 7 on this"))
    }

    @Test func nothingStartsInItsPlaceUntilItHasEnded() {
        var cluster = serving()
        // worker-2 hangs and does not end; worker-1 dies and comes back meanwhile.
        _ = cluster.exits("coordinator", status: 134)
        _ = cluster.happens(.readinessConfirmed(worker1))
        _ = cluster.happens(.timerFired(.readinessDeadline(worker2)), after: 11)
        _ = stick(worker2, &cluster)
        #expect(
            !cluster.happens(.timerFired(.restart(worker2)), after: 60).contains { $0.isStart })
        #expect(
            cluster.exits("worker-1").filter(\.isStart) == [.spawn(cluster.run("worker-1", 2))])
        #expect(cluster.exits("worker-2").filter(\.isStart) == [.spawn(cluster.run("worker-2", 2))])
    }

    @Test func theClusterCanGoOnWithoutIt() {
        var restart = RestartPolicy()
        restart.degradeAfter = 10
        var cluster = TestCluster.serving(restart: restart)
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.readinessConfirmed(worker2))
        let again = cluster.run("worker-1", 2)
        _ = cluster.happens(.timerFired(.readinessDeadline(again)), after: 31)
        _ = stick(again, &cluster)
        #expect(cluster.supervisor.degradation.isReplanning)
        var plan = TestCluster.plan(workers: 2)
        plan.leftOut = ["worker-1"]
        #expect(cluster.happens(.replanned(plan)).contains(.spawn(cluster.run("coordinator", 2))))
    }

    @Test func aStopFinishesWithTheWordsWhatIsLeft() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        _ = cluster.happens(.stopRequested)
        _ = cluster.exits("worker-1")
        _ = stick(coordinator, &cluster)
        let effects = cluster.supervisor.handle(
            .timerFired(.endDeadline(coordinator)), at: cluster.now + 3)
        #expect(
            effects == [
                .report(
                    Report(
                        .warning, "not everything is known to have ended",
                        details: [
                            "coordinator: process 101 on this machine was killed and is still there"
                        ])),
                .finish(.unavailable),
            ])
    }

    /// Each would have begun the time of KILL anew.
    @Test func anImpatientUserDoesNotDelayTheNextStep() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        #expect(cluster.happens(.stopRequested).contains(.kill(worker1)))
        #expect(cluster.happens(.stopRequested, after: 2) == [])
        #expect(
            cluster.happens(.timerFired(.endDeadline(worker1)), after: 1.1).first
                == .endLeash(worker1))
    }

    /// The lease of a guard has ended its server, as far as it can be ended.
    @Test func aServerThatItsGuardHasKilledIsUsedNoMore() {
        var cluster = serving(workers: 1)
        let effects = cluster.happens(.endDelayed(worker1, pid: 100))
        #expect(effects.contains(.kill(worker1)) && effects.contains(.kill(coordinator)))
    }

    /// The ssh client was ended, so that nobody can see what becomes of the server.
    @Test func anEndThatNobodySawIsSaid() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        _ = cluster.happens(.stopRequested)
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.timerFired(.endDeadline(worker1)), after: 3)
        let told = cluster.reports(.exited(worker1, ExitReport(status: nil)))
        #expect(
            told.flatMap(\.details) == [
                "worker-1: nobody saw process 100 on this machine end; its guard ends it within "
                    + "30 s"
            ])
    }

    @Test func workersEndAlthoughTheCoordinatorDoesNot() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        _ = cluster.happens(.timerFired(.drainDeadline(coordinator)), after: 30)
        _ = stick(coordinator, &cluster)
        #expect(
            cluster.acts(on: .timerFired(.endDeadline(coordinator)), after: 3).first
                == .terminate(worker1))
        #expect(cluster.exits("worker-1", status: 143) == [.finish(.unavailable)])
    }

    @Test func aReloadIsTakenOverAlthoughARemovedWorkerDoesNotEnd() {
        var cluster = serving()
        var plan = TestCluster.plan(workers: 1)
        plan.processes[1].arguments.append(PlannedArgument(word: "1", reason: nil))
        _ = cluster.happens(
            .reloadRequested(
                WantedCluster(
                    plan: plan, restart: RestartPolicy(), health: HealthPolicy(),
                    timeouts: Timeouts())))
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        _ = cluster.exits("coordinator", status: 0)
        _ = cluster.happens(.timerFired(.endDeadline(worker2)), after: 2)
        _ = stick(worker2, &cluster)
        #expect(
            cluster.happens(.timerFired(.endDeadline(worker2)), after: 3).contains(.adoptReload))
        #expect(cluster.supervisor.isReloading)
    }

    /// The new configuration takes over while it is still there; then it ends.
    @Test func whatAReloadHasReplacedIsNoFailureOfTheNewOne() {
        var cluster = TestCluster.serving(workers: 0)
        let coordinator = cluster.run(.coordinator)
        for _ in 0..<3 { _ = cluster.happens(.healthAnswered(coordinator, healthy: false)) }
        for _ in 0..<3 { _ = cluster.happens(.timerFired(.endDeadline(coordinator)), after: 3) }
        var plan = TestCluster.plan(workers: 0)
        plan.processes[0].arguments.append(PlannedArgument(word: "new", reason: nil))
        let wanted = WantedCluster(
            plan: plan, restart: RestartPolicy(), health: HealthPolicy(), timeouts: Timeouts())
        #expect(cluster.happens(.reloadRequested(wanted)).contains(.adoptReload))
        let effects = cluster.exits(.coordinator, status: nil)
        #expect(effects == [.spawn(cluster.run(.coordinator, 2))])
        #expect(cluster.hasForgottenWishesAndFailures)
    }
}
