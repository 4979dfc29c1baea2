import Foundation
import Testing

/// Layers are distributed, weights are not split: the old word stands for its key only.
struct TerminologyTests {
    @Test func theOldWordIsOnlyTheDeprecatedKey() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        // A word with its letters apart, so that this file does not hold it.
        let word = ["model", "sharding"].joined(separator: "[-_ ]?")
        let git = Process()
        git.executableURL = URL(filePath: "/usr/bin/env")
        git.arguments = [
            "git", "-C", root.path(percentEncoded: false), "grep", "-I", "-i", "-n", "-E", word,
        ]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let found = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        git.waitUntilExit()
        try #require(git.terminationStatus == 0, "git finds at least the key itself")
        for line in found.split(separator: "\n") {
            let rest = line.replacing("model_sharding_enabled", with: "")
            #expect(
                try Regex(word).ignoresCase().firstMatch(in: String(rest)) == nil,
                "\(line)")
        }
    }
}
