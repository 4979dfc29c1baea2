import Testing

@testable import Basics
@testable import Samples
@testable import Sharding

@Suite struct ShardManifestTests {
    @Test func readsWhatItWrites() throws {
        let manifest = ShardSample.manifest(try ShardSample.layout())
        #expect(try ShardManifest(Array(manifest.text.utf8)) == manifest)
        let part = manifest.part(of: "127.0.0.1-50052")
        #expect(try ShardManifest(Array(part.text.utf8)) == part)
        #expect(part.skeleton.isEmpty)
        #expect(part.tensors.count > 3 && part.tensors.count < manifest.tensors.count)
    }

    @Test(arguments: [
        ("\"format_version\": 1", "\"format_version\": 2", "format_version is not 1"),
        ("\"bytes\": 16777216", "\"bytes\": -1", "bytes is no number of bytes"),
        ("\"bytes\": 16777216", "\"bytes\": 1125899906842625", "bytes is no number of bytes"),
        ("\"sha256\": \"", "\"sha256\": \"0", "sha256 is not 64 hexadecimal digits"),
        ("\"file\": \"", "\"file\": \"../", "file is not 16 hexadecimal digits"),
        ("skeleton.gguf", "../../x", "a file of the skeleton has no name of such"),
        ("\"offset\": 0", "\"offset\": 999999999999", "skeleton.gguf: its runs are in no order"),
        ("\"tensors\": [", "\"tensor\": [", "tensors is no list"),
        ("\"model\": \"/", "\"model\": \"\\u001b/", "model is no plain text"),
    ])
    func refuses(_ good: String, _ bad: String, _ words: String) throws {
        let text = ShardSample.manifest(try ShardSample.layout()).text
        let parts = text.split(separator: good, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        let changed = parts.joined(separator: bad)
        let problem = #expect(throws: ShardManifest.Problem.self) {
            try ShardManifest(Array(changed.utf8))
        }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
    }

    @Test func noTwoTensorsShareAFile() throws {
        var manifest = ShardSample.manifest(try ShardSample.layout())
        manifest.tensors[1].fileName = manifest.tensors[0].fileName
        #expect(throws: ShardManifest.Problem(message: "two tensors have the same file")) {
            try ShardManifest(Array(manifest.text.utf8))
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
            guard let changed = try? ShardManifest(bytes) else { return }
            read += 1
            for tensor in changed.tensors {
                #expect(ModelID(tensor.fileName) != nil && tensor.byteCount <= 1 << 50)
                #expect(Outside.isPlain(tensor.name + tensor.holder))
            }
            #expect(changed.skeleton.allSatisfy { !$0.name.contains("/") })
            let again = try? ShardManifest(Array(changed.text.utf8))
            #expect(again == changed)
        }
        #expect(read > Int(Fuzz.inputs) / 100)
    }
}
