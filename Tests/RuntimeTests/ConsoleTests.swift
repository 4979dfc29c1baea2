import Foundation
import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime
@testable import Status
@testable import Supervision

@Suite struct ConsoleTests {
    private func status(_ states: [String]) -> ClusterStatus {
        var status = ClusterStatus(cluster: "home", state: .starting, stateDirectory: "/s")
        status.processes = states.enumerated().map { index, state in
            .init(
                name: "worker-\(index + 1)", role: "worker", host: "127.0.0.1",
                endpoint: "127.0.0.1:\(50000 + index)", state: state, pid: 4000 + index,
                restarts: 0)
        }
        return status
    }

    private func ended() -> ClusterStatus {
        var status = status(["down"])
        status.state = .stopping
        return status
    }

    private func console(
        _ terminal: TestTerminal, level: Console.Level = .normal, noColor: String = "",
        kind: String? = "xterm"
    ) -> Console {
        var environment = ["NO_COLOR": noColor]
        environment["TERM"] = kind
        return Console(level: level, descriptor: terminal.program, environment: environment)
    }

    /// What is told to be typed acts on the cluster that was started, not on the usual one.
    @Test func commandsNameTheClusterAsItWasStarted() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = Console(
            level: .normal, descriptor: terminal.program, arguments: .init(configuration: "a.json"),
            environment: ["TERM": "xterm"])
        console.report(Report(.serving, "serving", details: ["Ctrl-C or `sollol down` stops it"]))
        console.notice("See: sollol up --dry-run")
        #expect(terminal.text().contains("    Ctrl-C or `sollol down -c a.json` stops it"))
        #expect(terminal.text().last?.hasSuffix("See: sollol up -c a.json --dry-run") == true)
    }

    @Test(arguments: [("xterm", true), ("dumb", false), ("", false), (nil, false)])
    func aTerminalThatNobodyNamesGetsLinesOnly(kind: String?, isLive: Bool) throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal, kind: kind)
        #expect(console.isLive == isLive)
        console.report(Report(.failure, "x"))
        #expect(terminal.text().count == 1)
        #expect(terminal.raw.contains("\u{1B}[") == isLive)
    }

    @Test(arguments: [(80, 24), (24, 24), (12, 5), (200, 3), (5, 2)])
    func theLiveViewIsTakenAwayWithoutATrace(columns: Int, rows: Int) throws {
        let terminal = try TestTerminal(columns: columns, rows: rows)
        let console = console(terminal)
        console.notice("a")
        var states = [String](repeating: "starting", count: 12)
        for index in states.indices {
            console.changed(status(states))
            states[index] = "ready"
            let text = terminal.text()
            #expect(text.count <= 2 + index + max(12, rows))
            if index % 3 == 0 { console.notice("m\(index)") }
        }
        console.changed(ended())
        #expect(terminal.text() == ["a", "m0", "m3", "m6", "m9"])
    }

    /// As on every other way to a terminal; a file gets a sentence in one line.
    @Test func whatIsWrongIsBrokenAtWordsAndTheRemedyStandsAlone() throws {
        let terminal = try TestTerminal(columns: 40, rows: 12)
        let report = Report(
            .failure, "coordinator: port 18080 of 127.0.0.1 is in use. Give it another port.",
            details: ["its last line"])
        console(terminal).report(report)
        #expect(
            terminal.text() == [
                "error: coordinator: port 18080 of", "  127.0.0.1 is in use.",
                "  Give it another port.", "    its last line",
            ])
    }

    @Test func theLiveViewIsBelowTheMessages() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal)
        console.changed(status(["starting", "ready"]))
        console.report(Report(.phase, "[2/5] starting 2 workers"))
        let view = [
            "home  starting",
            "1 of 2 workers ready",
            "NAME      STATE     MEMORY  LAYERS  WHERE            SINCE",
            "worker-1  starting  -       -       127.0.0.1:50000  -",
            "worker-2  ready     -       -       127.0.0.1:50001  -",
            "Ctrl-C stops the cluster",
        ]
        func text() -> [String] { terminal.text().filter { !$0.isEmpty } }
        #expect(text() == ["[2/5] starting 2 workers"] + view)
        // It stays while the cluster serves.
        var serving = status(["ready", "ready"])
        (serving.state, serving.url) = (.serving, "http://127.0.0.1:18080")
        console.changed(serving)
        #expect(text()[1] == "home  serving at http://127.0.0.1:18080")
    }

    /// Nothing is left below the view when it becomes shorter, and it is drawn without taking it
    /// away first.
    @Test func itIsDrawnInPlace() throws {
        let terminal = try TestTerminal(columns: 40, rows: 10)
        let console = console(terminal)
        console.changed(status(["starting", "starting", "starting"]))
        _ = terminal.text()
        console.changed(status(["ready"]))
        let text = terminal.text()
        #expect(text.count { $0.hasPrefix("worker-") } == 1 && text.count <= 8)
        #expect(!terminal.raw.contains("\u{1B}[2J") && !terminal.raw.contains("A\u{1B}[J"))
        #expect(terminal.raw.contains("\u{1B}[?2026h"))
    }

    @Test func aMessageAfterItServedHasItsTime() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal)
        console.report(Report(.serving, "serving"))
        console.report(Report(.warning, "worker-1: died", details: ["| x"]))
        let text = terminal.text()
        #expect(text[0] == "serving" && text[2] == "    | x")
        #expect(text[1].wholeMatch(of: /\d\d:\d\d:\d\d warning: worker-1: died/) != nil)
        #expect(terminal.raw.contains("\u{1B}[33mwarning:\u{1B}[0m "))
    }

    @Test func noColorIsObeyed() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal, noColor: "1")
        console.report(Report(.failure, "x"))
        console.changed(status(["starting"]))
        #expect(terminal.text().first == "error: x")
        #expect(terminal.raw.firstMatch(of: /\u{1B}\[[0-9;]*m/) == nil)
    }

    @Test func whatServersSayCannotSteerTheTerminal() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal, level: .verbose)
        let hostile = "\u{1B}[2J\u{1B}]52;c;ZXZpbA==\u{7}\r\u{9B}1A\u{202E}x"
        console.line("worker-1", hostile)
        console.report(Report(.warning, hostile, details: [hostile]))
        _ = terminal.text()
        for control in ["\u{1B}[2J", "\u{1B}]", "\u{7}", "\u{9B}", "\u{202E}"] {
            #expect(!terminal.raw.contains(control))
        }
    }

    @Test func levelsSayWhatTheyPromise() throws {
        func shown(_ level: Console.Level) throws -> [String] {
            let terminal = try TestTerminal(columns: 80, rows: 24)
            let console = console(terminal, level: level)
            console.changed(status(["starting"]))
            console.report(Report(.phase, "phase"))
            console.line("worker-1", "line")
            console.changed(ended())
            console.report(Report(.warning, "bad"))
            console.report(Report(.serving, "serving"))
            return terminal.text()
        }
        #expect(try shown(.quiet) == ["warning: bad", "serving"])
        #expect(try shown(.normal) == ["phase", "warning: bad", "serving"])
        #expect(try shown(.verbose) == ["phase", "worker-1 | line", "warning: bad", "serving"])
    }

    @Test func elsewhereEveryLineHasItsTimeAndAFullPipeDoesNotBlock() throws {
        let pipe = try DescriptorPair()
        defer { for end in [pipe.reading, pipe.writing] { end.close() } }
        let console = Console(
            level: .normal, descriptor: pipe.writing.number, environment: [:])
        console.changed(status(["starting"]))
        console.report(Report(.warning, "first", details: ["second"]))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = pipe.reading.read(&buffer)
        let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .*/
        #expect(lines.allSatisfy { $0.wholeMatch(of: form) != nil })
        // Returns at all: nobody reads.
        for _ in 0..<5000 { console.notice(String(repeating: "x", count: 100)) }
        // Then somebody does: whole lines, and how many are missing.
        var text = ""
        pipe.reading.setNonBlocking()
        for _ in 0..<100 where !text.hasSuffix("end\n") {
            while case let count = pipe.reading.read(&buffer), count > 0 {
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            console.notice("end")
        }
        let all = text.split(separator: "\n")
        let told = all.compactMap { $0.firstMatch(of: /… (\d+) messages not shown/)?.1 }
        let missing = told.compactMap { Int($0) }.reduce(0, +)
        let whole = all.filter { $0.hasSuffix(" " + String(repeating: "x", count: 100)) }
        #expect(whole.count + missing == 5000 && missing > 0)
    }

    @Test func aTerminalThatNobodyReadsDoesNotBlock() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal)
        for number in 0..<3000 { console.notice("line \(number)") }
        _ = terminal.text()
        console.notice("end")
        let text = terminal.text()
        #expect(text.last == "end" && text.contains { $0.hasSuffix("messages not shown") })
    }
}
