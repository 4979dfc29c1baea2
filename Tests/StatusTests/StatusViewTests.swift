import Foundation
import Testing

@testable import Basics
@testable import Status
@testable import Supervision

/// The view of `status --watch` at several sizes, each kept as a file that shows what people see:
/// `SOLLOL_UPDATE_FIXTURES=1` writes them anew.
@Suite struct StatusViewTests {
    static let now = Timestamp(seconds: 1_795_516_300)
    static let place = LocalTime { _ in 7200 }

    private static func ago(_ seconds: Int) -> Timestamp {
        Timestamp(seconds: now.seconds - seconds)
    }

    private static let gib = 1 << 30

    private static func worker(
        _ number: Int, _ state: String, held: Double, first: Int, last: Int, failures: Int = 0,
        progress: LoadProgress? = nil
    ) -> ClusterStatus.Process {
        .init(
            name: "worker-\(number)", role: "worker", host: "gpu-\(number)",
            endpoint: "gpu-\(number):50052", state: state, since: ago(9000), pid: 4000 + number,
            restarts: failures, failures: failures, progress: progress,
            residentBytes: Int(held * Double(gib)), limitBytes: 16 * gib,
            plannedLayers: [
                .init(device: "RPC\(number - 1)", first: first, last: last, bytes: nil)
            ])
    }

    private static func coordinator(
        _ state: String, progress: LoadProgress? = nil
    ) -> ClusterStatus.Process {
        .init(
            name: "coordinator", role: "coordinator", host: "127.0.0.1",
            endpoint: "127.0.0.1:18080", state: state, since: ago(9), pid: 4720, restarts: 1,
            progress: progress, residentBytes: gib / 2, limitBytes: 31 * gib,
            plannedLayers: [.init(device: "CPU", first: 0, last: 3, bytes: nil)])
    }

    static let serving: ClusterStatus = {
        var status = ClusterStatus(cluster: "home", state: .serving, stateDirectory: "/s")
        status.since = ago(9000)
        status.url = "http://127.0.0.1:18080"
        status.processes = [
            worker(1, "ready", held: 9.3, first: 4, last: 41),
            worker(2, "ready", held: 15.6, first: 42, last: 69, failures: 2),
            worker(3, "ready", held: 4.7, first: 70, last: 80), coordinator("serving"),
        ]
        status.requests = RequestLoad(
            busy: 2, slots: 4, tokensPerSecond: 31.2, promptTokensPerSecond: 410.5)
        status.summary =
            "worker-2: it was killed (signal 9; by the kernel when memory ran out, or by hand); "
            + "started worker-2, coordinator; served after 41 s"
        status.summaryTime = ago(8900)
        return status
    }()

    static let loading: ClusterStatus = {
        var status = serving
        status.state = .recovering
        status.since = ago(21)
        status.requests = nil
        status.warnings = ["worker-2 failed 3 times in 2 minutes: it crashed (signal 11)"]
        status.summary = "worker-2: it crashed (signal 11); started worker-2; not serving yet"
        status.summaryTime = ago(21)
        func progress(_ percent: Int, of gibibytes: Int) -> LoadProgress {
            LoadProgress(
                percent: percent, bytes: gibibytes * gib / 100 * percent,
                bytesPerSecond: 700_000_000, totalBytes: gibibytes * gib)
        }
        status.processes = [
            worker(
                1, "ready", held: 9.3, first: 4, last: 41, progress: progress(92, of: 10)),
            worker(
                2, "ready", held: 2.6, first: 42, last: 69, failures: 3,
                progress: progress(17, of: 15)),
            worker(3, "ready", held: 0.1, first: 70, last: 80, progress: progress(0, of: 5)),
            coordinator("loading", progress: progress(38, of: 30)),
        ]
        return status
    }()

    /// More processes than rows, one host for all, and hostile words.
    static let crowded: ClusterStatus = {
        var status = serving
        status.state = .degraded
        status.processes = (1...19).map {
            worker($0, $0 == 7 ? "waiting" : "ready", held: 1, first: $0 * 4, last: $0 * 4 + 3)
        }
        for index in status.processes.indices { status.processes[index].host = "10.0.0.1" }
        status.processes.append(coordinator("serving"))
        status.warnings = ["worker-7: it says '\u{1B}[2J→ 死んだ…'"]
        return status
    }()

    /// One waits for its next start, another one has failed for another reason.
    static let failing: ClusterStatus = {
        var status = serving
        status.state = .recovering
        status.since = ago(21)
        status.requests = nil
        status.summary =
            "worker-2: it was killed (signal 9; its host had no memory left); not serving yet"
        status.summaryTime = ago(21)
        func failure(_ process: String, _ message: String, _ remedy: String)
            -> ClusterStatus.FirstCause
        {
            .init(
                time: ago(21), process: process, cause: nil, message: message,
                host: process.replacing("worker", with: "gpu"), remedy: remedy)
        }
        status.firstCause = failure(
            "worker-2", "it was killed (signal 9; its host had no memory left)",
            "`ssh gpu-2 ps aux --sort=-rss` tells what takes the memory; free some, or leave "
                + "worker-2 fewer layers (`memory_limit`), then `sollol reload`")
        status.processes[1].state = "waiting"
        status.processes[1].nextAttempt = ago(-12)
        status.processes[1].failure = status.firstCause
        status.processes[2].state = "waiting"
        status.processes[2].nextAttempt = ago(-40)
        status.processes[2].failure = failure(
            "worker-3", "ssh gpu-3 true fails: 'No route to host'", "see whether gpu-3 is on")
        status.processes[3].state = "down"
        return status
    }()

