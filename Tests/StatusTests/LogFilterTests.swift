import Testing

@testable import Basics
@testable import Status

@Suite struct LogFilterTests {
    private static let lines = [
        "2026-11-24T10:31:05Z Accepted client connection",
        "2026-11-24T10:31:05Z recv returned 0 (peer closed?)",
        "2026-11-24T10:31:06Z Client connection closed",
        "2026-11-24T10:31:06Z 0.00.504.695 I load_tensors: offloaded 7/7 layers",
        "2026-11-24T11:00:00Z 0.28.504.695 E CUDA error: out of memory",
        "no time at all",
    ]

    /// The numbers of the lines that are shown.
    private func shown(_ change: (inout LogFilter) -> Void) -> [Int] {
        var filter = LogFilter()
        change(&filter)
        return Self.lines.indices.filter { filter.admits(LoggedLine(Self.lines[$0])) }
    }

    @Test func linesAboutConnectionsAreLeftOut() {
        #expect(shown { $0.showsChatter = false } == [3, 4, 5])
        #expect(shown { _ in } == [0, 1, 2, 3, 4, 5])
    }

    /// Both ends count; a line without a time belongs to none.
    @Test func timesAreLimits() {
        let time = Timestamp(seconds: 1_795_516_266)
        #expect(time.description == "2026-11-24T10:31:06Z")
        #expect(shown { $0.since = time } == [2, 3, 4])
        #expect(shown { $0.until = time } == [0, 1, 2, 3])
    }

    @Test func aPatternIsWordsOrARegularExpression() {
        for (pattern, number) in [("out of memory", 4), (#"\d/\d layers$"#, 3), ("^no ", 5)] {
            #expect(shown { _ = $0.require(pattern) } == [number], "\(pattern)")
        }
        var filter = LogFilter()
        #expect(!filter.require("(") && filter.isEmpty)
    }

    @Test func aLineIsAnObject() {
        #expect(
            LoggedLine(Self.lines[2]).json(of: "worker-1")
                == #"{"time": "2026-11-24T10:31:06Z", "process": "worker-1", "#
                + #""text": "Client connection closed"}"#)
        #expect(LoggedLine("x").json(of: "w").hasPrefix(#"{"time": null, "#))
    }
}
