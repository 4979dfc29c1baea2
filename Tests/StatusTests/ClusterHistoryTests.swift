import Foundation
import Testing

@testable import Basics
@testable import Status

/// What `sollol history` says of lines of `events.jsonl`, to the byte.
@Suite struct ClusterHistoryTests {
    /// 2026-11-26T23:00:00Z.
    private static let start = 1_795_734_000
    private static let killed =
        "it was killed (signal 9; by the kernel when memory ran out, or by hand)"

    static func line(
        _ seconds: Int, _ kind: String, _ message: String, process: String? = nil,
        details: [String] = [], more: String = ""
    ) -> HistoryRecord {
        let members = [
            "\"time\": \"\(Timestamp(seconds: start + seconds))\"", "\"kind\": \"\(kind)\"",
            "\"message\": \"\(message)\"", "\"details\": \(details)",
        ]
        let text =
            (members + (process.map { ["\"process\": \"\($0)\""] } ?? [])).joined(separator: ", ")
        guard let record = HistoryRecord(line: Array("{\(text)\(more)}".utf8)) else {
            preconditionFailure("this is no line: \(text)\(more)")
        }
        return record
    }

    static let begin = line(0, "phase", "[1/5] checking programs, model and ports")
    static let serving = line(10, "serving", "serving at http://h:1 after 9.5 s")

    static func failure(
        _ seconds: Int, _ process: String, _ cause: String = killed, then action: String = "now",
        details: [String] = []
    ) -> HistoryRecord {
        line(
            seconds, "warning", "\(process): \(cause); restarting \(action)", process: process,
            details: details)
    }

    static func again(_ seconds: Int, _ took: String, more: String = "") -> HistoryRecord {
        line(
            seconds, "serving",
            "serving again at http://h:1 after \(took) s (worker-1: \(killed))", more: more)
    }

    func text(
        _ records: [HistoryRecord], end: Int, since: Int? = nil, process: String? = nil
    ) -> String {
        ClusterHistory(
            of: "home", records, since: since.map { Timestamp(seconds: Self.start + $0) },
            process: process, end: Timestamp(seconds: Self.start + end)
        ).text(in: LocalTime { _ in 3600 })
    }

    @Test func aNightWithFailures() {
        let night = [
            Self.begin, Self.line(5, "progress", "40 % of the model is read"), Self.serving,
            Self.failure(100, "worker-1", details: ["| Accepted", "| CUDA error"]),
            Self.again(101, "0.31", more: #", "lost_at_least": 2, "outage_seconds": 0.5"#),
            Self.failure(7200, "worker-2", "it aborted (signal 6)"),
            Self.failure(
                7201, "coordinator", "it aborted (signal 6): lost a worker", then: "in 1 s"),
            Self.again(7210, "9.2"),
            Self.line(7300, "progress", "stopping"),
            Self.line(7310, "progress", "stopped; nothing is left running"),
        ]
        #expect(
            text(night, end: 9000) == """
                cluster home

                2026-11-27
                  00:00:00  started
                  00:00:10  serving at http://h:1 after 9.5 s
                  00:01:40  worker-1: \(Self.killed); restarting now; serving again after 0.5 s; at \
                least 2 requests lost
                            | CUDA error
                  02:00:00  worker-2: it aborted (signal 6); restarting now
                            then coordinator: it aborted (signal 6): lost a worker; restarting in 1 s
                            serving again after 9.2 s
                  02:01:50  stopped; nothing is left running

                in all: 3 failures (coordinator 1, worker-1 1, worker-2 1); without service for 9.7 s; \
                at least 2 requests lost
                available: 99.866 % of 2 h 1 min

                """)
    }