    static let statuses = [
        ("serving", serving), ("loading", loading), ("crowded", crowded), ("failing", failing),
    ]

    /// Whatever the size, as long as a table fits: what to do, and when it is tried again.
    @Test(arguments: [(40, 10), (80, 24), (200, 50)])
    func aFailureIsShownWithItsRemedyAndTheNextAttempt(columns: Int, rows: Int) {
        for charset in [ScreenForm.Charset.unicode, .ascii] {
            let form = ScreenForm(columns: columns, rows: rows, charset: charset, hasColor: false)
            for (index, status) in [Self.failing, Self.many].enumerated() {
                let lines = StatusView(status, on: form, at: Self.now, in: Self.place)
                    .lines(hint: "q ends this view, not the cluster")
                #expect(lines[0].contains("recovering"))
                #expect(lines.contains("next attempt 12:31:52 (in 12 s)"))
                #expect(lines.contains { $0.hasPrefix("to do: `ssh gpu-2 ps aux") })
                #expect(lines.last?.hasPrefix("q ends") == true)
                let isWhole = lines.contains { $0.contains("`sollol reload`") }
                #expect(isWhole == (columns > 40), "\(index) \(columns)")
            }
        }
    }

    private static let many: ClusterStatus = {
        var status = failing
        status.processes += (4...20).map {
            worker($0, "ready", held: 1, first: $0 * 4, last: $0 * 4 + 3)
        }
        return status
    }()

    @Test(arguments: [(40, 10), (80, 24), (200, 50)])
    func aScreenOfThatSizeIsTheOneThatIsKept(columns: Int, rows: Int) throws {
        for (charset, name) in [(ScreenForm.Charset.unicode, "utf-8"), (.ascii, "c")] {
            let form = ScreenForm(
                columns: columns, rows: rows, charset: charset, hasColor: false)
            var text = ""
            for (title, status) in Self.statuses {
                let view = StatusView(status, on: form, at: Self.now, in: Self.place)
                let lines = view.lines(hint: "q ends this view, not the cluster")
                text += "-- \(title) --\n" + lines.map { $0 + "\n" }.joined()
            }
            let file = "\(columns)x\(rows)-\(name).txt"
            let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Fixtures/views/\(file)")
            if ProcessInfo.processInfo.environment["SOLLOL_UPDATE_FIXTURES"] != nil {
                try Data(text.utf8).write(to: path)
            }
            #expect(try String(contentsOf: path, encoding: .utf8) == text, "\(file)")
        }
    }

    @Test func noLineIsTooLongAndTheStateIsAlwaysThere() {
        for (title, status) in Self.statuses {
            for columns in Array(1...12) + Array(stride(from: 13, to: 211, by: 13)) {
                for rows in [1, 2, 3, 5, 10, 24, 60] {
                    for hasColor in [false, true] {
                        let form = ScreenForm(
                            columns: columns, rows: rows, charset: .unicode, hasColor: hasColor)
                        let lines = StatusView(status, on: form, at: Self.now, in: Self.place)
                            .lines(hint: "q ends this view, not the cluster")
                        let size = "\(title) \(columns)x\(rows)"
                        #expect(lines.count <= rows, "\(size)")
                        let widest = lines.map { TerminalText.width(ofStyled: $0) }.max() ?? 0
                        #expect(widest <= max(1, columns - 1), "\(size)")
                        if columns > 20 {
                            #expect(lines[0].contains(status.state.rawValue), "\(size)")
                        }
                    }
                }
            }
        }
    }

    @Test func onlyColoursSteerTheTerminalAndOnlyWhereTheyAreWanted() {
        for hasColor in [false, true] {
            let form = ScreenForm(columns: 80, rows: 24, charset: .ascii, hasColor: hasColor)
            let view = StatusView(Self.crowded, on: form, at: Self.now, in: Self.place)
            let text = view.lines().joined(separator: "\n")
            let plain = text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            #expect((plain != text) == hasColor)
            #expect(plain.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) })
        }
    }

    @Test func whatIsNoScreenGetsALine() {
        #expect(
            Self.loading.line(in: Self.place)
                == "home: recovering (worker-1 ready 90%, worker-2 ready 10%, worker-3 ready 0%, "
                + "coordinator loading 30%); warning: worker-2 failed 3 times in 2 minutes: it "
                + "crashed (signal 11); worker-2: it crashed (signal 11); started worker-2; not "
                + "serving yet")
        #expect(
            Self.serving.line(in: Self.place)
                .hasPrefix("home: serving at http://127.0.0.1:18080 (worker-1"))
    }

    @Test func aLineTellsWhatToDo() {
        let line = Self.failing.line(in: Self.place)
        #expect(line.contains("coordinator down); next attempt 12:31:52; to do: `ssh gpu-2 ps aux"))
        #expect(line.contains("; to do: see whether gpu-3 is on; worker-2: it was killed"))
    }

    @Test func theLocaleTellsTheCharacters() {
        func charset(_ environment: [String: String]) -> ScreenForm.Charset {
            .init(environment: environment)
        }
        #expect(charset(["LANG": "de_DE.UTF-8"]) == .unicode)
        #expect(charset(["LANG": "C.utf8"]) == .unicode)
        #expect(charset(["LC_ALL": "C", "LANG": "de_DE.UTF-8"]) == .ascii)
        #expect(charset(["LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"]) == .unicode)
        #expect(charset([:]) == .ascii)
    }
}
