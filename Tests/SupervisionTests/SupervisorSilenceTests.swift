import Testing

@testable import Basics
@testable import Configuration
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 2 for guards that have fallen silent.
@Suite struct SupervisorSilenceTests {
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
