import Foundation
import Testing

@testable import Sharding

@Suite struct TarHeaderTests {
    /// Real programs take it, and nothing of its neighbour.
    @Test(arguments: ["tar", "busybox tar"])
    func programsUnpackIt(_ tar: String) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/tar-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var archive: [UInt8] = []
        let files = [("a", 0), ("1066c50047c51c0c", 512), ("skeleton.gguf@0", 70001)]
        for (index, (name, count)) in files.enumerated() {
            archive += TarHeader.of(file: name, byteCount: UInt64(count))
            archive += [UInt8](repeating: UInt8(index + 1), count: count)
            archive += TarHeader.padding(after: UInt64(count))
        }
        archive += TarHeader.end
        try Data(archive).write(to: URL(fileURLWithPath: folder + "/x.tar"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cd \"$1\" && exec \(tar) -xf x.tar", "sh", folder]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        for (index, (name, count)) in files.enumerated() {
            let url = URL(fileURLWithPath: "\(folder)/\(name)")
            #expect(try Data(contentsOf: url) == Data(repeating: UInt8(index + 1), count: count))
            let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test func largeFilesHaveTheirSizeInBinary() {
        let header = TarHeader.of(file: "x", byteCount: 9 << 30)
        #expect(Array(header[124..<136]) == [0x80, 0, 0, 0, 0, 0, 0, 2, 0x40, 0, 0, 0])
        let small = TarHeader.of(file: "x", byteCount: (8 << 30) - 1)
        #expect(small[124] == UInt8(ascii: "0") || small[124] == UInt8(ascii: "7"))
    }
}
