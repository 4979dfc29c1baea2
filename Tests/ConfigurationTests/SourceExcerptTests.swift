import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

/// The line of the file below a problem, and the mark under its place.
struct SourceExcerptTests {
    private static func excerpts(_ json: String) -> [[String]] {
        do {
            _ = try ConfigurationLoader.load(Loading.sources(json))
            return []
        } catch {
            return error.problems.compactMap { $0.excerpt?.lines }
        }
    }

    @Test func theMarkStandsBelowTheValue() {
        let json = """
            {
              "model": "/m.gguf", "rpc_backends": ["10.0.0.8"],
              "coordinator": { "port": 70000,
                "prot": 1 }
            }
            """
        #expect(
            Self.excerpts(json) == [
                [
                    "  3 |   \"coordinator\": { \"port\": 70000,",
                    "    |                            ^",
                ],
                ["  4 |     \"prot\": 1 }", "    |     ^"],
            ])
    }

    @Test func aSyntaxErrorHasItsPlace() {
        #expect(
            Self.excerpts("{\n  \"model\" \"/m\"\n}") == [
                ["  2 |   \"model\" \"/m\"", "    |           ^"]
            ])
    }

    @Test func aLongLineIsCutAroundThePlace() throws {
        let json = Loading.with(
            #""restart": {"period": 600, "max_delay": 1, "initial_delay": 0, "reset_after": 30},"#
                + #" "timeouts": {"connect": 10, "ready": 30, "progress": 60, "stall": -1},"#
                + #" "health": {"interval": 2, "timeout": 10, "failures": 3}"#)
        let lines = try #require(Self.excerpts(json).first)
        let mark = try #require(lines[1].unicodeScalars.firstIndex(of: "^"))
        let offset = lines[1].unicodeScalars.distance(
            from: lines[1].unicodeScalars.startIndex, to: mark)
        #expect(String(lines[0].dropFirst(offset)).hasPrefix("-1}"))
        #expect(lines[0].hasPrefix("  2 | …") && lines[0].hasSuffix("…") && lines[0].count < 110)
    }

    @Test func whatSteersATerminalIsHarmless() {
        let lines = Self.excerpts("{\n\t\"model\": \"a\u{202E}b\u{1B}[31m\"\n}").joined().joined()
        #expect(!lines.unicodeScalars.contains(where: TerminalText.isDeceptive))
    }

    /// Of all broken configurations of the tables none shows a secret, which is `hush` there.
    @Test func noSecretIsShown() {
        var count = 0
        for test in BrokenConfigurationsTests.cases {
            guard let json = test.json else { continue }
            let excerpts = Self.excerpts(json)
            count += excerpts.count
            #expect(!excerpts.joined().joined().contains("hush"), "\(test.testDescription)")
        }
        #expect(count > 100)
    }
}
