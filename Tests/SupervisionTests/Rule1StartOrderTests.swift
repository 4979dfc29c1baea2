import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 1: workers together, then the coordinator.
@Suite struct Rule1StartOrderTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    @Test func rule1WorkersStartTogetherAndTheCoordinatorWhenAllAreReady() {
        var cluster = TestCluster()
        let begin = cluster.now + 0.1
        #expect(
            cluster.happens(.upRequested) == [
                .spawn(worker1),
                .setTimer(.readinessDeadline(worker1), at: begin + 30),
                .spawn(worker2),
                .setTimer(.readinessDeadline(worker2), at: begin + 30),
            ])
        #expect(cluster.happens(.readinessConfirmed(worker2)) == [])
        #expect(
            cluster.happens(.readinessConfirmed(worker1)) == [
                .spawn(coordinator)
            ])
    }

    @Test func aServerIsAskedAsSoonAsItRunsAndOftenAtFirst() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        let started = cluster.now + 0.1
        #expect(
            cluster.happens(.started(worker1, pid: 7)) == [
                .probeReadiness(worker1), .setTimer(.readinessDeadline(worker1), at: started + 30),
            ])
        #expect(cluster.happens(.started(worker1, pid: 7)) == [])
        let denied = cluster.now + 0.01
        #expect(
            cluster.happens(.readinessDenied(worker1), after: 0.01) == [
                .setTimer(.readiness(worker1), at: denied + (denied - started) / 20)
            ])
        _ = cluster.happens(.readinessConfirmed(worker1))
        #expect(cluster.happens(.started(coordinator, pid: 8)) == [.probeReadiness(coordinator)])
    }

    @Test func rule1AnUnmanagedBackendIsAskedButNotStarted() {
        var cluster = TestCluster(workers: 0, unmanaged: 1)
        let begin = cluster.now + 0.1
        #expect(
            cluster.happens(.upRequested) == [
                .probeReadiness(worker1), .setTimer(.readinessDeadline(worker1), at: begin + 30),
            ])
        #expect(
            cluster.happens(.readinessConfirmed(worker1)) == [
                .spawn(coordinator)
            ])
    }
}
