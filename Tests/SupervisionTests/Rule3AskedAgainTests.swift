import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 3: no worker is trusted after a coordinator's end.
@Suite struct Rule3AskedAgainTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    @Test func rule3WorkersAreAskedAgainBeforeTheNextCoordinatorStarts() {
        var cluster = TestCluster.serving()
        let died = cluster.now + 0.1
        #expect(
            cluster.exits("coordinator", status: 134) == [
                .probeReadiness(worker1), .setTimer(.readinessDeadline(worker1), at: died + 10),
                .probeReadiness(worker2), .setTimer(.readinessDeadline(worker2), at: died + 10),
            ])
        #expect(cluster.happens(.readinessConfirmed(worker1)) == [])
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(worker2)) == [.spawn(next)])
    }

    @Test func rule3AWorkerThatDoesNotAnswerIsRestartedAndOnlyThatOne() {
        var cluster = TestCluster.serving()
        _ = cluster.exits("coordinator", status: 134)
        _ = cluster.happens(.readinessConfirmed(worker1))
        #expect(
            cluster.happens(.timerFired(.readinessDeadline(worker2)), after: 11) == [
                .kill(worker2)
            ])
        let again = cluster.run("worker-2", 2)
        #expect(cluster.exits("worker-2").first == .spawn(again))
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(again)) == [.spawn(next)])
    }

    @Test func rule3AWorkerThatTheLastWordsBlameIsRestarted() {
        var cluster = TestCluster.serving()
        let words = ["ggml-rpc.cpp: Failed to connect to 127.0.0.1:50053"]
        let effects = cluster.exits("coordinator", status: 134, words: words)
        #expect(effects.contains(.kill(worker2)))
        #expect(effects.contains(.probeReadiness(worker1)))
    }

    @Test func aWorkerThatNeverListensIsKilledAndTriedAgain() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        #expect(
            cluster.happens(.timerFired(.readinessDeadline(worker1)), after: 31)
                == [.kill(worker1)])
        #expect(cluster.exits("worker-1").first == .spawn(cluster.run("worker-1", 2)))
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
}
