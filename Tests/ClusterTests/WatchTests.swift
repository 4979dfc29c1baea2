import Foundation
import Testing

@testable import Basics
@testable import Status
@testable import Supervision

/// `status --watch` in a real terminal: tmux, whose screen can be read back.
@Suite(.enabled(if: TestEnvironment.has("tmux"), "skipped: no tmux"))
struct WatchTests {
    /// A terminal with an interactive shell in it, and a cluster whose status a test gives.
    private final class Terminal {
        let place: CommandLinePlace
        private let other: OtherSollol
        private let socket: String

        init(_ variables: [String: String], columns: Int, rows: Int) throws {
            place = try CommandLinePlace()
            try place.write("work/sollol.json", #"{"model": "/m", "rpc_backends": ["127.0.0.1"]}"#)
            other = try OtherSollol(place, ["status": try Self.answer(.starting, percent: 38)])
            socket = "\(place.folder)/tmux"
            try place.write("bashrc", "PS1='prompt '\n")
            let environment = place.environment.merging(
                ["LC_ALL": "C.UTF-8", "NO_COLOR": "", "TMUX": ""]
            ) { $1 }.merging(variables) { $1 }
            let settings = environment.filter { $0.key != "TERM" }
            let term = variables["TERM"].map { "export TERM=\($0); " } ?? ""
            try tmux(
                ["-u", "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)"]
                    + settings.flatMap { ["-e", "\($0.key)=\($0.value)"] }
                    + ["cd \(place.folder)/work; \(term)exec bash --rcfile ../bashrc -i"])
            try waitFor("prompt")
        }

        deinit { _ = try? tmux(["kill-server"]) }

        @discardableResult
        func tmux(_ words: [String]) throws -> String {
            let environment = ProcessInfo.processInfo.environment.filter { $0.key != "TMUX" }
            let run = try RunningProgram(
                "/usr/bin/env", ["tmux", "-S", socket] + words, environment: environment)
            return run.standardOutput()
        }

        func type(_ keys: String...) throws { try tmux(["send-keys"] + keys) }

        func watch() throws {
            try type("clear; \(TestEnvironment.products)/sollol status --watch", "Enter")
        }

        func resize(_ columns: Int, _ rows: Int) throws {
            try tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
        }

        /// The screen, with its colours where they are asked for.
        func screen(colored: Bool = false) throws -> String {
            try tmux(["capture-pane", "-p", "-J"] + (colored ? ["-e"] : []))
        }

        func waitFor(_ text: String) throws {
            var last = ""
            do {
                try eventually("the screen shows \(text)") {
                    last = (try? screen()) ?? ""
                    return last.contains(text)
                }
            } catch {
                throw TestFailure("\(error), but:\n\(last)")
            }
        }

        func show(_ state: ClusterState, percent: Int? = nil) throws {
            other.answer("status", try Self.answer(state, percent: percent))
        }

        /// A recovery from a failure of the second worker, which waits for its next start.
        func showFailure(_ failure: ClusterStatus.FirstCause, next: Timestamp) throws {
            other.answer(
                "status",
                try Self.answer(.recovering, percent: nil) { status in
                    (status.firstCause, status.requests) = (failure, nil)
                    status.summary = "\(failure.process ?? ""): \(failure.message)"
                    status.processes[1].state = "waiting"
                    status.processes[1].failure = failure
                    status.processes[1].nextAttempt = next
                })
        }

        private static func answer(
            _ state: ClusterState, percent: Int?, _ change: (inout ClusterStatus) -> Void = { _ in }
        ) throws -> String {
            var status = ClusterStatus(cluster: "sollol", state: state, stateDirectory: "/s")
            status.url = "http://127.0.0.1:18080"
            status.since = .now
            let loading = percent.map {
                LoadProgress(
                    percent: $0, bytes: $0 << 20, bytesPerSecond: 9 << 20, totalBytes: 100 << 20)
            }
            status.processes = (1...2).map { number in
                .init(
                    name: "worker-\(number)", role: "worker", host: "gpu-\(number)",
                    endpoint: "gpu-\(number):50052", state: "ready", since: .now, pid: number,
                    restarts: 0, progress: loading, residentBytes: 60 << 20, limitBytes: 1 << 30,
                    plannedLayers: [
                        .init(device: "RPC0", first: number * 4 - 4, last: number * 4 - 1)
                    ])
            }
            status.processes.append(
                .init(
                    name: "coordinator", role: "coordinator", host: "127.0.0.1",
                    endpoint: "127.0.0.1:18080", state: percent == nil ? "serving" : "loading",
                    since: .now, pid: 9, restarts: 0, progress: loading, residentBytes: 70 << 20,
                    limitBytes: 1 << 30))
            status.requests = percent == nil ? RequestLoad(busy: 1, slots: 4) : nil
            change(&status)
            let answer = try JSONEncoder().encode(ControlAnswer(status: status))
            return String(decoding: answer, as: UTF8.self)
        }
    }

