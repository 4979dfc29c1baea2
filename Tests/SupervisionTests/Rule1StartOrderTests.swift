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

    /// The words and the address that the host gives are told at once, and stay in the status.
    @Test func rule1ThePersonThatLetsSshInHasTimeOfItsOwn() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        let words = ["# To authenticate, visit: https://login.tailscale.com/a/c2e8"]
        let wait = SSHWait(.authentication, words: words)
        let until = cluster.now + 1 + SSHWait.personPatience
        var effects = cluster.supervisor.handle(
            .connectionWaits(worker1, wait), at: cluster.now + 1)
        let text =
            "worker-1: ssh to 'this machine' is not let in yet, and waits: somebody may have to "
            + "confirm it (in a browser, by a touch, by a push); it says: '\(words[0])'"
        #expect(
            effects == [
                .setTimer(.readinessDeadline(worker1), at: until),
                .report(Report(.warning, text, about: "worker-1")),
            ])
        #expect(cluster.supervisor.snapshot.warnings == [text])
        // The time of the start is over.
        cluster.now = cluster.now + 31
        #expect(cluster.happens(.timerFired(.readinessDeadline(worker1))) == [])
        let pid = cluster.happens(.started(worker1, pid: 7))
        #expect(pid.contains(.probeReadiness(worker1)))
        #expect(cluster.supervisor.snapshot.warnings == [])
        // Too late.
        #expect(cluster.happens(.connectionWaits(worker1, wait)) == [])

        cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.connectionWaits(worker1, wait))
        cluster.now = until + 1
        #expect(
            cluster.happens(.timerFired(.readinessDeadline(worker1))).contains(.kill(worker1)))
        effects = cluster.supervisor.handle(
            .exited(worker1, ExitReport(status: nil)), at: cluster.now)
        let told = effects.compactMap { if case .report(let report) = $0 { report } else { nil } }
        #expect(told[0].message.hasPrefix("worker-1: it could not be started within "))
        #expect(told[0].message.contains("its host was not reached: ssh to "))
        #expect(told[0].message.contains("https://login.tailscale.com/a/c2e8"))
    }

    // MARK: A guard that says nothing

    /// A file system hangs before the coordinator's server is started.
    @Test func rule1ACoordinatorThatIsNotStartedInTimeIsStartedAgain() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(worker1))
        #expect(
            cluster.happens(.timerFired(.readiness(coordinator)), after: 29)
                == [.probeReadiness(coordinator)])
        #expect(
            cluster.happens(.timerFired(.readiness(coordinator)), after: 1).contains(
                .kill(coordinator)))
        let told = cluster.reports(.exited(coordinator, ExitReport(status: nil)))
        #expect(
            told[0].message.hasPrefix(
                "coordinator: it could not be started within 30 s, a file system of this machine "
                    + "may hang"))
    }

    /// Once it has started only progress counts.
    @Test func rule1ACoordinatorThatHasStartedHasNoDeadline() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(worker1))
        _ = cluster.happens(.started(coordinator, pid: 8))
        #expect(
            cluster.happens(.timerFired(.readiness(coordinator)), after: 10_000)
                == [.probeReadiness(coordinator)])
    }

    /// Neither a person who lets ssh in nor a predecessor that is being ended takes of its time.
    @Test func rule1WhatACoordinatorWaitsForIsNotItsTime() {
        for (event, limit) in [
            (
                SupervisorEvent.connectionWaits(coordinator, SSHWait(.authentication, words: [])),
                SSHWait.personPatience
            ), (.endDelayed(coordinator, pid: 99), 15),
        ] {
            var cluster = TestCluster(workers: 1)
            _ = cluster.happens(.upRequested)
            _ = cluster.happens(.readinessConfirmed(worker1))
            _ = cluster.happens(event, after: 29)
            #expect(
                cluster.happens(.timerFired(.readiness(coordinator)), after: limit - 1)
                    == [.probeReadiness(coordinator)])
            #expect(
                cluster.happens(.timerFired(.readiness(coordinator)), after: 1).contains(
                    .kill(coordinator)))
        }
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
