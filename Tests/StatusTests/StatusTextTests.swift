import Foundation
import Testing

@testable import Basics
@testable import Placement
@testable import Status
@testable import Supervision

/// What `sollol status` prints, to the byte.
@Suite struct StatusTextTests {
    private static let now = Timestamp(seconds: 1_795_516_300)
    private static func ago(_ seconds: Int) -> Timestamp {
        Timestamp(seconds: now.seconds - seconds)
    }

    /// Two hours ahead of UTC.
    private static let place = LocalTime { _ in 7200 }

    private func status() -> ClusterStatus {
        var status = ClusterStatus(cluster: "home", state: .recovering, stateDirectory: "/s")
        status.since = Self.ago(12)
        status.url = "http://127.0.0.1:18080"
        status.dashboardURL = "http://127.0.0.1:18081"
        status.planID = "7e18531e85f5eae1"
        status.pid = 77
        status.processes = [
            .init(
                name: "worker-1", role: "worker", host: "gpu-1", endpoint: "gpu-1:50052",
                state: "left_out", since: Self.ago(10), pid: nil, restarts: 3, failures: 2,
                requestedRestarts: 1, progress: nil, layers: [], residentBytes: nil),
            .init(
                name: "coordinator", role: "coordinator", host: "127.0.0.1",
                endpoint: "127.0.0.1:18080", state: "loading", since: Self.ago(9), pid: 4720,
                restarts: 1, failures: 0, requestedRestarts: 0,
                progress: LoadProgress(
                    percent: 28, bytes: 10_900_000_000, bytesPerSecond: 1_450_000_000,
                    totalBytes: 38_900_000_000),
                layers: [.init(device: "RPC0", first: 0, last: 12, bytes: 9_300_000_000)],
                residentBytes: 612_000_000, neededBytes: 598_000_000, limitBytes: 33_300_000_000,
                failure: .init(
                    time: Self.ago(11), process: "coordinator", cause: "worker_lost",
                    message: "it aborted (signal 6): a worker went away", host: nil,
                    remedy: "see the worker")),
        ]
        status.requests = RequestLoad(
            busy: 2, slots: 4, tokensPerSecond: 31.2, promptTokensPerSecond: 410.5)
        status.warnings = ["worker-1 failed 3 times in 2 minutes: it crashed (signal 11)"]
        status.summary = "worker-1: it crashed (signal 11); restarting in 4 s"
        status.summaryTime = Self.ago(12)
        status.firstCause = .init(
            time: Self.ago(12), process: "worker-1", cause: nil, message: "it crashed (signal 11)",
            host: "gpu-1", remedy: "`sollol logs worker-1` may tell why; it is started again")
        status.lastEvent = HistoryEntry(
            Report(.progress, "28 % of the model is read"), at: Self.ago(1))
        return status
    }

