import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 2: a lost worker makes the coordinator useless; so does one whose guard has fallen silent.
@Suite struct Rule2LostWorkerTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    private func usage(_ node: Node) -> SupervisorEvent {
        .usageReported(
            ProcessRun(node: node, generation: 1),
            ResourceUsage(residentKiB: 1000, cpuSeconds: 1, bytesRead: 0))
    }

    private func serving(lease: Double = 30) -> TestCluster {
        var timeouts = Timeouts()
        timeouts.lease = lease
        var cluster = TestCluster.serving(timeouts: timeouts)
        for node: Node in ["worker-1", "worker-2", "coordinator"] {
            _ = cluster.happens(.started(cluster.run(node), pid: 7))
        }
        return cluster
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

    @Test func rule2AWorkerWhoseGuardIsSilentIsLost() {
        var cluster = serving()
        let worker = cluster.run("worker-1")
        var lost: Int?
        for tick in 1...12 where lost == nil {
            for node: Node in ["worker-2", "coordinator"] { _ = cluster.happens(usage(node)) }
            let effects = cluster.happens(.timerFired(.guards), after: 4.8)
            if effects.contains(.kill(worker)) { lost = tick }
            #expect(effects.contains(.kill(cluster.run("coordinator"))) == (lost != nil))
            #expect(!effects.contains(.kill(cluster.run("worker-2"))))
        }
        // 55 s: later than the lease of 30 s, after which its server has ended.
        #expect(lost == 11)
    }

    @Test func aReportBreaksTheSilence() {
        var cluster = serving()
        for tick in 1...100 {
            if tick % 10 == 0 {
                for node: Node in ["worker-1", "worker-2", "coordinator"] {
                    _ = cluster.happens(usage(node))
                }
            }
            #expect(cluster.happens(.timerFired(.guards), after: 5) == [])
        }
    }

    /// This machine slept for a night: that is one late tick.
    @Test func aSuspensionIsNoSilence() {
        var cluster = serving()
        #expect(cluster.happens(.timerFired(.guards), after: 30_000) == [])
    }

    @Test func withoutALeaseNothingIsWatched() {
        var timeouts = Timeouts()
        timeouts.lease = 0
        var cluster = TestCluster(timeouts: timeouts)
        let effects = cluster.supervisor.handle(.upRequested, at: cluster.now)
        #expect(!effects.contains { if case .setTimer(.guards, _) = $0 { true } else { false } })
    }
}
