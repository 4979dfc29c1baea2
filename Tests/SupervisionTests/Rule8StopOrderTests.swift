import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 8: the coordinator first, then the workers; nothing starts after a stop was asked for.
@Suite struct Rule8StopOrderTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    @Test func anIdleCoordinatorEndsThenTheWorkersThenAll() {
        var cluster = TestCluster.serving()
        let asked = cluster.now + 0.1
        #expect(
            cluster.happens(.stopRequested) == [
                .probeBusySlots(coordinator),
                .setTimer(.drainDeadline(coordinator), at: asked + 30),
            ])
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 0)) == [
                .terminate(coordinator), .setTimer(.endDeadline(coordinator), at: cluster.now + 2),
            ])
        let ended = cluster.now + 0.1
        #expect(
            cluster.exits("coordinator", status: 0) == [
                .terminate(worker1), .setTimer(.endDeadline(worker1), at: ended + 2),
                .terminate(worker2), .setTimer(.endDeadline(worker2), at: ended + 2),
            ])
        #expect(cluster.exits("worker-2", status: 143) == [])
        #expect(cluster.exits("worker-1", status: 143) == [.finish(.success)])
    }

    @Test func requestsInFlightAreWaitedForUntilTheLimit() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 2)) == [
                .setTimer(.busySlots(coordinator), at: cluster.now + 0.1)
            ])
        #expect(
            cluster.happens(.timerFired(.busySlots(coordinator))) == [.probeBusySlots(coordinator)])
        #expect(
            cluster.happens(.timerFired(.drainDeadline(coordinator)), after: 30) == [
                .kill(coordinator)
            ])
    }

    @Test func theLimitOfTheCommandTakesThePlaceOfTheConfiguredOne() {
        var cluster = TestCluster.serving(workers: 1)
        #expect(cluster.happens(.stopLimitGiven(2)) == [])
        let asked = cluster.now + 0.1
        #expect(
            cluster.happens(.stopRequested) == [
                .probeBusySlots(coordinator),
                .setTimer(.drainDeadline(coordinator), at: asked + 2),
            ])
        let told = cluster.reports(.busySlotsAnswered(coordinator, 1)).map(\.message)
        #expect(
            told == ["waiting up to 2 s for 1 request in flight; stop again to end at once"])
    }

    @Test func withoutTimeForRequestsNobodyIsAskedAboutThem() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.happens(.stopLimitGiven(0))
        #expect(cluster.happens(.stopRequested) == [.kill(coordinator)])
    }

    @Test func whatIgnoresTermIsKilled() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        #expect(
            cluster.happens(.timerFired(.endDeadline(coordinator)), after: 2) == [
                .kill(coordinator)
            ])
    }

    /// No answer is no sign that nothing is in flight: requests were lost in spite of the limit.
    @Test func aCoordinatorThatDoesNotSayIsWaitedForAsOneThatAnswers() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, nil)) == [
                .setTimer(.busySlots(coordinator), at: cluster.now + 1)
            ])
        #expect(
            cluster.happens(.timerFired(.busySlots(coordinator)), after: 1) == [
                .probeBusySlots(coordinator)
            ])
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 1)) == [
                .setTimer(.busySlots(coordinator), at: cluster.now + 0.1)
            ])
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 0)) == [
                .terminate(coordinator), .setTimer(.endDeadline(coordinator), at: cluster.now + 2),
            ])
    }

    @Test func peopleAreToldWhyItWaits() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.happens(.stopRequested)
        let told = cluster.reports(.busySlotsAnswered(coordinator, nil)).map(\.message)
        #expect(
            told == [
                "waiting up to 30 s for requests in flight, since the coordinator does not say "
                    + "whether there are any; stop again to end at once"
            ])
        #expect(cluster.reports(.busySlotsAnswered(coordinator, nil)) == [])
    }

    @Test func aSecondRequestKillsEverythingThatIsAlive() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.stopRequested)
        #expect(
            cluster.happens(.stopRequested) == [
                .kill(worker1), .kill(worker2), .kill(coordinator),
            ])
        _ = cluster.exits("worker-1")
        _ = cluster.exits("worker-2")
        #expect(cluster.exits("coordinator") == [.finish(.success)])
    }

    @Test func duringBringUpTheLoadingCoordinatorIsKilled() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(worker1))
        #expect(cluster.happens(.stopRequested) == [.kill(coordinator)])
        _ = cluster.exits("coordinator")
        #expect(cluster.exits("worker-1", status: 143) == [.finish(.success)])
    }

    @Test func aWorkerThatDiesWhileDrainingEndsTheWait() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.stopRequested)
        #expect(cluster.exits("worker-1") == [.kill(coordinator)])
    }

    @Test func nothingStartsAfterAStop() {
        var cluster = TestCluster.serving()
        _ = cluster.exits("worker-1")
        _ = cluster.happens(.stopRequested)
        let late: [SupervisorEvent] = [
            .timerFired(.restart(worker1)), .readinessConfirmed(worker2),
            .exited(coordinator, ExitReport(status: 137)),
            .exited(worker2, ExitReport(status: 143)),
            .readinessConfirmed(ProcessRun(node: "worker-1", generation: 2)),
            .exited(ProcessRun(node: "worker-1", generation: 2), ExitReport(status: 143)),
        ]
        let effects = late.flatMap { cluster.happens($0) }
        #expect(!effects.contains { if case .spawn = $0 { true } else { false } })
        #expect(effects.last == .finish(.success))
    }

    @Test func aStopBeforeAnythingRunsEndsAtOnce() {
        var cluster = TestCluster()
        #expect(cluster.happens(.stopRequested) == [.finish(.success)])
    }
}
