import Testing

@testable import Basics
@testable import Samples
@testable import Sharding

@Suite struct SourceAddressTests {
    @Test(arguments: [
        ("https://Hugging.face:443/a/b.gguf?download=true&token=x", "https://hugging.face:443"),
        ("HTTP://[::1]:80/b.gguf", "http://[::1]:80"), ("http://h", "http://h"),
    ])
    func reads(_ text: String, _ origin: String) throws {
        #expect(SourceAddress.isMeant(text))
        let address = try SourceAddress(text)
        #expect(address.text == text && address.origin == origin)
        #expect(!address.shown.contains("?") && text.hasPrefix(address.shown))
        #expect(address.isEncrypted == origin.hasPrefix("https"))
    }

    @Test(arguments: [
        ("ftp://h/a", "does not begin with http"), ("/models/a.gguf", "does not begin with http"),
        ("https://u:p@h/a.gguf", "a name or password"), ("https://h/a b", "no URL has"),
        ("https://h/\"a", "no URL has"), ("https://h/a\n", "no URL has"),
        ("https://h/\\a", "no URL has"), ("https://", "names no host"),
        ("https://:80/a", "names no host"), ("https://h:0/a", "names no host"),
        ("https://h:x/a", "names no host"), ("https://é/a", "no URL has"),
        ("https://h/" + String(repeating: "a", count: Bounds.sourceAddressBytes), "longer than"),
    ])
    func refuses(_ text: String, _ words: String) {
        let problem = #expect(throws: SourceAddress.Problem.self) { try SourceAddress(text) }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains(text) == false)
    }

    /// So that an address of another kind is named, not looked for on the disk.
    @Test func whatIsMeantAsAnAddressIsNoPath() {
        for text in ["ftp://h/a.gguf", "S3://bucket/a", "git+ssh://h/a", "HTTPS://"] {
            #expect(SourceAddress.isMeant(text), "\(text)")
        }
        for text in ["/models/a.gguf", "a.gguf", "", "://a", "a b://c", "a:b", "./a://b", "é://a"] {
            #expect(!SourceAddress.isMeant(text), "\(text)")
        }
    }

    @Test func allFilesOfASplitModelHaveTheSameQuery() throws {
        let first = try SourceAddress("https://h/m-00001-of-00003.gguf?a=b/c")
        #expect(
            first.parts(3)?.map(\.text)
                == (1...3).map { "https://h/m-0000\($0)-of-00003.gguf?a=b/c" })
        #expect(first.parts(2) == nil)
        #expect(try SourceAddress("https://h/m.gguf").parts(2) == nil)
    }

    @Test func aFileHasATagOfItsState() throws {
        let address = try SourceAddress("https://h/a")
        let tags = [("\"a\"", 1), ("\"b\"", 1), ("\"a\"", 2)].map {
            RemoteFile(address: address, etag: $0.0, byteCount: $0.1).tag
        }
        #expect(Set(tags).count == 3 && tags.allSatisfy { Outside.isHex($0, digits: 8) })
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
