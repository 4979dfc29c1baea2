import Testing

@testable import Model
@testable import ModelMaker
@testable import Samples

/// Layers, size and KV cache of well-known models, from what is published on Hugging Face; names
/// are repositories there.
///
/// Dimensions: `https://huggingface.co/NAME/blob/main/config.json`. Bytes: `metadata.total_size` of
/// `https://huggingface.co/NAME/blob/main/model.safetensors.index.json`, all weights in bf16, 2
/// bytes each. Size of a GGUF: as listed on `https://huggingface.co/REPOSITORY/tree/main`. Read in
/// copies that others have published, and the sizes agree with the dimensions to the byte. KV bytes
/// of a token: 2 bytes × 2 × layers × KV heads × head length, in f16.
@Suite struct WellKnownModelsTests {
    struct Row: Sendable {
        var name: String
        var model: RandomModel
        /// `total_size`.
        var bytes: UInt64
        var keyValueBytesPerToken: UInt64
        /// A published GGUF in Q8_0 of this model or one of the same shape, in bytes.
        var gguf: (file: String, bytes: UInt64)?
    }

    /// Layers, embedding, heads, KV heads, feed-forward, vocabulary, and what else differs.
    private static func model(
        _ sizes: [Int], _ architecture: RandomModel.Architecture = .llama,
        _ change: (inout RandomModel) -> Void = { _ in }
    ) -> RandomModel {
        .with {
            $0.architecture = architecture
            $0.layers = sizes[0]
            $0.embedding = sizes[1]
            $0.heads = sizes[2]
            $0.keyValueHeads = sizes[3]
            $0.feedForward = sizes[4]
            $0.vocabulary = sizes[5]
            change(&$0)
        }
    }

    static let table = [
        Row(
            name: "meta-llama/Llama-3.1-8B", model: model([32, 4096, 32, 8, 14336, 128_256]),
            bytes: 16_060_522_496, keyValueBytesPerToken: 131_072,
            gguf: (
                "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF/Meta-Llama-3.1-8B-Instruct-Q8_0.gguf",
                8_540_775_840
            )),
        Row(
            name: "meta-llama/Llama-3.1-70B", model: model([80, 8192, 64, 8, 28672, 128_256]),
            bytes: 141_107_412_992, keyValueBytesPerToken: 327_680),
        Row(
            name: "mistralai/Mistral-7B-v0.1", model: model([32, 4096, 32, 8, 14336, 32000]),
            bytes: 14_483_464_192, keyValueBytesPerToken: 131_072,
            gguf: (
                "TheBloke/Mistral-7B-Instruct-v0.2-GGUF/mistral-7b-instruct-v0.2.Q8_0.gguf",
                7_695_857_952
            )),
        Row(
            name: "mistralai/Mixtral-8x7B-v0.1",
            model: model([32, 4096, 32, 8, 14336, 32000]) { $0.experts = 8 },
            bytes: 93_405_585_408, keyValueBytesPerToken: 131_072),
        Row(
            name: "Qwen/Qwen2.5-7B", model: model([28, 3584, 28, 4, 18944, 152_064], .qwen2),
            bytes: 15_231_233_024, keyValueBytesPerToken: 57_344),
        Row(
            name: "Qwen/Qwen3-8B",
            model: model([36, 4096, 32, 8, 12288, 151_936], .qwen3) { $0.headLength = 128 },
            bytes: 16_381_470_720, keyValueBytesPerToken: 147_456),
        Row(
            name: "Qwen/Qwen3-30B-A3B",
            model: model([48, 2048, 32, 4, 768, 151_936], .qwen3moe) {
                $0.headLength = 128
                $0.experts = 128
                $0.expertsUsed = 8
            }, bytes: 61_064_245_248, keyValueBytesPerToken: 98_304,
            gguf: ("Qwen/Qwen3-30B-A3B-GGUF/Qwen3-30B-A3B-Q8_0.gguf", 32_483_931_648)),
        Row(
            name: "google/gemma-2-9b",
            model: model([42, 3584, 16, 8, 14336, 256_000], .gemma2) {
                $0.headLength = 256
                $0.window = 4096
            }, bytes: 18_483_411_968, keyValueBytesPerToken: 344_064),
    ]

    @Test(arguments: table.map(\.name))
    func isWhatIsPublished(_ name: String) throws {
        let row = try #require(Self.table.first { $0.name == name })
        let shape = try row.model.shape()
        #expect(shape.blockCount == row.model.layers)
        #expect(shape.elements * 2 == row.bytes)
        let memory = ModelMemory(shape: shape, context: .sample())
        #expect(memory.cacheBytesPerToken == row.keyValueBytesPerToken)
        // A GGUF in f16 keeps vectors and routers in f32: hardly more than the published bytes.
        let excess = Double(shape.tensorBytes) / Double(row.bytes) - 1
        #expect(excess >= 0 && excess < 0.001)
        // q8_0 weighs 34 of 64 bytes of that, where all matrices are in it.
        var quantised = row.model
        quantised.storage = .q8_0
        let small = try quantised.shape().tensorBytes
        #expect(abs(Double(small) / Double(shape.tensorBytes) - 34.0 / 64) < 0.001)
        if let gguf = row.gguf {
            // The rest is the header: vocabulary, merges, chat template.
            #expect(gguf.bytes > small && gguf.bytes - small < 12 << 20, "\(gguf.file)")
        }
    }
}
