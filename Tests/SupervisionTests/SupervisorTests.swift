import Testing

@testable import Basics
@testable import Configuration
@testable import Samples
@testable import Supervision

/// One test or more for each numbered rule of `Supervisor`.
@Suite struct SupervisorTests {
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

    @Test func aRefutedDistributionEndsBringUp() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(coordinator))
        #expect(
            cluster.happens(.distributionRefuted(coordinator, problem: "worker-1 got no layer"))
                == [.kill(coordinator)])
        #expect(cluster.exits("coordinator") == [.finish(.unavailable)])
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

    @Test func rule2ADeadWorkerMeansTheCoordinatorIsKilledFirstAndAtOnce() {
        var cluster = TestCluster.serving()
        let again = cluster.run("worker-1", 2)
        let died = cluster.now + 0.1
        #expect(
            cluster.exits("worker-1") == [
                .kill(coordinator), .spawn(again),
                .setTimer(.readinessDeadline(again), at: died + 30),
            ])
        #expect(cluster.happens(.readinessConfirmed(again)) == [])
    }

    @Test func rule2TwoWorkersThatDieTogetherAreOneRecovery() {
        var cluster = TestCluster.serving()
        let first = cluster.exits("worker-1")
        let second = cluster.exits("worker-2")
        #expect((first + second).filter { $0 == .kill(coordinator) }.count == 1)
        _ = cluster.exits("coordinator")
        #expect(cluster.happens(.readinessConfirmed(cluster.run("worker-1", 2))) == [])
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(cluster.run("worker-2", 2))) == [
                .spawn(next)
            ])
        _ = cluster.happens(.readinessConfirmed(next))
        let reports = cluster.reports(.distributionProven(next, summary: []))
        #expect(reports.map(\.kind) == [.serving])
        #expect(reports[0].message.contains("worker-1: it was killed (signal 9"))
    }

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

    @Test func rule5TheFirstRestartIsAtOnceTheSecondWaits() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.exits("worker-1")
        let effects = cluster.exits("worker-1", 2)
        guard case .setTimer(.restart(let run), let at) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(run == cluster.run("worker-1", 2))
        #expect((0.75...1).contains(at - cluster.now))
        #expect(
            cluster.happens(.timerFired(.restart(run))).first == .spawn(cluster.run("worker-1", 3)))
    }

    @Test func rule5AStableProcessStartsFromTheBeginning() {
        var cluster = TestCluster.serving(workers: 1)
        for generation in 1...5 {
            _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1", generation)), after: 61)
            cluster.now = cluster.now + 61
            let effects = cluster.exits("worker-1", generation)
            #expect(effects.contains(.spawn(cluster.run("worker-1", generation + 1))))
        }
    }

    @Test func rule5GivesUpAfterTooManyRestartsWithinThePeriod() {
        var restart = RestartPolicy()
        restart.maxRestarts = 1
        var cluster = TestCluster.serving(workers: 1, restart: restart)
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        #expect(cluster.exits("worker-1", 2) == [.finish(.gaveUp)])
    }

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

    @Test func rule9AnExitWithStatusZeroIsAFailure() {
        var cluster = TestCluster.serving(workers: 1)
        #expect(cluster.exits("worker-1", status: 0).contains(.spawn(cluster.run("worker-1", 2))))
    }

    @Test func aWorkerThatNeverListensIsKilledAndTriedAgain() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        #expect(
            cluster.happens(.timerFired(.readinessDeadline(worker1)), after: 31)
                == [.kill(worker1)])
        #expect(cluster.exits("worker-1").first == .spawn(cluster.run("worker-1", 2)))
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
        #expect(cluster.supervisor.slots == before.slots)
    }
}