    @Test(arguments: ["C.UTF-8", "C"])
    func itFollowsTheTerminalWhileTheModelLoads(locale: String) throws {
        let terminal = try Terminal(["LC_ALL": locale], columns: 40, rows: 10)
        try terminal.watch()
        try terminal.waitFor("38%")
        for (columns, rows) in [(80, 24), (200, 50), (40, 10)] {
            try terminal.resize(columns, rows)
            try terminal.show(.starting, percent: 40 + columns % 60)
            try terminal.waitFor("\(40 + columns % 60)%")
            // Drawn at the new size: the column of places needs more than the smallest has.
            if columns > 40 { try terminal.waitFor("WHERE") }
            let screen = try terminal.screen()
            let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix("sollol  starting") == true, "\(screen)")
            #expect(lines.count { $0.hasPrefix("worker-") } == 2, "\(screen)")
            #expect(screen.contains("9.00 MiB/s"), "\(screen)")
            #expect(screen.contains("q ends this view"), "\(screen)")
            #expect(screen.contains(locale == "C" ? "###" : "━━"), "\(screen)")
            if locale == "C" { #expect(screen.utf8.allSatisfy { $0 < 0x80 }, "\(screen)") }
            Self.keep(screen, "\(columns)x\(rows)-\(locale)")
        }
        try terminal.show(.serving)
        try terminal.waitFor("sollol  serving")
        #expect(try terminal.screen().contains("http://127.0.0.1:18080"))
        let colored = try terminal.screen(colored: true)
        #expect(colored.contains("\u{1B}[1m\u{1B}[32mserving"), "\(colored)")
    }

    /// What is wrong stays below the state, with what to do and when it is tried again.
    @Test(arguments: ["C.UTF-8", "C"])
    func aFailureIsShownWithItsRemedyAtEverySize(locale: String) throws {
        let terminal = try Terminal(["LC_ALL": locale], columns: 40, rows: 10)
        try terminal.showFailure(
            .init(
                time: .now, process: "worker-2", cause: nil, message: "it was killed → (signal 9)",
                host: "gpu-2",
                remedy: "`ssh gpu-2 ps aux` tells what takes the memory; free some, or leave "
                    + "worker-2 fewer layers (`memory_limit`), then `sollol reload`"),
            next: Timestamp(seconds: Timestamp.now.seconds + 3600))
        try terminal.watch()
        for (columns, rows) in [(40, 10), (80, 24), (200, 50)] {
            try terminal.resize(columns, rows)
            try terminal.waitFor(columns == 40 ? "to do: `ssh gpu-2" : "`sollol reload`")
            if columns > 40 { try terminal.waitFor("WHERE") }
            let screen = try terminal.screen()
            let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix("sollol  recovering") == true, "\(screen)")
            #expect(lines.contains { $0.hasPrefix("next attempt ") }, "\(screen)")
            #expect(lines.contains { $0.hasPrefix("to do: `ssh gpu-2 ps aux` tells") }, "\(screen)")
            #expect(lines.contains { $0.hasPrefix("worker-2") }, "\(screen)")
            #expect(screen.contains("q ends this view"), "\(screen)")
            if locale == "C" { #expect(screen.utf8.allSatisfy { $0 < 0x80 }, "\(screen)") }
            Self.keep(screen, "failure-\(columns)x\(rows)-\(locale)")
        }
        try terminal.show(.serving)
        try terminal.waitFor("sollol  serving")
        #expect(try !terminal.screen().contains("to do:"))
    }

    /// For people who want to look at them.
    private static func keep(_ screen: String, _ name: String) {
        guard let folder = ProcessInfo.processInfo.environment["SOLLOL_KEEP_SCREENS"] else {
            return
        }
        try? screen.write(toFile: "\(folder)/\(name).txt", atomically: true, encoding: .utf8)
    }

    @Test func theTerminalIsAsItWasWhateverEndsIt() throws {
        let terminal = try Terminal([:], columns: 80, rows: 24)
        let modes = "stty -a | tr '\\n' ' ' | sed 's/.*isig/modes isig/'"
        func settings() throws -> String {
            try terminal.type("clear; \(modes); echo done $?", "Enter")
            try terminal.waitFor("done 0")
            return try terminal.screen().split(separator: "\n").first { $0.contains("isig") }
                .map(String.init) ?? ""
        }
        let before = try settings()
        #expect(before.contains("modes isig icanon"))
        let ends: [(keys: [String], shown: String)] = [
            (["q"], "prompt"), (["C-c"], "prompt"), (["C-z"], "Stopped"),
        ]
        for (keys, shown) in ends {
            try terminal.watch()
            try terminal.waitFor("q ends this view")
            try terminal.tmux(["send-keys"] + keys)
            try terminal.waitFor(shown)
            #expect(try !terminal.screen().contains("q ends this view"))
            #expect(try settings() == before, "\(keys)")
        }
        // It goes on where it was.
        try terminal.type("clear; fg", "Enter")
        try terminal.waitFor("q ends this view")
        try terminal.show(.serving)
        try terminal.waitFor("serving at")
        for signal in ["TERM", "HUP", "QUIT", "SEGV"] {
            _ = try ShellRun(
                "for p in $(ps -o pid= --ppid $(ps -o pid= --ppid "
                    + "$(tmux -S \"$1\" display-message -p '#{pid}'))); do kill -\(signal) $p; done",
                ["\(terminal.place.folder)/tmux"])
            try terminal.waitFor("prompt")
            #expect(try settings() == before, "\(signal)")
            guard signal != "SEGV" else { break }
            try terminal.watch()
            try terminal.waitFor("q ends this view")
        }
    }

    @Test func noColorIsObeyed() throws {
        let terminal = try Terminal(["NO_COLOR": "1"], columns: 80, rows: 24)
        try terminal.watch()
        try terminal.waitFor("38%")
        let screen = try terminal.screen(colored: true)
        #expect(!screen.contains("\u{1B}["), "\(screen)")
    }

    @Test func aTerminalThatCannotMoveItsCursorGetsLines() throws {
        let terminal = try Terminal(["TERM": "dumb"], columns: 80, rows: 24)
        try terminal.watch()
        try terminal.waitFor("coordinator loading 30%)")
        try terminal.show(.serving)
        try terminal.waitFor("sollol: serving at http://127.0.0.1:18080")
        #expect(try terminal.screen().contains("coordinator loading 30%)"))
        #expect(try !terminal.screen().contains("q ends"))
    }
}
