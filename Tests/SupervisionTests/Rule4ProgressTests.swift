import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 4: an answer proves nothing, movement does.
@Suite struct Rule4ProgressTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    private func busy(_ counter: Int) -> SupervisorEvent {
        .activityAnswered(coordinator, SlotActivity(busy: 1, counters: [0, 1, counter]))
    }

    private func usage(_ cpu: Double) -> ResourceUsage {
        ResourceUsage(residentKiB: 1000, cpuSeconds: cpu, bytesRead: 0)
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

    @Test func servingNeedsTheProofOfTheDistribution() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        #expect(
            cluster.happens(.readinessConfirmed(coordinator)) == [.proveDistribution(coordinator)])
        #expect(!cluster.supervisor.hasServed)
        let proven = cluster.now + 0.1
        #expect(
            cluster.happens(.distributionProven(coordinator, summary: ["x"])) == [
                .setTimer(.health(coordinator), at: proven + 2),
                .setTimer(.activity(coordinator), at: proven + 6),
            ])
        #expect(cluster.supervisor.hasServed)
    }

    @Test func aCoordinatorWhoseHealthFailsIsReplaced() {
        var cluster = TestCluster.serving(workers: 0)
        for _ in 1...2 { _ = cluster.happens(.healthAnswered(coordinator, healthy: false)) }
        _ = cluster.happens(.healthAnswered(coordinator, healthy: true))
        for _ in 1...2 { _ = cluster.happens(.healthAnswered(coordinator, healthy: false)) }
        #expect(
            cluster.happens(.healthAnswered(coordinator, healthy: false)) == [.kill(coordinator)])
        #expect(cluster.exits("coordinator").first == .spawn(cluster.run("coordinator", 2)))
    }

    /// A long prompt on a GPU: no CPU time, no counter (ggml-org/llama.cpp 22997).
    @Test(
        arguments: [
            (ResourceUsage.GPULoad?.none, 60.0), (.idle, 60), (.unknown, 300), (.busy, nil),
        ] as [(ResourceUsage.GPULoad?, Double?)])
    func rule4AGPUThatWorksIsMovement(gpu: ResourceUsage.GPULoad?, limit: Double?) {
        var cluster = TestCluster.serving(workers: 1)
        let (worker, coordinator) = (cluster.run("worker-1"), cluster.run("coordinator"))
        var usage = ResourceUsage(residentKiB: 1, cpuSeconds: 1)
        let began = cluster.now
        for _ in 0..<400 where cluster.supervisor.coordinator.ending == nil {
            _ = cluster.happens(
                .activityAnswered(coordinator, SlotActivity(busy: 1, counters: [0, 9, 3, 0])),
                after: 1)
            usage.gpu = nil
            _ = cluster.happens(.usageReported(coordinator, usage), after: 0)
            usage.gpu = gpu
            _ = cluster.happens(.usageReported(worker, usage), after: 0)
        }
        let isEnded = cluster.supervisor.coordinator.ending != nil
        #expect(isEnded == (limit != nil))
        if let limit { #expect((limit...limit + 5).contains(cluster.now - began)) }
    }
}
