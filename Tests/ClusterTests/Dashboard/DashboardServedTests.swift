import Foundation
import Testing

/// The dashboard of a real cluster: what is answered, and what Prometheus makes of it.
@Suite(.enabled(if: TestEnvironment.canRunLlama, "skipped: no llama.cpp"))
struct DashboardServedTests {
    @Test func answersThroughARecovery() throws {
        let place = try DashboardPlace()
        #expect(try place.get("/healthz").contains("lives"))
        #expect(try place.get("/readyz").hasPrefix("Serving since "))
        // The same as the command line's.
        let status = try place.cluster.sollol("status", "--format", "json").standardOutput()
        #expect(status.contains("\"dashboard_url\": \"\(place.url)\""))
        #expect(try place.get("/api/v1/status").contains("\"state\": \"serving\""))
        let plan = try place.json("/api/v1/plan")
        #expect((plan["processes"] as? [Any])?.count == 3)
        #expect((plan["nodes"] as? [Any])?.isEmpty == false)
        let html = try place.get("/")
        #expect(html.contains(">Serving</span>") && html.contains("worker-2"))

        let first = try place.cluster.pid("worker-1")
        kill(first, SIGKILL)
        try place.eventually("/metrics", "sollol_recovery_seconds_count 1")
        try place.eventually("/readyz", "Serving since")
        let metrics = try place.get("/metrics")
        #expect(
            metrics.contains(
                "sollol_process_failures_total{process=\"worker-1\",cause=\"killed\"} 1")
                || metrics.contains("{process=\"worker-1\",cause=\"signal\"} 1"))
        let lines = try place.get("/api/v1/history?since=600").split(separator: "\n")
        #expect(lines.contains { $0.contains("outage_seconds") })
        #expect(lines.allSatisfy { $0.hasPrefix("{\"time\": ") && $0.hasSuffix("}") })
        #expect(try place.get("/api/v1/history?since=0").split(separator: "\n").count < lines.count)
        try place.stop()
    }

    /// One that is taken is a warning.
    @Test func aTakenPortIsAWarning() throws {
        let place = try DashboardPlace()
        let other = try LocalCluster(extra: #""dashboard": {"port": \#(place.url.suffix(5))}"#)
        other.hasDashboard = true
        let program = try other.serving()
        #expect(
            program.lines.contains { $0.contains("warning: no page and no metrics: listen on") })
        let status = try other.sollol("status", "--format", "json").standardOutput()
        #expect(status.contains("\"dashboard_url\": null"))
        program.signal(SIGTERM)
        #expect(program.exitStatus() == 0)
        try place.stop()
    }

    @Test(.enabled(if: TestEnvironment.has("promtool"), "skipped: no promtool"))
    func promtoolFindsNothingToSay() throws {
        let place = try DashboardPlace()
        let check = try ShellRun("promtool check metrics", input: try place.get("/metrics"))
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(check.output + check.errors == "")
        try place.stop()
    }

    @Test(.enabled(if: TestEnvironment.has("promtool"), "skipped: no promtool"))
    func alertsFireWhenTheyShould() throws {
        let run = try ShellRun(
            "promtool test rules \"$1\"",
            ["\(TestEnvironment.packageRoot)/Tests/ClusterTests/Fixtures/alerts.test.yaml"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    // MARK: Prometheus

    /// Expressions of all panels, with what Grafana puts in.
    private static func queries() throws -> [String] {
        let file = URL(filePath: TestEnvironment.packageRoot + "/deploy/grafana.json")
        let board = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        let panels = (board as? [String: Any])?["panels"] as? [[String: Any]] ?? []
        return panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
            .compactMap { $0["expr"] as? String }
            .map { query in
                query.replacing("$instance", with: ".*").replacing("$__range", with: "5m")
                    .replacing("$__rate_interval", with: "10s")
            }
    }

    @Test(.enabled(if: TestEnvironment.has("prometheus"), "skipped: no prometheus"))
    func everyQueryOfTheBoardReturnsData() throws {
        let place = try DashboardPlace()
        let folder = place.cluster.folder + "/prometheus"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        let target = place.url.replacing("http://", with: "")
        try """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: ["\(TestEnvironment.packageRoot)/deploy/alerts.yaml"]
        scrape_configs:
          - {job_name: sollol, static_configs: [{targets: ["\(target)"]}]}
        """.write(toFile: folder + "/c.yaml", atomically: true, encoding: .utf8)
        let port = TestEnvironment.ports(1)[0]
        let prometheus = try RunningProgram(
            "/usr/bin/prometheus",
            [
                "--config.file=\(folder)/c.yaml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:\(port)",
            ], environment: [:])
        try prometheus.waitFor("Server is ready")
        func count(_ query: String) -> Int {
            let run = try? ShellRun(
                #"exec curl -sS -m 20 -G "$1" --data-urlencode "query=$2""#,
                ["http://127.0.0.1:\(port)/api/v1/query", query])
            let text = run?.output ?? ""
            let answer =
                try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let data = answer?["data"] as? [String: Any]
            return (data?["result"] as? [Any])?.count ?? 0
        }
        try eventually("Prometheus has scraped") { count("sollol_serving == 1") > 0 }
        kill(try place.cluster.pid("worker-2"), SIGKILL)
        try eventually("Prometheus has seen it") {
            count("increase(sollol_recovery_seconds_count[1m]) > 0") > 0
        }
        _ = try LocalCluster.request(
            "POST", "/completion", #"{"prompt": "a b c", "n_predict": 8}"#,
            port: place.cluster.port)
        let queries = try Self.queries()
        #expect(queries.count > 20)
        for query in queries {
            try eventually("data for \(query)") { count(query) > 0 }
        }
        prometheus.signal(SIGTERM)
        _ = prometheus.exitStatus()
        try place.stop()
    }
}
