import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 10, for a server that grows towards `restart.max_memory`: it is shown, and restarted while
/// nothing is being answered, without a loop.
@Suite struct Rule10MemoryTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)
    private let worker = ProcessRun(node: "worker-1", generation: 1)
    private let idle = SlotActivity(busy: 0)
    private let busy = SlotActivity(busy: 1, counters: [1])

    /// A cluster that serves, whose worker may hold 1,000 MiB and holds that many.
    private func cluster(holding mebibytes: Int) -> TestCluster {
        var restart = RestartPolicy()
        restart.maxMemory = 1000 << 20
        var cluster = TestCluster.serving(restart: restart)
        hold(mebibytes, &cluster)
        return cluster
    }

    private func hold(_ mebibytes: Int, _ cluster: inout TestCluster) {
        let usage = ResourceUsage(residentKiB: mebibytes << 10, cpuSeconds: 5)
        _ = cluster.happens(.usageReported(worker, usage))
    }

    @Test func whatHasGrownIsShownAndRestartedInAnIdleMoment() {
        var cluster = cluster(holding: 600)
        #expect(cluster.supervisor.snapshot.warnings == [])
        hold(950, &cluster)
        #expect(
            cluster.supervisor.snapshot.warnings == [
                "worker-1 has grown from 600 MiB to 950 MiB, 95 % of restart.max_memory (0.98 GiB)"
            ])
        cluster.now = cluster.now + 700
        #expect(cluster.happens(.activityAnswered(coordinator, idle)).count == 1, "not yet")
        hold(1100, &cluster)
        #expect(cluster.happens(.activityAnswered(coordinator, busy)).count == 1, "under a request")
        let effects = cluster.happens(.activityAnswered(coordinator, idle))
        #expect(effects.contains(.probeBusySlots(coordinator)), "the order of a stop: \(effects)")
        #expect(
            cluster.happens(.busySlotsAnswered(coordinator, 0)).first == .terminate(coordinator))
        #expect(cluster.exits("coordinator", status: 0).contains(.terminate(worker)))
        let next = cluster.exits("worker-1", status: 0)
        #expect(next.contains(.spawn(cluster.run("worker-1", 2))), "\(next)")
        #expect(cluster.supervisor.workers.allSatisfy { $0.failures.inARow == 0 }, "no failure")
    }

    /// It was restarted a moment ago.
    @Test func whatGrowsFastIsNotRestartedAgainAndAgain() {
        var cluster = cluster(holding: 600)
        hold(1100, &cluster)
        cluster.now = cluster.now + 500
        #expect(cluster.happens(.activityAnswered(coordinator, idle)).count == 1)
    }

    @Test func whatNeedsMoreFromItsStartOnIsToldAndLeftAlone() {
        var cluster = cluster(holding: 600)
        let usage = ResourceUsage(residentKiB: 1200 << 10, cpuSeconds: 5)
        let reports = cluster.reports(.usageReported(coordinator, usage))
        #expect(reports.first?.message.contains("a restart would not help") == true, "\(reports)")
        #expect(cluster.reports(.usageReported(coordinator, usage)) == [], "told once")
        cluster.now = cluster.now + 5000
        #expect(cluster.happens(.activityAnswered(coordinator, idle)).count == 1)
    }
}
