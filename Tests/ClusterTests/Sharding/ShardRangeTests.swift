import Basics
import Foundation
import Sharding
import Testing
@testable import Remote
@testable import Survey

/// Digests of parts of a model, which its host makes.
extension ShardProgramTests {
    @Test(arguments: shells) func rangesOfFilesHaveTheirDigests(_ shell: GuardShell) throws {
        let host = Host(shell, [])
        let path = NSTemporaryDirectory() + "sollol-range-\(UUID().uuidString) '"
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let ranges: [Range<UInt64>] = [0..<1, 32..<70_032, 99_999..<100_000]
        let answer = try host.ask(ShardScript.digests(ranges.map { (path, $0) }))
        for (index, range) in ranges.enumerated() {
            let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            #expect(answer.ranges[index] == SHA256.hex(part))
        }
    }

    /// Beyond what 32 bits count, with the tools of busybox as well, whose tail does not get there.
    @Test(arguments: shells)
    func rangesOfLargeFilesHaveTheirDigests(_ shell: GuardShell) throws {
        let host = Host(shell, [])
        let folder = host.base + "-tools"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let places: [UInt64] = [2_200_000_007, 4_400_000_032]
        let path = folder + "/model"
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try #require(FileHandle(forWritingAtPath: path))
        for place in places {
            try file.seek(toOffset: place)
            try file.write(contentsOf: bytes)
        }
        try file.close()
        let line = ShardScript.digests(places.map { (path, $0..<($0 + 99_999)) })
        let wanted = SHA256.hex(bytes.dropLast())
        #expect(try host.ask(line).ranges == [0: wanted, 1: wanted])
        for tool in ["dd", "head", "sha256sum", "tail"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(tool)", withDestinationPath: "/usr/bin/busybox")
        }
        #expect(
            try host.ask("PATH=\(folder):$PATH; " + line).ranges == [0: wanted, 1: wanted])
    }
}