    @Test func aRecovery() {
        #expect(
            status().text(at: Self.now, in: Self.place) == """
                cluster home: recovering since 2026-11-24 12:31:28 (12 s ago)
                cause: worker-1 on gpu-1: it crashed (signal 11)
                and now: coordinator: it aborted (signal 6): a worker went away
                doing: coordinator loads the model: 28 % of the model is read
                to do: `sollol logs worker-1` may tell why; it is started again
                warning: worker-1 failed 3 times in 2 minutes: it crashed (signal 11)

                  NAME         STATE        WHERE            PID   MEMORY   RESTARTS
                  worker-1     left out     gpu-1:50052      -     -        3 (2 failures, 1 asked for)
                  coordinator  loading 28%  127.0.0.1:18080  4720  584 MiB  1

                page: http://127.0.0.1:18081
                logs: /s/logs/NAME.log (sollol logs NAME)
                history: /s/events.jsonl (sollol history)
                supervisor: pid 77, plan 7e18531e85f5eae1

                """)
    }

    /// A column of its own, where anybody stores something.
    @Test func whatEachNodeStores() {
        var status = status()
        status.processes[1].storedBytes = 20 << 20
        let lines = status.text(at: Self.now, in: Self.place).split(separator: "\n")
        let table = lines.filter { $0.hasPrefix("  ") }
        #expect(
            table == [
                "  NAME         STATE        WHERE            PID   MEMORY   STORED    RESTARTS",
                "  worker-1     left out     gpu-1:50052      -     -        -         "
                    + "3 (2 failures, 1 asked for)",
                "  coordinator  loading 28%  127.0.0.1:18080  4720  584 MiB  20.0 MiB  1",
            ])
        let form = ScreenForm(columns: 120, rows: 30, charset: .ascii, hasColor: false)
        let view = StatusView(status, on: form, at: Self.now, in: Self.place).lines()
        #expect(
            view.contains { $0.contains("STORED") } && view.contains { $0.contains("20.0 MiB") })
    }

    @Test func aDeadOne() {
        var status = ClusterStatus(cluster: "home", state: .dead, stateDirectory: "/s")
        status.since = Self.ago(240)
        status.summary = "sollol (pid 77) ended without stopping the cluster"
        #expect(
            status.text(at: Self.now, in: Self.place) == """
                cluster home: dead since 2026-11-24 12:27:40 (4 min ago), its servers ended with it
                last: sollol (pid 77) ended without stopping the cluster

                logs: /s/logs/NAME.log (sollol logs NAME)
                history: /s/events.jsonl (sollol history)

                """)
        #expect(!status.isServing)
    }

    // MARK: The documented JSON

    private static func interface() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        return try String(
            contentsOfFile: "\(root)/Sources/sollol/sollol.docc/Interface.md", encoding: .utf8)
    }

    /// The same members of the same types, in the same order, all of them shown.
    @Test func theDocumentedObjectIsWhatIsPrinted() throws {
        let text = try Self.interface()
        let start = try #require(text.range(of: "**Status**, `format_version` 2:\n\n```json\n"))
        let end = try #require(text.range(of: "```\n", range: start.upperBound..<text.endIndex))
        let documented = String(text[start.upperBound..<end.lowerBound])
        var shown = status()
        shown.processes.removeFirst()
        shown.processes[0].storedBytes = 1_210_000_000
        shown.speed = SpeedComparison(
            SteadyPace(tokens: 300, seconds: 20),
            PlacementPrediction(devices: [.milliseconds(64)], attention: nil))
        #expect(Self.form(documented) == Self.form(shown.json))
    }

    /// Keys with the kind of their values, line by line; what may be null counts as null.
    private static func form(_ json: String) -> [String] {
        json.split(separator: "\n").map { line in
            let indent = line.prefix { $0 == " " }
            let parts = line.dropFirst(indent.count).split(separator: ": ", maxSplits: 1)
            guard parts.count == 2, let first = parts[1].first else { return String(line) }
            let isString = first == "\"" || parts[1].hasPrefix("null")
            let kind = isString ? "text" : first.isNumber ? "number" : String(first)
            return "\(indent)\(parts[0]): \(kind)"
        }.filter { !$0.hasSuffix("\"warnings\": [") && !$0.contains("worker-1 failed") }
    }

    @Test func everyStateIsDocumented() throws {
        let text = try Self.interface()
        for state in ClusterState.allCases { #expect(text.contains("`\(state.rawValue)`")) }
        for state in ProcessState.allCases { #expect(text.contains("`\(state.rawValue)`")) }
    }
}

/// Processes that fail again and again.
@Suite struct FlappingWatchTests {
    @Test func theThirdFailureWithinTenMinutesIsAPattern() {
        var watch = FlappingWatch()
        let report = Report(
            .warning, "worker-2: it crashed (signal 11); restarting in 4 s", about: "worker-2",
            details: ["| loading", "| CUDA error: 'x'"])
        for (index, seconds) in [0, 200, 590].enumerated() {
            #expect(watch.sentences(at: Timestamp(seconds: seconds)).isEmpty, "\(index)")
            watch.failed("worker-2", report, at: Timestamp(seconds: seconds))
        }
        #expect(
            watch.sentences(at: Timestamp(seconds: 595)) == [
                "worker-2 failed 3 times in 10 minutes: it crashed (signal 11); restarting in 4 s. "
                    + "It said last: 'CUDA error: ’x’'"
            ])
        #expect(watch.sentences(at: Timestamp(seconds: 605)).isEmpty)
    }
}

@Suite struct LocalTimeTests {
    @Test func timesOfAPlace() {
        let time = Timestamp(seconds: 1_795_516_300)
        #expect(time.description == "2026-11-24T10:31:40Z")
        let west = LocalTime { _ in -(3 * 3600 + 1800) }
        #expect(west.text(time) == "2026-11-24 07:01:40")
        #expect(west.stamp(time) == "2026-11-24T07:01:40-03:30")
        #expect(LocalTime.utc.stamp(time) == "2026-11-24T10:31:40Z")
        let midnight = LocalTime { _ in 14 * 3600 }
        #expect(midnight.text(time) == "2026-11-25 00:31:40")
        #expect(west.time(of: Timestamp(seconds: time.seconds - 12600)) == time)
    }
}
