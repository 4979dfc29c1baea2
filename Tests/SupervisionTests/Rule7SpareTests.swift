import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Supervision

/// Rule 7: a spare is not started, unless another worker is missing.
@Suite struct Rule7SpareTests {
    /// Worker-2 is a spare; the cluster serves with worker-1 alone.
    private static func serving() -> TestCluster {
        var restart = RestartPolicy()
        restart.degradeAfter = 10
        var cluster = TestCluster()
        cluster.supervisor = Supervisor(
            WantedCluster(
                plan: whole, restart: restart, health: HealthPolicy(), timeouts: Timeouts()),
            seed: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1")))
        serves(&cluster, 1)
        return cluster
    }

    private static func serves(_ cluster: inout TestCluster, _ generation: Int) {
        let coordinator = cluster.run("coordinator", generation)
        _ = cluster.happens(.readinessConfirmed(coordinator))
        _ = cluster.happens(.distributionProven(coordinator, summary: []))
    }

    /// The plan when worker-1 is missing.
    private static var reduced: LaunchPlan {
        var plan = TestCluster.plan(workers: 2)
        plan.leftOut = ["worker-1"]
        return plan
    }

    private static var whole: LaunchPlan {
        var plan = TestCluster.plan(workers: 2)
        plan.spares = ["worker-2"]
        return plan
    }

    @Test func rule7ASpareIsNotStarted() {
        var cluster = Self.serving()
        #expect(cluster.supervisor.snapshot.state == .serving)
        let states = cluster.supervisor.snapshot.processes.map(\.state)
        #expect(states == [.ready, .spare, .serving])
        let effects = cluster.happens(.restartRequested("worker-2"))
        #expect(effects == [])
    }

    /// Nothing that runs is changed by it, so nobody goes back to the plan with the spare, whatever
    /// fails after the restart (simulator, seed 8332).
    @Test func rule11ToRemoveASpareIsOverAtOnceAlsoWhileTheCoordinatorDrains() {
        var cluster = Self.serving()
        _ = cluster.happens(.restartRequested(nil))
        var plan = Self.whole
        plan.processes.remove(at: 1)
        plan.spares = []
        _ = cluster.happens(
            .reloadRequested(
                WantedCluster(
                    plan: plan, restart: RestartPolicy(), health: HealthPolicy(),
                    timeouts: Timeouts())))
        #expect(cluster.supervisor.plan.spares == [])
        #expect(!cluster.supervisor.isReloading && !cluster.supervisor.canGoBack)
    }

    @Test func rule7AMissingWorkerCallsASpareIn() {
        var cluster = Self.serving()
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        #expect(
            cluster.happens(.timerFired(.degrade), after: 11).contains(
                .replan(without: ["worker-1"])))
        let effects = cluster.happens(.replanned(Self.reduced))
        #expect(effects.contains(.spawn(cluster.run("worker-2"))))
        let next = cluster.happens(.readinessConfirmed(cluster.run("worker-2")))
        #expect(next.contains(.spawn(cluster.run("coordinator", 2))))
    }

    @Test func rule7ItEndsOnceNoCoordinatorUsesIt() {
        var cluster = Self.serving()
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.timerFired(.degrade), after: 11)
        _ = cluster.happens(.replanned(Self.reduced))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-2")))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1", 2)))
        Self.serves(&cluster, 2)
        #expect(cluster.supervisor.snapshot.state == .degraded)
        let idle = SlotActivity(busy: 0)
        let second = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.activityAnswered(second, idle), after: 100)
                .contains(.replan(without: [])))
        let spare = cluster.run("worker-2")
        #expect(!cluster.happens(.replanned(Self.whole)).contains(.terminate(spare)))
        _ = cluster.happens(.busySlotsAnswered(second, 0))
        #expect(cluster.exits("coordinator", 2).contains(.terminate(spare)))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1", 2)))
        let effects = cluster.exits("worker-2")
        #expect(!effects.contains(.spawn(cluster.run("worker-2", 2))))
        #expect(cluster.supervisor.snapshot.processes.map(\.state) == [.ready, .spare, .loading])
    }
}
