import Testing

@testable import Basics
@testable import Dashboard
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Numbers for Prometheus.
@Suite struct DashboardMetricsTests {
    @Test func aClusterThatServes() {
        var shown = ShownCluster()
        shown.serves()
        shown.happens(
            .usageReported(
                shown.cluster.run("worker-1"), ResourceUsage(residentKiB: 4, cpuSeconds: 1.5)))
        let lines = Set(shown.metrics.split(separator: "\n").map(String.init))
        for line in [
            "sollol_build_info{version=\"1.2.3\"} 1", "sollol_serving 1",
            "sollol_cluster_state{state=\"serving\"} 1", "sollol_cluster_state{state=\"failed\"} 0",
            "sollol_process_up{process=\"worker-1\"} 1",
            "sollol_process_up{process=\"coordinator\"} 1", "sollol_processes{state=\"ready\"} 2",
            "sollol_process_failures_total{process=\"worker-2\",cause=\"unknown\"} 0",
            "sollol_process_restarts_total{process=\"coordinator\"} 0",
            "sollol_process_resident_bytes{process=\"worker-1\"} 4096",
            "sollol_process_cpu_seconds_total{process=\"worker-1\"} 1.5",
            "sollol_guard_silence_seconds{process=\"worker-1\"} 0",
            "sollol_rpc_reachable{process=\"worker-1\"} 1", "sollol_outage_seconds_total 0",
            "sollol_recovery_seconds_count 0", "sollol_lease_seconds 30",
            "# TYPE sollol_recovery_seconds histogram",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(lines.contains { $0.hasPrefix("sollol_plan_info{cluster=\"test\",plan_id=\"") })
    }

    @Test func aRecoveryIsCounted() {
        var shown = ShownCluster()
        shown.serves()
        shown.happens(.exited(shown.cluster.run("coordinator"), ExitReport(status: 137)))
        var lines = Set(shown.metrics.split(separator: "\n").map(String.init))
        #expect(lines.contains("sollol_serving 0"))
        #expect(lines.contains("sollol_process_up{process=\"coordinator\"} 0"))
        for node: Node in ["worker-1", "worker-2"] {
            shown.happens(.readinessConfirmed(shown.cluster.run(node)))
        }
        lines = Set(shown.metrics.split(separator: "\n").map(String.init))
        #expect(lines.contains("sollol_outage_seconds_total 2"))
        shown.happens(.readinessConfirmed(shown.cluster.run("coordinator", 2)))
        shown.happens(.distributionProven(shown.cluster.run("coordinator", 2), summary: []))
        lines = Set(shown.metrics.split(separator: "\n").map(String.init))
        #expect(
            lines.contains(
                "sollol_process_failures_total{process=\"coordinator\",cause=\"killed\"} 1")
                || lines.contains(
                    "sollol_process_failures_total{process=\"coordinator\",cause=\"signal\"} 1")
        )
        #expect(lines.contains("sollol_process_restarts_total{process=\"coordinator\"} 1"))
        #expect(lines.contains("sollol_recovery_seconds_bucket{le=\"2.5\"} 0"))
        #expect(lines.contains("sollol_recovery_seconds_bucket{le=\"+Inf\"} 1"))
        #expect(lines.contains("sollol_recovery_seconds_count 1"))
        #expect(lines.contains("sollol_serving 1"))
    }

    /// Prometheus's `increase` of a series that begins at 1 is 0, so that an alert of a first
    /// failure would never fire.
    @Test func theFirstFailureOfACauseIsARise() {
        var shown = ShownCluster()
        shown.serves()
        let before = Self.failures(shown.metrics)
        for cause in CauseCode.allCases {
            #expect(before["process=\"worker-1\",cause=\"\(cause.rawValue)\""] == 0)
        }
        shown.happens(.exited(shown.cluster.run("coordinator"), ExitReport(status: 137)))
        let after = Self.failures(shown.metrics)
        #expect(Set(after.keys) == Set(before.keys))
        #expect(after.filter { before[$0.key] != $0.value }.map(\.value) == [1])
    }

    /// By the labels of each series.
    private static func failures(_ metrics: String) -> [String: Double] {
        var failures: [String: Double] = [:]
        for line in metrics.split(separator: "\n") {
            let parts = line.split { $0 == "{" || $0 == "}" }
            guard parts.first == "sollol_process_failures_total", parts.count == 3 else { continue }
            failures[String(parts[1])] = Double(parts[2].dropFirst())
        }
        return failures
    }

    /// Everywhere that somebody looks at a cluster that runs.
    @Test func whatIsStoredIsShown() {
        var shown = ShownCluster(plan: Self.shardedPlan)
        #expect(!ShownCluster().metrics.contains("sollol_stored_bytes"))
        shown.serves()
        let lines = Set(shown.metrics.split(separator: "\n").map(String.init))
        #expect(lines.contains("sollol_stored_bytes{process=\"worker-1\"} 184549376"))
        #expect(lines.contains("sollol_stored_bytes{process=\"coordinator\"} 20971520"))
        #expect(lines.count { $0.hasPrefix("sollol_stored_bytes{") } == 2)
        let page = PageDocument.html(shown.view)
        #expect(page.contains(" · stores 176 MiB</p>"))
        #expect(page.contains(" · stores 20.0 MiB of a skeleton</p>"))
    }

    private static let shardedPlan: LaunchPlan = {
        var plan = TestCluster.plan(workers: 2)
        for (index, bytes) in [(0, 176), (2, 20)] {
            plan.processes[index].shard = PlannedShard(
                folder: "/shards/x", manifest: nil, bytes: UInt64(bytes << 20))
        }
        return plan
    }()

    @Test func everyFamilyHasItsHelpAndItsType() {
        var shown = ShownCluster(plan: Self.shardedPlan)
        shown.serves()
        var families: [String] = []
        for line in shown.metrics.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(words.count == 4 && words[3].hasSuffix("."), "\(line)")
                families.append(String(words[2]))
            } else if line.hasPrefix("# TYPE ") {
                #expect(families.last.map { $0 == words[2] } == true, "\(line)")
                let isCounter = words[3] == "counter"
                #expect(words[2].hasSuffix("_total") == isCounter, "\(line)")
            } else if let family = families.last {
                #expect(line.hasPrefix(family), "\(line)")
            }
        }
        #expect(families.count == Set(families).count)
        #expect(families.allSatisfy { $0.hasPrefix("sollol_") })
    }

    @Test func labelsAreEscaped() {
        #expect(MetricsText.escaped("a\\b\"c\nd") == #"a\\b\"c\nd"#)
        #expect(MetricsText.number(.infinity) == "+Inf")
        #expect(MetricsText.number(1e18) == "1e+18")
        #expect(MetricsText.number(0.25) == "0.25")
    }
}
