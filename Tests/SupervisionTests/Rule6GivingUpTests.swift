import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 6: what cannot help is not tried again.
@Suite struct Rule6GivingUpTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    @Test func rule6APermanentFailureBeforeServingEndsBringUpAtOnce() {
        var cluster = TestCluster()
        _ = cluster.happens(.upRequested)
        let reports = cluster.reports(
            .exited(worker1, ExitReport(status: 0, lastWords: ["Usage: rpc-server [options]"])))
        #expect(reports.map(\.kind) == [.failure])
        #expect(
            reports[0].message
                == "worker-1: it exited with status 0: it refused its command line; giving up, "
                + "another attempt would not help")
        #expect(reports[0].details.last == "try by hand: /bin/worker-1")
        #expect(cluster.exits("worker-2") == [.finish(.unavailable)])
    }

    @Test func rule6TheThirdAttemptBeforeServingIsTheLast() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        #expect(
            cluster.exits("coordinator", status: 1).first == .spawn(cluster.run("coordinator", 2)))
        _ = cluster.exits("coordinator", 2, status: 1)
        _ = cluster.happens(.timerFired(.restart(cluster.run("coordinator", 2))))
        #expect(cluster.exits("coordinator", 3, status: 1) == [.finish(.unavailable)])
    }

    /// A connection that has ended keeps its own port for a minute.
    @Test func rule6ATakenPortMayBeGivenBack() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        let taken = ["srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 80"]
        for generation in 1...9 {
            let run = cluster.run("coordinator", generation)
            #expect(
                !cluster.exits("coordinator", generation, status: 1, words: taken)
                    .contains(.finish(.unavailable)))
            _ = cluster.happens(.timerFired(.restart(run)), after: 8)
        }
        cluster.now = cluster.now + 4
        let end = cluster.exits("coordinator", 10, status: 1, words: taken)
        #expect(end == [.finish(.unavailable)])
    }

    /// What fails first counts, whatever comes of it later.
    @Test func rule6APortIsNoReasonToGoOnWithSomethingElse() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        for generation in 1...2 {
            let run = cluster.run("coordinator", generation)
            _ = cluster.exits("coordinator", generation, status: 1)
            _ = cluster.happens(.timerFired(.restart(run)), after: 8)
        }
        let taken = ["srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 80"]
        #expect(
            cluster.exits("coordinator", 3, status: 1, words: taken) == [.finish(.unavailable)])
    }

    @Test func rule6AfterServingEvenPermanentFailuresAreRetried() {
        var cluster = TestCluster.serving(workers: 0)
        for generation in 1...20 {
            let run = cluster.run("coordinator", generation)
            let words = ["error: invalid argument: --x"]
            let effects = cluster.exits("coordinator", generation, status: 1, words: words)
            #expect(!effects.contains(.finish(.gaveUp)))
            _ = cluster.happens(.timerFired(.restart(run)), after: 61)
        }
        #expect(cluster.supervisor.snapshot.processes[0].restarts == 20)
    }

    @Test func aRefutedDistributionEndsBringUp() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(coordinator))
        #expect(
            cluster.happens(.distributionRefuted(coordinator, problem: "worker-1 got no layer"))
                == [.kill(coordinator)])
        #expect(cluster.exits("coordinator") == [.finish(.unavailable)])
    }

    /// Before its coordinator has begun, when it has loaded its weights, and when it could serve:
    /// the cause has its own remedy.
    @Test func aRefutedShardEndsBringUp() {
        var cluster = TestCluster(workers: 0)
        let before = cluster.reports(.upRequested)
        #expect(!before.isEmpty)
        let reports = cluster.reports(.shardRefuted(coordinator, problem: "'x' is missing"))
        #expect(reports.first?.cause == .wrongShard)
        #expect(cluster.supervisor.phase == .finished(.unavailable))

        for isReady in [false, true] {
            cluster = TestCluster(workers: 0)
            _ = cluster.happens(.upRequested)
            _ = cluster.happens(.started(coordinator, pid: 7))
            if isReady { _ = cluster.happens(.readinessConfirmed(coordinator)) }
            #expect(
                cluster.happens(.shardRefuted(coordinator, problem: "worker-1 has read less"))
                    == [.kill(coordinator)])
            #expect(cluster.exits("coordinator") == [.finish(.unavailable)])
        }
    }

    /// A guard that was silent for all the time of the question: nothing is known to be wrong.
    @Test func aDistributionThatNobodyKnowsIsTriedAgain() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(coordinator))
        #expect(
            cluster.happens(.distributionUnknown(coordinator, problem: "no guard answers"))
                == [.kill(coordinator)])
        let effects = cluster.exits("coordinator")
        #expect(!effects.contains(.finish(.unavailable)))
        let next = cluster.run("coordinator", 2)
        let again = cluster.happens(.timerFired(.restart(next)), after: 61)
        #expect((effects + again).contains(.spawn(next)))
    }

    @Test func aWorkerOfAnotherProtocolEndsBringUpBeforeTheCoordinatorStarts() {
        var cluster = TestCluster(workers: 2)
        _ = cluster.happens(.upRequested)
        let (one, two) = (cluster.run("worker-1", 1), cluster.run("worker-2", 1))
        _ = cluster.happens(.readinessConfirmed(one))
        #expect(
            cluster.happens(.protocolRefuted(two, problem: "worker-2: 7.0.0"))
                == [.kill(two)])
        let effects = cluster.exits("worker-2")
        #expect(!effects.contains(.spawn(coordinator)))
        #expect(cluster.exits("worker-1") == [.finish(.unavailable)])
    }
}
