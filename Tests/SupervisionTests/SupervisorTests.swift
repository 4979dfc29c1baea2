import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// What holds for every rule.
@Suite struct SupervisorTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)

    @Test func whatArrivesLateFromAnEarlierRunIsIgnored() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.exits("worker-1")
        let before = cluster.supervisor
        for event: SupervisorEvent in [
            .exited(worker1, ExitReport(status: 0)), .readinessConfirmed(worker1),
            .readinessDenied(worker1), .timerFired(.restart(worker1)),
            .timerFired(.readinessDeadline(worker1)), .started(worker1, pid: 1),
        ] {
            #expect(cluster.happens(event) == [])
        }
        #expect(cluster.supervisor.workers == before.workers)
        #expect(cluster.supervisor.coordinator == before.coordinator)
    }
}
