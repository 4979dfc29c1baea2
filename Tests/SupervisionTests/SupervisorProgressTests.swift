import Testing

@testable import Basics
@testable import Configuration
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 4 and rule 7 by example; the simulator tries the rest.
@Suite struct SupervisorProgressTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    private func busy(_ counter: Int) -> SupervisorEvent {
        .activityAnswered(coordinator, SlotActivity(busy: 1, counters: [0, 1, counter]))
    }

    private func usage(_ cpu: Double) -> ResourceUsage {
        ResourceUsage(residentKiB: 1000, cpuSeconds: cpu, bytesRead: 0)
    }

    @Test func aProbeWithoutAnswerIsRepeated() {
        var cluster = TestCluster(workers: 1)
        let worker = cluster.run("worker-1")
        _ = cluster.happens(.upRequested)
        #expect(
            cluster.happens(.timerFired(.readiness(worker)), after: 15) == [
                .probeReadiness(worker)
            ])
    }

    @Test func rule4WithoutMovementTheCoordinatorIsKilled() {
        var cluster = TestCluster.serving()
        var kills: [SupervisorEffect] = []
        for second in 0..<80 where kills.isEmpty {
            for node: Node in ["worker-1", "worker-2", "coordinator"] {
                kills += cluster.happens(.usageReported(cluster.run(node), usage(5)), after: 0.2)
            }
            kills += cluster.happens(busy(7), after: 0.4).filter { $0 == .kill(coordinator) }
            kills = kills.filter { $0 == .kill(coordinator) }
            if second < 55 { #expect(kills.isEmpty, "after \(second) s") }
        }
        #expect(kills == [.kill(coordinator)])
    }

    @Test func rule4CPUTimeOfOneWorkerIsMovement() {
        var cluster = TestCluster.serving()
        for second in 0..<300 {
            var effects: [SupervisorEffect] = []
            for node: Node in ["worker-1", "worker-2", "coordinator"] {
                let cpu = node == "worker-2" ? Double(second) : 5
                effects += cluster.happens(
                    .usageReported(cluster.run(node), usage(cpu)), after: 0.2)
            }
            effects += cluster.happens(busy(7), after: 0.4)
            #expect(!effects.contains(.kill(coordinator)))
        }
    }

    @Test func rule4WithoutNumbersOfGuardsItTakesFiveTimesAsLong() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(busy(7))
        #expect(!cluster.happens(busy(7), after: 299).contains(.kill(coordinator)))
        #expect(cluster.happens(busy(7), after: 2).contains(.kill(coordinator)))
    }

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
