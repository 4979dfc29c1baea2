import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Restarts that were asked for: the order of a stop, then of a start, and no failure.
@Suite struct Rule10RestartTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    @Test func aWorkerEndsAfterTheDrainedCoordinatorAndTheOtherStays() {
        var cluster = TestCluster.serving()
        let asked = cluster.now + 0.1
        #expect(
            cluster.happens(.restartRequested("worker-1")) == [
                .probeBusySlots(coordinator),
                .setTimer(.drainDeadline(coordinator), at: asked + 30),
            ])
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 1)) == [
                .setTimer(.busySlots(coordinator), at: cluster.now + 0.1)
            ])
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 0)) == [
                .terminate(coordinator), .setTimer(.endDeadline(coordinator), at: cluster.now + 2),
            ])
        let ended = cluster.exits("coordinator", status: 0)
        #expect(ended.contains(.terminate(worker1)) && !ended.contains(.terminate(worker2)))
        #expect(!ended.contains { $0.isStart })
        _ = cluster.happens(.readinessConfirmed(worker2))
        let again = cluster.run("worker-1", 2)
        #expect(cluster.exits("worker-1", status: 143).filter(\.isStart) == [.spawn(again)])
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(again)) == [.spawn(next)])
        _ = cluster.happens(.readinessConfirmed(next))
        let reports = cluster.reports(.distributionProven(next, summary: []))
        #expect(reports[0].message.contains("(restart of worker-1, as asked)"))
        #expect(cluster.hasForgottenWishesAndFailures)
    }

    @Test func theCoordinatorAloneLeavesTheWorkers() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.restartRequested("coordinator"))
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        #expect(!cluster.exits("coordinator", status: 0).contains(.terminate(worker1)))
        _ = cluster.happens(.readinessConfirmed(worker1))
        let next = cluster.run("coordinator", 2)
        #expect(
            cluster.happens(.readinessConfirmed(worker2)) == [.spawn(next)])
    }

    @Test func allOfThemStartAgain() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.restartRequested(nil))
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        let ended = cluster.exits("coordinator", status: 0)
        #expect(ended.contains(.terminate(worker1)) && ended.contains(.terminate(worker2)))
        for node: Node in ["worker-1", "worker-2"] {
            #expect(
                cluster.exits(node, status: 143).filter(\.isStart) == [.spawn(cluster.run(node, 2))]
            )
        }
    }

    @Test func itIsNoFailureAndItsStartsDoNotWait() {
        var restart = RestartPolicy()
        restart.maxRestarts = 1
        var cluster = TestCluster.serving(workers: 0, restart: restart)
        for generation in 1...10 {
            let run = cluster.run("coordinator", generation)
            let next = cluster.run("coordinator", generation + 1)
            _ = cluster.happens(.restartRequested(nil))
            _ = cluster.happens(.busySlotsAnswered(run, 0))
            #expect(cluster.exits("coordinator", generation, status: 0).first == .spawn(next))
            _ = cluster.happens(.readinessConfirmed(next))
            _ = cluster.happens(.distributionProven(next, summary: []))
        }
        let told = cluster.supervisor.snapshot.processes[0]
        #expect(told.restarts == 10 && told.requestedRestarts == 10 && told.failures == 0)
    }

    /// The coordinator's end because of a lost worker is neither its failure nor a request.
    @Test func failuresAreCountedApart() {
        var cluster = TestCluster.serving()
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1", 2)))
        _ = cluster.happens(.readinessConfirmed(worker2))
        let told = cluster.supervisor.snapshot.processes
        #expect(told.map(\.restarts) == [1, 0, 1])
        #expect(told.map(\.failures) == [1, 0, 0])
        #expect(told.map(\.requestedRestarts) == [0, 0, 0])
    }

    @Test func whatWaitsForItsBackOffStartsAtOnce() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.exits("worker-1")
        _ = cluster.exits("worker-1", 2)
        _ = cluster.exits("coordinator")
        let effects = cluster.happens(.restartRequested("worker-1"))
        #expect(effects.filter(\.isStart) == [.spawn(cluster.run("worker-1", 3))])
    }

    @Test func aWorkerThatDiesMeanwhileEndsTheWaitAndIsStartedOnce() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.restartRequested("worker-1"))
        let effects = cluster.exits("worker-1")
        #expect(effects.contains(.kill(coordinator)))
        #expect(effects.filter(\.isStart) == [.spawn(cluster.run("worker-1", 2))])
        let ended = cluster.exits("coordinator")
        #expect(!ended.contains(.terminate(cluster.run("worker-1", 2))))
    }

    @Test func aStopMeanwhileWins() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.restartRequested(nil))
        #expect(cluster.happens(.stopRequested) == [])
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        _ = cluster.exits("coordinator", status: 0)
        #expect(cluster.exits("worker-1", status: 143) == [])
        #expect(cluster.exits("worker-2", status: 143) == [.finish(.success)])
        #expect(cluster.happens(.restartRequested(nil)) == [])
    }

    @Test func whatIsUnknownOrUnmanagedChangesNothing() {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1)
        #expect(cluster.happens(.restartRequested("worker-9")) == [])
        #expect(cluster.happens(.restartRequested("worker-2")) == [])
    }
}
