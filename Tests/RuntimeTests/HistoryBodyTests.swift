import Foundation
import Testing

@testable import Basics
@testable import SollolRuntime
@testable import Status

/// The history as the dashboard sends it, out of its files.
@Suite struct HistoryBodyTests {
    private static let first = 1_795_611_000

    private static func line(_ number: Int) -> String {
        HistoryEntry(
            Report(
                .progress, "event \(number)", details: [String(repeating: "x", count: number % 90)]),
            at: Timestamp(seconds: first + number)
        ).line + "\n"
    }

    private static func text(_ body: HistoryBody) -> String {
        var bytes: [UInt8] = []
        while let piece = body.next() { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func withFiles(_ parts: [Range<Int>], _ body: ([String]) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "sollol-history-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paths = try parts.enumerated().map { index, part in
            let path = "\(folder)/\(index)"
            let text = part.map(line).joined()
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }
        try body(["\(folder)/none"] + paths)
    }

    @Test func allLinesOfAllFiles() throws {
        try Self.withFiles([0..<500, 500..<900]) { paths in
            let body = HistoryBody(paths, since: nil)
            let expected = (0..<900).map(Self.line).joined()
            #expect(body.left == expected.utf8.count)
            #expect(Self.text(body) == expected)
        }
    }

    @Test(arguments: [0, 1, 3, 499, 500, 501, 2221, 2998, 2999])
    func onlyThoseSinceATime(number: Int) throws {
        try Self.withFiles([0..<500, 500..<3000]) { paths in
            let body = HistoryBody(paths, since: Timestamp(seconds: Self.first + number))
            let expected = (number..<3000).map(Self.line).joined()
            #expect(body.left == expected.utf8.count)
            #expect(Self.text(body) == expected)
        }
    }

    @Test func nothingIsSinceTheFuture() throws {
        try Self.withFiles([0..<500]) { paths in
            let body = HistoryBody(paths, since: Timestamp(seconds: Self.first + 500))
            #expect(body.left == 0)
            #expect(body.next() == nil)
        }
    }
}
