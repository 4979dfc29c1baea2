import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// How long an outage was, and what it has cost: from the last sign of progress, not from when it
/// was found (ggml-org/llama.cpp 25938: a request that waits for ever).
@Suite struct OutageTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)
    /// Failures and requests come at these seconds of a cluster that has served since 1000.
    private func at(_ seconds: Double, _ cluster: inout TestCluster, _ event: SupervisorEvent) {
        _ = cluster.happens(event, after: seconds - cluster.now.seconds)
    }

    /// Both workers are ready again, the next coordinator serves at 1200.
    private func servingAgain(_ cluster: inout TestCluster, worker: Int? = nil) throws -> Report {
        if let worker {
            at(1190, &cluster, .readinessConfirmed(cluster.run(.worker(worker), 2)))
        }
        let asked = (1...2).filter { $0 != worker }
        for number in asked {
            at(1191, &cluster, .readinessConfirmed(cluster.run(.worker(number))))
        }
        let next = cluster.run("coordinator", 2)
        at(1192, &cluster, .readinessConfirmed(next))
        let reports = cluster.reports(
            .distributionProven(next, summary: []), after: 1200 - cluster.now.seconds)
        return try #require(reports.first)
    }

    @Test func ofAHangItBeginsWithTheLastMovement() throws {
        var cluster = TestCluster.serving()
        let busy = SlotActivity(busy: 2, counters: [7, 7])
        at(1010, &cluster, .activityAnswered(coordinator, busy))
        at(1012, &cluster, .activityAnswered(coordinator, SlotActivity(busy: 2, counters: [8, 7])))
        at(1020, &cluster, .activityAnswered(coordinator, SlotActivity(busy: 2, counters: [8, 7])))
        // Five times `timeouts.stall`, since no guard tells CPU time here.
        at(1180, &cluster, .activityAnswered(coordinator, SlotActivity(busy: 2, counters: [8, 7])))
        for number in 1...3 {
            at(1180 + Double(number), &cluster, .healthAnswered(coordinator, healthy: false))
        }
        at(1184, &cluster, .exited(coordinator, ExitReport(status: 137)))
        let report = try servingAgain(&cluster)
        #expect(report.recovery == Recovery(outageSeconds: 188, lostAtLeast: 2))
        #expect(
            report.message == "serving again at http://127.0.0.1:18080 after 188 s (coordinator: "
                + "its /health failed 3 times in a row); at least 2 requests lost")
    }

    /// It could have been asked until then.
    @Test func ofAKillWhileNobodyAsksItBeginsWithTheKill() throws {
        var cluster = TestCluster.serving()
        at(1010, &cluster, .activityAnswered(coordinator, SlotActivity(busy: 0)))
        at(1019, &cluster, .exited(cluster.run("worker-1"), ExitReport(status: 137)))
        at(1020, &cluster, .exited(coordinator, ExitReport(status: 137)))
        let report = try servingAgain(&cluster, worker: 1)
        #expect(report.recovery == Recovery(outageSeconds: 181, lostAtLeast: 0))
        #expect(!report.message.contains("lost"))
    }

    @Test func ofAKillUnderRequestsItBeginsWithTheLastMovement() throws {
        var cluster = TestCluster.serving()
        at(1010, &cluster, .activityAnswered(coordinator, SlotActivity(busy: 1, counters: [1])))
        at(1012, &cluster, .exited(cluster.run("worker-1"), ExitReport(status: 137)))
        at(1013, &cluster, .exited(coordinator, ExitReport(status: 137)))
        let report = try servingAgain(&cluster, worker: 1)
        #expect(report.recovery == Recovery(outageSeconds: 190, lostAtLeast: 1))
    }

    /// Nobody knows when it was lost: at the earliest after it was last heard of.
    @Test func ofAServerThatIsGoneWithoutAWordItBeginsWithItsLastReport() throws {
        var cluster = TestCluster.serving()
        let usage = ResourceUsage(residentKiB: 1, cpuSeconds: 1, bytesRead: 0)
        at(1005, &cluster, .usageReported(cluster.run("worker-1"), usage))
        at(1010, &cluster, .activityAnswered(coordinator, SlotActivity(busy: 0)))
        at(1019, &cluster, .exited(cluster.run("worker-1"), ExitReport(status: nil)))
        at(1020, &cluster, .exited(coordinator, ExitReport(status: 137)))
        let report = try servingAgain(&cluster, worker: 1)
        #expect(report.recovery == Recovery(outageSeconds: 195, lostAtLeast: 0))
    }

    /// A bring-up is none.
    @Test func aFirstServiceIsNoRecovery() {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(coordinator))
        let reports = cluster.reports(.distributionProven(coordinator, summary: []))
        #expect(reports.map(\.recovery) == [nil])
    }
}
