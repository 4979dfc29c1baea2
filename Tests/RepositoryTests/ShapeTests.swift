import Foundation
import Testing

/// What a reader may expect of every file: short lines, short files, nothing public.
@Suite struct ShapeTests {
    /// Swift and shell text that people write; samples of what comes from outside are as they are.
    private static let sources = Repository.paths.filter { path in
        [".swift", ".sh"].contains { path.hasSuffix($0) } && !path.contains("/Fixtures/")
    }

    private static func lines(_ path: String) -> [Substring] {
        (Repository.text(path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// `swift format` sees to the code, but not to comments.
    @Test func noCommentIsWiderThanAHundredColumns() {
        var wide: [String] = []
        for path in Self.sources {
            for (index, line) in Self.lines(path).enumerated() where line.utf8.count > 100 {
                let isComment = line.drop { $0 == " " }
                    .hasPrefix(path.hasSuffix(".swift") ? "//" : "#")
                if isComment, line.count > 100 { wide.append("\(path):\(index + 1)") }
            }
        }
        #expect(wide == [])
    }

    @Test func noFileIsLongerThanThreeHundredLines() {
        // The end of the last line is no line.
        #expect(Self.sources.filter { Self.lines($0).count - 1 > 300 } == [])
    }

    /// One package, whose rooms see each other by `package`.
    @Test func nothingIsPublic() {
        let open = Self.sources.filter { $0.hasPrefix("Sources/") }.filter { path in
            Self.lines(path).contains { line in
                ["public ", "open "].contains { line.drop { $0 == " " }.hasPrefix($0) }
            }
        }
        #expect(open == [])
    }
}
