import Testing

@testable import Basics
@testable import Samples
@testable import Sharding

@Suite struct ShardManifestTests {
    @Test func readsWhatItWrites() throws {
        let manifest = ShardSample.manifest(try ShardSample.layout())
        #expect(try ShardManifest(Array(manifest.text.utf8)[...]) == manifest)
        #expect(manifest.digest == SHA256.hex(manifest.text.utf8))
        let part = manifest.part(of: "127.0.0.1-50052")
        #expect(try ShardManifest(Array(part.text.utf8)[...]) == part)
        #expect(part.skeleton.isEmpty)
        #expect(part.cluster == "home")
        #expect(part.tensors.count > 3 && part.tensors.count < manifest.tensors.count)
    }

    @Test(arguments: [
        ("\"format_version\": 1", "\"format_version\": 2", "format_version is not 1"),
        ("\"bytes\": 16777216", "\"bytes\": -1", "bytes is no number of bytes"),
        ("\"bytes\": 16777216", "\"bytes\": 1125899906842625", "bytes is no number of bytes"),
        ("\"bytes\": 16777216", "\"bytes\": 1125899906842624", "files are larger than 1 PiB"),
        ("\"sha256\": \"", "\"sha256\": \"0", "sha256 is not 64 hexadecimal digits"),
        ("\"file\": \"", "\"file\": \"../", "file is not 16 hexadecimal digits"),
        ("skeleton.gguf", "../../x", "a file of the skeleton has no name of such"),
        ("\"offset\": 0", "\"offset\": 999999999999", "skeleton.gguf: its runs are in no order"),
        ("\"tensors\": [", "\"tensor\": [", "tensors is no list"),
        ("\"model\": \"/", "\"model\": \"\\u001b/", "model is no plain text"),
        ("\"cluster\": \"", "\"cluster\": \"a b", "cluster is no name of a cluster"),
    ])
    func refuses(_ good: String, _ bad: String, _ words: String) throws {
        let text = ShardSample.manifest(try ShardSample.layout()).text
        let parts = text.split(separator: good, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        let changed = parts.joined(separator: bad)
        let problem = #expect(throws: ShardManifest.Problem.self) {
            try ShardManifest(Array(changed.utf8)[...])
        }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
    }

    /// Those of before named no cluster, and have the digest that they had.
    @Test func oneWithoutAClusterIsRead() throws {
        var manifest = ShardSample.manifest(try ShardSample.layout())
        let text = manifest.text
        manifest.cluster = nil
        #expect(manifest.text == text.replacing(", \"cluster\": \"home\"", with: ""))
        #expect(try ShardManifest(Array(manifest.text.utf8)[...]) == manifest)
    }

    /// As many tensors as a model may have, each of them a hole of one skeleton.
    @Test func readsThatOfTheLargestModel() throws {
        var manifest = ShardSample.manifest(try ShardSample.layout())
        let digest = SHA256.hex("x".utf8)
        manifest.tensors = (0..<Bounds.modelTensors).map { index in
            let name = "blk.\(index / 8).ffn_down_exps_and_more_\(index % 8).weight"
            return .init(
                name: name, holder: "worker-\(index % 15).cluster.example.org-50052-ann@worker",
                byteCount: 3_221_225_472, fileName: String(SHA256.hex(name.utf8).prefix(16)),
                digest: digest)
        }
        manifest.skeleton[0].byteCount = 1 << 49
        manifest.skeleton[0].runs = (0...UInt64(Bounds.modelTensors)).map {
            .init(range: ($0 << 34)..<($0 << 34 + 4096), digest: digest)
        }
        let read = try ShardManifest(Array(manifest.text.utf8)[...])
        #expect(read == manifest)
    }

    /// What nobody could read later is known before it is written.
    @Test func whatCannotBeReadIsKnownBefore() throws {
        let manifest = ShardSample.manifest(try ShardSample.layout())
        #expect(manifest.obstacle == nil)
        var many = manifest
        many.tensors[0].name = String(repeating: "x", count: 4096)
        many.tensors = (0..<4000).map { index in
            var tensor = many.tensors[0]
            tensor.fileName = String(SHA256.hex("\(index)".utf8).prefix(16))
            return tensor
        }
        #expect(many.obstacle == "it is larger than 8 MiB")
        var quoted = manifest
        quoted.tensors[0].name = "blk.0.\"x\".weight"
        #expect(quoted.obstacle?.contains("has a quote in it") == true)
        var endless = manifest
        endless.skeleton[0].runs = (0..<40_000).map {
            .init(range: ($0 * 10)..<($0 * 10 + 1), digest: SHA256.hex("x".utf8))
        }
        endless.skeleton[0].byteCount = 1 << 40
        #expect(endless.obstacle?.hasPrefix("line 4") == true, "\(endless.obstacle ?? "")")
    }

    @Test func noTwoTensorsShareAFile() throws {
        var manifest = ShardSample.manifest(try ShardSample.layout())
        manifest.tensors[1].fileName = manifest.tensors[0].fileName
        #expect(throws: ShardManifest.Problem(message: "two tensors have the same file")) {
            try ShardManifest(Array(manifest.text.utf8)[...])
        }
    }
}

/// Manifests that somebody has changed: none, or one whose numbers and names are within bounds.
@Suite struct ShardManifestFuzzTests {
    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        var manifest = ShardSample.manifest(try ShardSample.layout())
        manifest.tensors.removeSubrange(2...)
        manifest.skeleton[0].runs.removeSubrange(1...)
        let good = Array(manifest.text.utf8)
        var read = 0
        try Fuzz.each("shard-manifest", part: part) { index, hostile in
            let bytes =
                index / 4 % 4 == 0
                ? hostile.lines(from: good.split(separator: 10).map(Array.init), atMost: 8)
                : hostile.changed(good)
            guard let changed = try? ShardManifest(bytes[...]) else { return }
            read += 1
            for tensor in changed.tensors {
                #expect(ModelID(tensor.fileName) != nil && tensor.byteCount <= 1 << 50)
                #expect(Outside.isPlain(tensor.name + tensor.holder))
            }
            #expect(changed.skeleton.allSatisfy { !$0.name.contains("/") })
            let again = try? ShardManifest(Array(changed.text.utf8)[...])
            #expect(again == changed)
        }
        #expect(read > Int(Fuzz.inputs) / 100)
    }
}
