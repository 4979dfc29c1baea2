import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 12, what is still there of an earlier run: a start waits for it, a stop tells it.
@Suite struct Rule12PredecessorTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    private let stays = ExitReport(
        status: nil,
        refusal: GuardRefusal(
            .predecessorDoesNotEnd,
            "process 7 on 127.0.0.1:50052, which this one replaces, does not end although it was "
                + "killed (state D)"))

    private func serving(
        workers: Int = 2, restart: RestartPolicy = RestartPolicy(),
        timeouts: Timeouts = Timeouts()
    ) -> TestCluster {
        var cluster = TestCluster.serving(workers: workers, restart: restart, timeouts: timeouts)
        for (number, node) in (cluster.supervisor.workers.map(\.node) + [.coordinator]).enumerated()
        {
            _ = cluster.happens(.started(cluster.run(node), pid: 100 + number))
        }
        return cluster
    }

    private func finish(_ effects: [SupervisorEffect]) -> Basics.ExitStatus? {
        effects.lazy.compactMap {
            if case .finish(let status) = $0 { status } else { nil as Basics.ExitStatus? }
        }.first
    }

    // MARK: A start waits

    @Test func aStartThatFindsItsPredecessorWaitsAndIsNoFailure() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        var told: [Report] = []
        for attempt in 1...10 {
            let run = cluster.run("worker-1", attempt)
            told += cluster.reports(.endDelayed(run, pid: 7), after: 3)
            cluster.now = cluster.now + 7
            let effects = cluster.supervisor.handle(.exited(run, stays), at: cluster.now)
            #expect(effects == [.setTimer(.restart(run), at: cluster.now + 5)])
            #expect(
                cluster.happens(.timerFired(.restart(run)), after: 5).filter(\.isStart)
                    == [.spawn(cluster.run("worker-1", attempt + 1))])
        }
        #expect(told.count == 1)
        #expect(told.first?.message.contains("cannot start before process 7 on this") == true)
        #expect(cluster.supervisor.workers[0].failures == FailureRecord())
        #expect(!cluster.supervisor.hasServed)
    }

    /// A guard that did not tell it earlier.
    @Test func itsRefusalTellsItToo() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        let told = cluster.reports(.exited(worker1, stays))
        #expect(told.map(\.kind) == [.warning])
        #expect(told.first?.message.contains("process 7 on 127.0.0.1:50052") == true)
    }

    @Test func maxRestartsDoesNotCountIt() {
        var restart = RestartPolicy()
        restart.maxRestarts = 1
        var cluster = serving(workers: 1, restart: restart)
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        for attempt in 2...5 {
            let run = cluster.run("worker-1", attempt)
            _ = cluster.happens(.exited(run, stays), after: 10)
            #expect(
                cluster.happens(.timerFired(.restart(run)), after: 5).filter(\.isStart)
                    == [.spawn(cluster.run("worker-1", attempt + 1))])
        }
    }

    /// The guard gives up after 10 s by itself.
    @Test func aShortTimeToBecomeReadyDoesNotCutTheWait() {
        var timeouts = Timeouts()
        timeouts.ready = 4
        var cluster = TestCluster(workers: 1, timeouts: timeouts)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.endDelayed(worker1, pid: 7), after: 3)
        #expect(cluster.happens(.timerFired(.readinessDeadline(worker1)), after: 1) == [])
        #expect(cluster.supervisor.workers[0].ending == nil)
        // From its own start on it has its usual time.
        _ = cluster.happens(.started(worker1, pid: 9), after: 4)
        #expect(
            cluster.happens(.timerFired(.readinessDeadline(worker1)), after: 4).contains(
                .kill(worker1)))
    }

    // MARK: A stop tells

    /// The network was cut, ssh has gone, and only then somebody stops the cluster.
    @Test func anEndThatNobodySawBeforeTheStopIsSaid() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.exited(worker1, ExitReport(status: nil)))
        _ = cluster.exits("coordinator")
        _ = cluster.happens(
            .exited(cluster.run("worker-1", 2), ExitReport(status: nil, lastWords: ["ssh: x"])))
        cluster.now = cluster.now + 9.8
        let effects = cluster.supervisor.handle(.stopRequested, at: cluster.now)
        #expect(
            effects.suffix(2) == [
                .report(
                    Report(
                        .warning, Report.somethingIsLeft,
                        details: [
                            "worker-1: nobody saw process 100 on this machine end; its guard ends "
                                + "it within 20 s"
                        ])),
                .finish(.unavailable),
            ])
    }

    @Test func onceItsLeaseHasPassedItIsForgotten() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.exited(worker1, ExitReport(status: nil)))
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.exited(cluster.run("worker-1", 2), ExitReport(status: nil)))
        #expect(finish(cluster.happens(.stopRequested, after: 40)) == .success)
    }

    /// Its lease has passed, but the next guard has found it, and could not end it (simulator,
    /// seed 7706).
    @Test func oneThatAGuardCouldNotEndIsSaidThoughItsLeaseHasPassed() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.exited(worker1, ExitReport(status: nil)))
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.stopRequested)
        cluster.now = cluster.now + 100
        let effects = cluster.supervisor.handle(
            .exited(cluster.run("worker-1", 2), stays), at: cluster.now)
        #expect(finish(effects) == .unavailable)
        let told = effects.compactMap { if case .report(let report) = $0 { report } else { nil } }
        #expect(
            told.last?.details == [
                "worker-1: process 100 on this machine was killed and may still be there"
            ])
    }

    /// Its guard has ended its predecessor.
    @Test func onceTheNextOneHasStartedItIsForgotten() {
        var cluster = serving(workers: 1)
        _ = cluster.happens(.exited(worker1, ExitReport(status: nil)))
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.started(cluster.run("worker-1", 2), pid: 200))
        _ = cluster.happens(.stopRequested)
        _ = cluster.happens(.stopRequested)
        #expect(finish(cluster.exits("worker-1", 2)) == .success)
    }

    /// Without a lease nobody knows.
    @Test func withoutALeaseItIsNotForgotten() {
        var timeouts = Timeouts()
        timeouts.lease = 0
        var cluster = serving(workers: 1, timeouts: timeouts)
        _ = cluster.happens(.exited(worker1, ExitReport(status: nil)))
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.exited(cluster.run("worker-1", 2), ExitReport(status: nil)))
        let told = cluster.reports(.stopRequested, after: 1000)
        #expect(
            told.last?.details == ["worker-1: nobody saw process 100 on this machine end"])
    }

    /// KILL to the group ends the guard, whose control channel then closes.
    @Test func afterTheGroupWasKilledNobodyEndsIt() {
        var cluster = serving(workers: 1)
        _ = cluster.exits("coordinator", status: 134)
        _ = cluster.happens(.timerFired(.readinessDeadline(worker1)), after: 11)
        for _ in 1...2 { _ = cluster.happens(.timerFired(.endDeadline(worker1)), after: 3) }
        #expect(
            cluster.happens(.exited(worker1, ExitReport(status: nil))).filter(\.isStart)
                == [.spawn(cluster.run("worker-1", 2))])
        _ = cluster.happens(.exited(cluster.run("worker-1", 2), stays), after: 10)
        let told = cluster.reports(.stopRequested, after: 1000)
        #expect(
            told.last?.details == [
                "worker-1: process 100 on this machine was killed and may still be there"
            ])
    }

    /// Its guard hangs before it tells what it has started, and had to be killed with its group.
    @Test func whatNobodyHasStartedAndHadToBeKilledIsSaid() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        for _ in 1...2 { _ = cluster.happens(.stopRequested) }
        for pause in [2.0, 3, 3] {
            _ = cluster.happens(.timerFired(.endDeadline(worker1)), after: pause)
        }
        let told = cluster.reports(.exited(worker1, ExitReport(status: nil)))
        #expect(
            told.last?.details == [
                "worker-1: its process on this machine was killed and may still be there"
            ])
    }

    // MARK: A removed worker

    private func reloadWithoutWorker2(_ cluster: inout TestCluster) {
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
        for _ in 1...3 { _ = cluster.happens(.timerFired(.endDeadline(worker2)), after: 3) }
    }

    @Test func oneThatAReloadRemovesIsSeenUntilItHasEnded() {
        var cluster = serving()
        reloadWithoutWorker2(&cluster)
        #expect(cluster.supervisor.plan.processes.count == 2)
        let seen = cluster.supervisor.snapshot.processes
        #expect(seen.map(\.node) == ["worker-1", "worker-2", "coordinator"])
        #expect(seen[1].state == .ending && seen[1].pid == 101)
        let told = cluster.reports(.exited(worker2, ExitReport(status: 137)))
        #expect(told.map(\.message) == ["worker-2: process 101 on this machine has ended"])
        #expect(cluster.supervisor.snapshot.processes.count == 2)
    }

    @Test func oneThatAReloadRemovedIsSaidByAStop() {
        var cluster = serving()
        reloadWithoutWorker2(&cluster)
        _ = cluster.happens(.stopRequested)
        _ = cluster.happens(.stopRequested)
        _ = cluster.exits("coordinator", 2)
        cluster.now = cluster.now + 1
        let effects = cluster.supervisor.handle(
            .exited(worker1, ExitReport(status: 137)), at: cluster.now)
        #expect(finish(effects) == .unavailable)
        #expect(
            effects.first
                == .report(
                    Report(
                        .warning, Report.somethingIsLeft,
                        details: [
                            "worker-2: process 101 on this machine was killed and is still there"
                        ])))
    }

    /// Nothing starts beside it.
    @Test func oneThatIsWantedAgainWaitsForIt() {
        var cluster = serving()
        reloadWithoutWorker2(&cluster)
        _ = cluster.happens(.started(cluster.run("coordinator", 2), pid: 300))
        _ = cluster.happens(
            .reloadRequested(
                WantedCluster(
                    plan: TestCluster.plan(workers: 2), restart: RestartPolicy(),
                    health: HealthPolicy(), timeouts: Timeouts())))
        #expect(!cluster.exits("coordinator", 2).contains { $0.isStart })
        #expect(cluster.supervisor.snapshot.processes.count == 3)
        #expect(cluster.exits("worker-2").filter(\.isStart) == [.spawn(cluster.run("worker-2", 2))])
    }
}
