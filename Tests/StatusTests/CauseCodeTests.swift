import Foundation
import Testing

@testable import Basics
@testable import Status

/// The codes that scripts read.
@Suite struct CauseCodeTests {
    /// `Interface.md` is the closed list.
    @Test func everyCodeIsDocumented() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Sources/sollol/sollol.docc/Interface.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        let table = try #require(text.firstRange(of: "| code | meaning |\n|---|---|\n"))
        let rows = text[table.upperBound...].split(
            separator: "\n", omittingEmptySubsequences: false
        ).prefix { $0.hasPrefix("| `") }
        let codes = rows.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
        #expect(codes == CauseCode.allCases.map(\.rawValue))
        #expect(codes.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "_" } })
    }

    @Test func aLineOfTheHistoryHasTheCode() throws {
        let report = Report(.warning, "worker-1: killed", cause: .memoryLimit)
        let entry = HistoryEntry(report, at: Timestamp(seconds: 0))
        #expect(entry.line.contains(#""cause": "memory_limit""#))
        #expect(HistoryEntry(line: Data(entry.line.utf8)) == entry)
    }
}