    /// Where it was, the line that explains it, and what to do about what keeps it down.
    @Test func whereAndWhatToDo() {
        func failure(_ seconds: Int, _ cause: String, _ code: String, _ remedy: String)
            -> HistoryRecord
        {
            Self.line(
                seconds, "warning", "worker-1: \(cause); restarting in 4 s", process: "worker-1",
                details: ["| Failed to create server socket", "| bye"],
                more: ", \"cause\": \"\(code)\", \"host\": \"gpu-1\", \"remedy\": \"\(remedy)\"")
        }
        let cache = Self.line(
            20, "warning", "worker-1: no cache", process: "worker-1",
            more: ", \"host\": \"gpu-1\", \"remedy\": \"make it\"")
        let records = [
            Self.begin, Self.serving, cache, failure(60, "it was killed", "killed", "nothing"),
            failure(70, "its port is taken", "port_in_use", "free it"),
        ]
        let text = text(records, end: 80)
        #expect(
            text.contains(
                """
                  00:00:20  warning: worker-1 on gpu-1: no cache
                            to do: make it
                  00:01:00  worker-1 on gpu-1: it was killed; restarting in 4 s
                            then worker-1 on gpu-1: its port is taken; restarting in 4 s
                            | Failed to create server socket
                            to do: free it


                """), "\(text)")
    }

    @Test func oneThatFailsAgainAndAgainIsToldOnce() {
        var night = [Self.begin, Self.serving]
        for number in 0..<10 {
            night += [
                Self.failure(60 + 60 * number, "worker-1", details: ["| bind: Address in use"]),
                Self.again(70 + 60 * number, "10"),
            ]
        }
        #expect(
            text(night, end: 1010, since: 20) == """
                cluster home since 2026-11-27 00:00:20

                2026-11-27
                  00:01:00  worker-1 failed 10 times in 9 minutes, last at 00:10:00: \(Self.killed); \
                restarting now; serving again each time, 10 times; without service for 100 s in all
                            | bind: Address in use

                in all: 10 failures (worker-1 10); without service for 100 s
                available: 89.898 % of 16 min

                """)
    }

    @Test func oneThatDoesNotComeBackAndOneThatGaveUp() {
        let failing = [
            Self.begin, Self.serving, Self.failure(100, "worker-1"),
            Self.failure(110, "worker-1", then: "in 4 s"),
        ]
        let open = text(failing, end: 200)
        #expect(open.contains("worker-1 failed 2 times in 1 minute, last at 00:01:50: "))
        #expect(open.contains("\nnot serving since 2026-11-27 00:01:40\navailable: 47.368 % of "))
        let over =
            failing + [
                Self.line(
                    120, "failure",
                    "worker-1: \(Self.killed); giving up, more than 2 restarts within 60 s",
                    process: "worker-1")
            ]
        let ended = text(over, end: 200)
        #expect(ended.contains("; giving up, more than 2 restarts within 60 s\n"))
        #expect(ended.contains("\ngiven up since 2026-11-27 00:01:40\navailable: 47.368 %"))
        // Until somebody starts it again.
        let later =
            over + [
                Self.line(290, "phase", "[1/5] checking"),
                Self.line(300, "serving", "serving at http://h:1 after 10 s"),
            ]
        #expect(text(later, end: 410).contains("without service for 3 min"))
        #expect(text(later, end: 410).contains("\navailable: 50 % of 6 min\n"))
    }

    /// What is not known is no outage, and no service.
    @Test func aSollolThatWasKilledLeavesAGap() {
        let night = [
            Self.begin, Self.serving, Self.failure(110, "worker-1"), Self.again(120, "10"),
            Self.line(9000, "phase", "[1/5] checking"),
            Self.line(9010, "serving", "serving at http://h:1 after 9 s"),
        ]
        #expect(text(night, end: 9110).contains("\navailable: 95.238 % of 3 min\n"))
    }

    @Test func aWorkerThatIsLeftOutDoesNotStopTheService() {
        let night = [
            Self.begin, Self.serving, Self.failure(100, "worker-1"),
            Self.line(
                110, "warning", "going on without worker-1 (restart.degrade_after)",
                process: "worker-1"),
            Self.again(120, "20"), Self.failure(200, "worker-1", then: "in 60 s"),
            Self.line(300, "progress", "taking back worker-1", process: "worker-1"),
            Self.line(302, "serving", "serving again at http://h:1 after 2 s (worker-1 is back)"),
        ]
        #expect(text(night, end: 1010).contains("without service for 22 s"))
        #expect(text(night, end: 1010).contains("\navailable: 97.8 % of 16 min\n"))
    }

    @Test func ofOneProcess() {
        let night = [
            Self.begin, Self.serving, Self.failure(100, "worker-1"), Self.again(101, "1"),
            Self.failure(200, "worker-10", "it aborted (signal 6)"),
        ]
        let one = text(night, end: 300, process: "worker-1")
        #expect(one.contains("worker-1: it was killed") && one.contains("serving again after 1 s"))
        #expect(!one.contains("worker-10") && one.contains("in all: 1 failure (worker-1 1)"))
    }

    @Test func nothingIsHiddenInOneLine() {
        let forged = Self.line(
            1, "other", #"a\\n2026 forged\\u001b[2J"#.replacing("\\\\", with: "\\"))
        #expect(!text([forged], end: 10).contains("\u{1B}"))
        #expect(text([forged], end: 10).contains("  00:00:01  a\u{FFFD}2026 forged\u{FFFD}[2J\n"))
    }

    @Test func whatIsJSONStaysAsItIs() throws {
        let plain = Self.again(1, "1", more: #", "cause": "x", "outage_seconds": 1.5, "new": [{}]"#)
        let line = try #require(String(bytes: plain.line, encoding: .utf8))
        #expect(line.hasSuffix(#""outage_seconds": 1.5, "new": [{}]}"# + "\n"))
        let deceptive = Self.line(1, "warning", "\u{202E}x", process: "worker-1")
        #expect(
            String(decoding: deceptive.line, as: UTF8.self)
                == #"{"time": "2026-11-26T23:00:01Z", "kind": "warning", "process": "worker-1", "#
                + #""cause": null, "message": "\u202ex", "details": []}"# + "\n")
    }

    @Test(arguments: [
        "", "{", "{}", "x", #"{"time": "2026-13-26T23:00:01Z", "kind": "a", "message": "b"}"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a"}"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": "b"} x"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "kind": "a", "message": "b"}"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": "b", "details": [1]}"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": "b", "format_version": 2}"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": "b", "lost_at_least": 1e300}"#,
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": "b", "x": "#
            + String(repeating: "[", count: 1000),
        #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": "\ud83"}"#,
    ])
    func whatIsNoLineIsPassedOver(_ line: String) {
        #expect(HistoryRecord(line: Array(line.utf8)) == nil)
    }

    @Test func linesAreBoundedAndRead() {
        let head = #"{"time": "2026-11-26T23:00:01Z", "kind": "a", "message": ""#
        let long = head + String(repeating: "x", count: Bounds.historyLineBytes) + "\"}"
        #expect(HistoryRecord(line: Array(long.utf8)) == nil)
        let odd = head + #"\ud83d\ude00\ud83d \/\"\\ü", "process": null, "details": ["\t"]}"#
        let record = HistoryRecord(line: Array(odd.utf8))
        #expect(record?.message == "😀\u{FFFD} /\"\\ü" && record?.details == ["\t"])
        #expect(record?.process == nil && record?.time.seconds == Self.start + 1)
    }

    /// Nothing that a file may hold ends the program.
    @Test func hostileLines() {
        var random = SeededGenerator(seed: 7)
        let valid = Array(
            (#"{"time": "2026-11-26T23:00:01Z", "kind": "serving", "message": "serving again at "#
                + #"x after 1 s (worker-1: \u00fc)", "details": ["| a", "b"], "n": {"a": [1e3]}}"#)
                .utf8)
        for _ in 0..<20_000 {
            var line = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<line.count, using: &random)
                line[place] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                line = Array(line.prefix(Int.random(in: 0...line.count, using: &random)))
            }
            guard let record = HistoryRecord(line: line) else { continue }
            _ = text([record], end: 100)
            #expect(!record.line.dropLast().contains { $0 < 0x20 })
        }
    }
}
