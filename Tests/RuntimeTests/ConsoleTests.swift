import Foundation
import Testing

@testable import Basics
@testable import SollolRuntime
@testable import Supervision
@testable import Samples

@Suite struct ConsoleTests {
    private func snapshot(_ states: [ProcessState]) -> ClusterSnapshot {
        ClusterSnapshot(
            state: .starting,
            processes: states.enumerated().map { index, state in
                .init(
                    node: .worker(index + 1),
                    endpoint: Endpoint(host: "127.0.0.1", port: 50000 + index),
                    state: state, pid: 4000 + index, restarts: 0)
            })
    }

    private func console(
        _ terminal: TestTerminal, level: Console.Level = .normal, noColor: String = ""
    ) -> Console {
        Console(
            level: level, descriptor: terminal.program,
            environment: ["TERM": "xterm", "NO_COLOR": noColor])
    }

    @Test(arguments: [(80, 24), (24, 24), (12, 5), (200, 3), (5, 2)])
    func theLiveViewIsTakenAwayWithoutATrace(columns: Int, rows: Int) throws {
        let terminal = try TestTerminal(columns: columns, rows: rows)
        let console = console(terminal)
        console.notice("a")
        var states = [ProcessState](repeating: .starting, count: 12)
        for index in states.indices {
            console.changed(snapshot(states))
            states[index] = .ready
            let text = terminal.text()
            #expect(text.count <= 2 + index + 12)
            if index % 3 == 0 { console.notice("m\(index)") }
        }
        console.changed(snapshot(states))
        #expect(terminal.text() == ["a", "m0", "m3", "m6", "m9"])
    }

    @Test func theLiveViewIsBelowTheMessages() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal)
        console.changed(snapshot([.starting, .ready]))
        console.report(Report(.phase, "[2/5] starting 2 workers"))
        #expect(
            terminal.text() == [
                "[2/5] starting 2 workers",
                "  worker-1  starting (127.0.0.1:50000, pid 4000)",
                "  worker-2  ready (127.0.0.1:50001, pid 4001)",
            ])
    }

    @Test func aMessageAfterItServedHasItsTime() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal)
        console.report(Report(.serving, "serving"))
        console.report(Report(.warning, "worker-1: died", details: ["| x"]))
        let text = terminal.text()
        #expect(text[0] == "serving" && text[2] == "    | x")
        #expect(text[1].wholeMatch(of: /\d\d:\d\d:\d\d warning: worker-1: died/) != nil)
        #expect(terminal.raw.contains("\u{1B}[33mwarning: \u{1B}[0m"))
    }

    @Test func noColorIsObeyed() throws {
        let terminal = try TestTerminal(columns: 80, rows: 24)
        let console = console(terminal, noColor: "1")
        console.report(Report(.failure, "x"))
        console.changed(snapshot([.starting]))
        #expect(
            terminal.text() == ["error: x", "  worker-1  starting (127.0.0.1:50000, pid 4000)"])
        #expect(!terminal.raw.contains("m") || !terminal.raw.contains("\u{1B}["))
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
            console.changed(snapshot([.starting]))
            console.report(Report(.phase, "phase"))
            console.line("worker-1", "line")
            console.changed(snapshot([.ready]))
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
        console.changed(snapshot([.starting]))
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
