import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 7: the cluster goes on without a missing worker.
@Suite struct Rule7DegradedTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    @Test func rule7AMissingWorkerIsLeftOutAfterThatTime() {
        var restart = RestartPolicy()
        restart.degradeAfter = 10
        var cluster = TestCluster.serving(restart: restart)
        _ = cluster.exits("worker-1")
        #expect(
            !cluster.happens(.timerFired(.degrade), after: 9.8).contains(
                .replan(without: ["worker-1"])))
        #expect(
            cluster.happens(.timerFired(.degrade), after: 0.3).contains(
                .replan(without: ["worker-1"])))
        var plan = TestCluster.plan(workers: 2)
        plan.leftOut = ["worker-1"]
        // It waits for the coordinator's end, then for the survivor's answer.
        _ = cluster.happens(.replanned(plan))
        _ = cluster.exits("coordinator")
        let effects = cluster.happens(.readinessConfirmed(cluster.run("worker-2")))
        #expect(effects.contains(.spawn(cluster.run("coordinator", 2))))
    }
}
