import Testing

@testable import Basics
@testable import Model
@testable import Samples
@testable import Sharding

@Suite struct RemoteFileTests {
    @Test func aFileHasATagOfItsState() throws {
        let address = try SourceAddress("https://h/a")
        let tags = [("\"a\"", 1), ("\"b\"", 1), ("\"a\"", 2)].map {
            RemoteFile(address: address, etag: $0.0, byteCount: $0.1).tag
        }
        #expect(Set(tags).count == 3 && tags.allSatisfy { Outside.isHex($0, digits: 8) })
    }

    /// Another server, or another file of it, may use the same ETag; a signature changes.
    @Test func anETagIsThatOfItsAddress() throws {
        func tag(_ text: String) throws -> String {
            RemoteFile(address: try SourceAddress(text), etag: "\"1\"", byteCount: 9).tag
        }
        let tags = try ["https://h/a", "https://h/b", "https://i/a"].map(tag)
        #expect(Set(tags).count == 3)
        #expect(try tag("https://h/a?signature=1") == tags[0])
    }
}

@Suite struct CurlConfigurationTests {
    @Test func holdsOneLineWithEverythingQuoted() throws {
        let address = try SourceAddress("https://h/{a,b}[1-3]?x=%22")
        let text = CurlConfiguration.text(address, etag: "\"a\\b\"", seconds: 7)
        #expect(!text.contains("\n"))
        let lines = text.split(separator: "\t")
        #expect(lines.contains("url = \"https://h/{a,b}[1-3]?x=%22\""))
        #expect(lines.contains("header = \"If-Range: \\\"a\\\\b\\\"\""))
        #expect(lines.contains("globoff") && lines.contains("max-time = 7"))
        // Not from https to what others can read.
        #expect(lines.contains("proto-redir = \"=https\""))
        let open = CurlConfiguration.text(try SourceAddress("http://h/"), etag: nil)
        #expect(open.contains("proto-redir = \"=http,https\"") && !open.contains("If-Range"))
        #expect(!open.contains("max-time"))
    }

    @Test func aValueIsOneWordWhateverIsInIt() {
        #expect(
            CurlConfiguration.quoted("a\" b\\\n\r\t\0 url = x") == #""a\" b\\\n\r\t url = x""#)
    }
}

@Suite struct SkeletonPatchTests {
    /// Patches make of the model's bytes what `conceal` makes of them.
    @Test func patchesAreWhatConcealsDoes() {
        let holes = [10_000..<40_000, 40_000..<52_001, 90_000..<100_000].map { range in
            ShardedTensor(
                "t\(range.lowerBound)", of: ModelID(SHA256()), holder: .worker(1), part: 0,
                range: UInt64(range.lowerBound)..<UInt64(range.upperBound), number: 0)
        }
        let file = SkeletonFile(part: 0, of: 1, byteCount: 120_000, holes: holes)
        for part in file.runs + [0..<120_000, 10_003..<10_010, 10_016..<39_999, 99_999..<100_001] {
            let model = part.map { UInt8(truncatingIfNeeded: $0 &* 7 | 1) }
            var concealed = model
            file.conceal(&concealed, from: part.lowerBound)
            var patched = model
            for patch in file.patches(in: part) {
                let bytes = patch.mark + [UInt8](repeating: 0, count: Int(patch.zeros))
                let start = Int(patch.offset)
                patched.replaceSubrange(start..<(start + bytes.count), with: bytes)
            }
            #expect(patched == concealed, "\(part)")
        }
        #expect(file.runs.flatMap(file.patches).allSatisfy { $0.zeros < 8192 })
    }
}
