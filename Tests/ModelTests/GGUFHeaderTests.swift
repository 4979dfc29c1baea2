import Testing

@testable import Basics
@testable import Model
@testable import Samples

/// What is read, and what is refused because llama.cpp's loader refuses it or aborts on it.
@Suite struct GGUFHeaderTests {
    @Test(arguments: [UInt32(2), 3])
    func readsBothVersions(_ version: UInt32) throws {
        var sample = GGUFSample()
        sample.version = version
        let header = try sample.read()
        #expect(header.version == version)
        #expect(header.architecture == "llama")
        #expect(header.blockCount == 2)
        #expect(header.tensors.map(\.name) == sample.tensors.map(\.name))
        #expect(header.tensors.map(\.dimensions) == [[32, 4], [32, 2], [5]])
        #expect(header.tensors.map(\.byteCount) == [512, 68, 20])
        #expect(header.tensors.map(\.offset) == [0, 512, 608])
        #expect(header.dataOffset % 32 == 0)
        #expect(header.dataOffset + 640 == UInt64(sample.bytes.count))
    }

    /// What people have under a model's name instead of it: the pointer of Git LFS
    /// (abetlen/llama-cpp-python 755, ollama/ollama 3010), a web page (ggml-org/llama.cpp 3358).
    @Test(arguments: [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
        ("<!doctype html><html><head>", "It is a web page"),
        ("PK\u{3}\u{4}archive/data.pkl", "Convert the model to GGUF"),
    ])
    func whatIsNoModelIsToldAsWhatItIs(_ content: String, _ remedy: String) {
        let error = #expect(throws: GGUFError.self) {
            try GGUFSample.read(Array(content.utf8))
        }
        #expect(error?.remedy?.contains(remedy) == true, "\(error?.remedy ?? "")")
    }

    @Test func readsEveryTypeOfValue() throws {
        var sample = GGUFSample()
        let long = String(repeating: "x", count: 70_000)
        sample.keys += [
            GGUFSample.scalar("u8", 0, UInt8(200)), GGUFSample.scalar("i8", 1, Int8(-2)),
            GGUFSample.scalar("u16", 2, UInt16(60_000)), GGUFSample.scalar("i16", 3, Int16(-300)),
            GGUFSample.scalar("i32", 5, Int32(7)),
            GGUFSample.scalar("f32", 6, Float(0.5).bitPattern),
            GGUFSample.scalar("bool", 7, UInt8(1)), GGUFSample.scalar("u64", 10, UInt64.max),
            GGUFSample.scalar("i64", 11, Int64.min),
            GGUFSample.scalar("f64", 12, Double(-2).bitPattern),
            GGUFSample.text("long", long),
            GGUFSample.list("heads", 5, [Int32(4), 0, -1]),
            GGUFSample.list("pattern", 7, [UInt8(1), 0]),
            GGUFSample.list("scores", 6, [Float(1).bitPattern]),
            GGUFSample.list("many", 4, [UInt32](repeating: 1, count: 513)),
            (
                "tokens", 9,
                [8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0] + Self.string("a") + Self.string("")
            ),
            GGUFSample.number("last", 9),
        ]
        let metadata = try sample.read().metadata
        let expected: [String: GGUFValue] = [
            "u8": .unsigned(200), "i8": .negative(-2), "u16": .unsigned(60_000),
            "i16": .negative(-300), "i32": .unsigned(7), "f32": .float(0.5), "bool": .bool(true),
            "u64": .unsigned(.max), "i64": .negative(.min), "f64": .float(-2),
            "long": .longString(byteCount: 70_000), "heads": .integers([4, 0, -1]),
            "pattern": .integers([1, 0]), "scores": .array(count: 1), "many": .array(count: 513),
            "tokens": .array(count: 2), "last": .unsigned(9),
        ]
        for (key, value) in expected { #expect(metadata[key] == value, "\(key)") }
    }

    private static func string(_ text: String) -> [UInt8] {
        var bytes = GGUFBytes()
        bytes.string(text)
        return bytes.bytes
    }

    /// A header of more than one piece of the reader, with values across its borders.
    @Test func readsHeadersOfManyPieces() throws {
        var sample = GGUFSample()
        for index in 0..<300 {
            let text = String(repeating: "y", count: 997 + index)
            sample.keys.append(GGUFSample.text("key.\(index)", text))
        }
        let metadata = try sample.read().metadata
        for index in 0..<300 {
            guard case .string(let text)? = metadata["key.\(index)"] else {
                Issue.record("key.\(index)")
                continue
            }
            #expect(text.utf8.count == 997 + index)
        }
    }

    @Test func alignmentMovesTheData() throws {
        var sample = GGUFSample()
        sample.keys.append(GGUFSample.number("general.alignment", 64))
        sample.tensors = [
            .init(name: "a", dimensions: [5], paddedSize: 64),
            .init(name: "b", dimensions: [3], paddedSize: 64),
        ]
        sample.dataSize = 256
        let header = try sample.read()
        #expect(header.dataOffset % 64 == 0)
        #expect(header.tensors.map(\.offset) == [0, 64])
    }

    // MARK: Refused

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// A part of the message.
        var says: String
        var change: @Sendable (inout GGUFSample) -> Void

        init(
            _ name: String, _ says: String, _ change: @escaping @Sendable (inout GGUFSample) -> Void
        ) {
            testDescription = name
            self.says = says
            self.change = change
        }
    }

    static let refusals = [
        Refusal("another format", "no GGUF") { $0.magic = Array("GGML".utf8) },
        Refusal("version 1", "version 1 is not known") { $0.version = 1 },
        Refusal("version 4", "version 4 is not known") { $0.version = 4 },
        Refusal("big-endian", "big-endian") { $0.version = 0x0300_0000 },
        Refusal("negative tensors", "-1 tensors") { $0.tensorCount = -1 },
        Refusal("negative keys", "-2 keys") { $0.keyCount = -2 },
        Refusal("very many tensors", "tensors; 0 to") { $0.tensorCount = 1 << 40 },
        Refusal("very many keys", "keys; 0 to") { $0.keyCount = 1 << 40 },
        Refusal("a key twice", "key \"llama.block_count\" is there twice") {
            $0.keys.append(GGUFSample.number("llama.block_count", 2))
        },
        Refusal("a value type that is none", "value type 13 is not known") {
            $0.keys.append(GGUFSample.scalar("x", 13, UInt8(0)))
        },
        Refusal("an array of arrays", "an array of value type 9 is not allowed") {
            $0.keys.append(GGUFSample.list("x", 9, [UInt64(0)]))
        },
        Refusal("an array of no type", "an array of value type -1 is not allowed") {
            $0.keys.append(GGUFSample.list("x", -1, [UInt64(0)]))
        },
        Refusal("an array that never ends", "ends within its header") {
            $0.keys.append(GGUFSample.list("x", 10, [UInt64(0)], count: .max / 8))
        },
        Refusal("an array whose size overflows", "ends within its header") {
            $0.keys.append(GGUFSample.list("x", 10, [UInt64(0)], count: .max))
        },
        Refusal("strings that never end", "ends within its header") {
            $0.keys.append(GGUFSample.list("x", 8, [UInt64(0), 0, 0], count: .max))
        },
        Refusal("a string that never ends", "ends within its header") {
            $0.keys.append(GGUFSample.scalar("x", 8, UInt64.max))
        },
        Refusal("alignment 0", "no power of two") {
            $0.keys.append(GGUFSample.number("general.alignment", 0))
        },
        Refusal("alignment 48", "no power of two") {
            $0.keys.append(GGUFSample.number("general.alignment", 48))
        },
        Refusal("alignment as u64", "general.alignment is to be a u32") {
            $0.keys.append(GGUFSample.scalar("general.alignment", 10, UInt64(32)))
        },
        Refusal("a tensor twice", "tensor \"token_embd.weight\" is there twice") {
            $0.tensors[2].name = "token_embd.weight"
        },
        Refusal("a name of 64 bytes", "a string of 64 bytes") {
            $0.tensors[0].name = String(repeating: "n", count: 64)
        },
        Refusal("five dimensions", "has 5 dimensions") {
            $0.tensors[0].dimensions = [1, 1, 1, 1, 1]
        },
        Refusal("an extent of 0", "impossible size") { $0.tensors[0].dimensions = [32, 0] },
        Refusal("a negative extent", "impossible size") {
            $0.tensors[0].dimensions = [UInt64(bitPattern: -32)]
        },
        Refusal("a size that overflows", "impossible size") {
            $0.tensors[0].dimensions = [1 << 32, 1 << 32]
        },
        Refusal("a type that is none", "tensor type 99, which is not known") {
            $0.tensors[0].type = 99
        },
        Refusal("a type that ggml removed", "tensor type 4, which is not known") {
            $0.tensors[0].type = 4
        },
        Refusal("rows that are no multiple of a block", "no multiple of the 32") {
            $0.tensors[1].dimensions = [33]
        },
        Refusal("a gap between tensors", "is said to begin at 544, not 512") {
            $0.tensors[1].offset = 544
        },
        Refusal("overlapping tensors", "is said to begin at 0, not 512") {
            $0.tensors[1].offset = 0
        },
        Refusal("data past the end", "not complete") { $0.dataSize = 627 },
        Refusal("no layers", "block_count of \"llama\" is not within 1…512") {
            $0.keys[1] = GGUFSample.number("llama.block_count", 0)
        },
        Refusal("more layers than llama.cpp has", "block_count of \"llama\" is not within 1…512") {
            $0.keys[1] = GGUFSample.number("llama.block_count", 513)
        },
        Refusal("a block count that is text", "block_count of \"llama\" is not within 1…512") {
            $0.keys[1] = GGUFSample.text("llama.block_count", "32")
        },
    ]

    @Test(arguments: refusals)
    func refuses(_ refusal: Refusal) throws {
        var sample = GGUFSample()
        refusal.change(&sample)
        let error = try #require(throws: GGUFError.self) { try sample.read() }
        #expect(error.description.contains(refusal.says), "\(error)")
    }

    @Test func namesThatSteerATerminalAreEscaped() throws {
        var sample = GGUFSample()
        sample.tensors[0].name = "\u{1b}[2J\n"
        sample.tensors[0].dimensions = [0]
        let error = try #require(throws: GGUFError.self) { try sample.read() }
        #expect(!error.description.contains("\u{1b}") && !error.description.contains("\n"))
    }

    /// Cut anywhere within its header, the file is refused; cut within its data, too.
    @Test func everyTruncationIsRefused() throws {
        let bytes = GGUFSample().bytes
        for count in 0..<bytes.count - 12 {
            #expect(throws: GGUFError.self, "\(count) of \(bytes.count)") {
                try GGUFSample.read(Array(bytes.prefix(count)))
            }
        }
        // The last tensor has 20 bytes of data and 12 of padding, which nobody reads.
        #expect(throws: Never.self) { try GGUFSample.read(Array(bytes.dropLast(12))) }
    }

    /// Only the header is read: of a file of 4 TiB, no byte of tensor data.
    @Test func neverReadsTensorData() throws {
        var sample = GGUFSample()
        sample.tensors = [
            .init(name: "huge", dimensions: [1 << 20, 1 << 20], paddedSize: 1 << 42)
        ]
        let header = sample.headerBytes
        var furthest: UInt64 = 0
        let read = try GGUFHeader(fileSize: 1 << 43) { offset, count in
            furthest = max(furthest, offset + UInt64(count))
            let bytes = header + [UInt8](repeating: 0, count: 1 << 17)
            return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + count)])
        }
        #expect(read.tensors[0].byteCount == 1 << 42)
        #expect(furthest <= 1 << 17)
    }

    /// A header may be large, but not so large that reading it would take long.
    @Test func aHeaderOfMoreThan64MiBIsRefused() throws {
        var sample = GGUFSample()
        sample.keys.append(GGUFSample.scalar("x", 8, UInt64(Bounds.headerBytes)))
        let error = try #require(throws: GGUFError.self) {
            try GGUFSample.read(sample.bytes, fileSize: 1 << 40)
        }
        #expect(error.problem.contains("64 MiB"), "\(error)")
    }

    @Test func whatTheSourceThrowsComesThrough() throws {
        struct Lost: Error {}
        #expect(throws: Lost.self) {
            _ = try GGUFHeader(fileSize: 100) { _, _ in throw Lost() }
        }
    }

    // MARK: Splits

    @Test func splitsAreRecognised() throws {
        var sample = GGUFSample()
        #expect(GGUFSplit(try sample.read()) == nil)
        sample.keys += [
            GGUFSample.scalar("split.no", 2, UInt16(1)),
            GGUFSample.scalar("split.count", 2, UInt16(3)),
            GGUFSample.scalar("split.tensors.count", 5, Int32(77)),
        ]
        let split = try #require(GGUFSplit(try sample.read()))
        #expect((split.number, split.count, split.tensorCount) == (1, 3, 77))
    }

    @Test func partsLieBesideTheFirst() {
        #expect(
            GGUFSplit.paths(first: "/m/a-00001-of-00003.gguf", count: 3) == [
                "/m/a-00001-of-00003.gguf", "/m/a-00002-of-00003.gguf", "/m/a-00003-of-00003.gguf",
            ])
        #expect(GGUFSplit.paths(first: "/m/a-00002-of-00003.gguf", count: 3) == nil)
        #expect(GGUFSplit.paths(first: "/m/a-00001-of-00003.gguf", count: 2) == nil)
        #expect(GGUFSplit.paths(first: "/m/a.gguf", count: 3) == nil)
    }
}
