import Testing

@testable import Model
@testable import ModelMaker
@testable import Samples

@Suite struct ModelShapeTests {
    @Test func everyByteIsPlacedOnce() throws {
        for architecture in RandomModel.Architecture.allCases {
            for storage in RandomModel.Storage.allCases {
                let model = RandomModel.with {
                    $0.architecture = architecture
                    $0.storage = storage
                    $0.experts = architecture == .qwen3moe ? 4 : 0
                }
                let header = try model.header()
                let shape = try ModelShape([header])
                let placed =
                    shape.layers.reduce(0) { $0 + $1.weights.bytes } + shape.input.bytes
                    + shape.output.bytes + shape.shared.bytes
                let embedding = header.tensors[0].byteCount
                let twice = shape.isTied ? (embedding + 31) / 32 * 32 : 0
                let all = header.tensors.reduce(0) { $0 + ($1.byteCount + 31) / 32 * 32 }
                #expect(placed == all + twice)
                let estimates =
                    architecture == .t5 ? ["the buffers of an encoder-decoder are an estimate"] : []
                #expect(
                    shape.blockCount == 8 && shape.estimates == estimates, "\(shape.estimates)")
            }
        }
    }

    @Test func tiedOrNot() throws {
        let own = try RandomModel().shape()
        let tied = try RandomModel.with { $0.isTied = true }.shape()
        #expect(!own.isTied && tied.isTied)
        // 259 rows of 256 f16 and the norm in f32.
        #expect(own.input.bytes == 132_608)
        #expect(own.output.bytes == 132_608 + 1024)
        #expect(tied.output.bytes == own.output.bytes)
    }

    @Test func namesDecideThePlace() {
        #expect(TensorPlace("token_embd.weight") == .input)
        #expect(TensorPlace("token_embd_norm.weight") == .input)
        #expect(TensorPlace("position_embd.weight") == .input)
        #expect(TensorPlace("per_layer_token_embd.weight") == .input)
        #expect(TensorPlace("output.weight") == .output)
        #expect(TensorPlace("output_norm.weight") == .output)
        #expect(TensorPlace("rope_freqs.weight") == .everywhere)
        #expect(TensorPlace("blk.17.ffn_gate_exps.weight") == .layer(17))
        #expect(TensorPlace("blk.x.attn.weight") == .output)
        #expect(TensorPlace("blk.-1.attn.weight") == .output)
    }

    @Test func headsMayDifferFromLayerToLayer() throws {
        var sample = GGUFSample()
        sample.keys = [
            GGUFSample.text("general.architecture", "llama"),
            GGUFSample.number("llama.block_count", 3),
            GGUFSample.number("llama.embedding_length", 64),
            GGUFSample.list("llama.attention.head_count", 5, [Int32(8), 8, 4]),
            GGUFSample.list("llama.attention.head_count_kv", 5, [Int32(2), 0, 4]),
            GGUFSample.list("llama.feed_forward_length", 5, [Int32(32), 128, 64]),
        ]
        let shape = try ModelShape([sample.read()])
        #expect(shape.layers.map(\.keyElements) == [16, 0, 32])
        #expect(shape.layers.map(\.valueElements) == [16, 0, 32])
        #expect(shape.feedForward == 128)
        #expect(shape.query == 64)
    }

    /// Measured: 0.7.0 reports `is_swa` 1 for these layers (`-lv 5`).
    @Test func windowsFollowTheArchitecture() throws {
        let gemma2 = try RandomModel.with { $0.architecture = .gemma2 }.shape()
        #expect(gemma2.layers.map { $0.window ?? 0 } == [512, 0, 512, 0, 512, 0, 512, 0])
        let gemma3 = try RandomModel.with {
            $0.architecture = .gemma3
            $0.layers = 12
        }.shape()
        #expect(
            gemma3.layers.map { $0.window ?? 0 }
                == [512, 512, 512, 512, 512, 0, 512, 512, 512, 512, 512, 0])
    }

    /// Each compared with `llama-fit-params` 0.7.0 by the KV cache of 8192 tokens.
    @Test(arguments: [
        ("gpt-oss", 128, [128, 0, 128, 0, 128, 0, 128, 0]),
        ("cohere2", 1024, [1024, 1024, 1024, 0, 1024, 1024, 1024, 0]),
        ("olmo2", 1024, [1024, 1024, 1024, 0, 1024, 1024, 1024, 0]),
        ("olmo2", nil, [0, 0, 0, 0, 0, 0, 0, 0]), ("phi3", 1024, [0, 0, 0, 0, 0, 0, 0, 0]),
        ("qwen3", 1024, [0, 0, 0, 0, 0, 0, 0, 0]),
        ("lfm2", 1024, [1024, 1024, 1024, 1024, 1024, 1024, 1024, 1024]),
        ("lfm2", nil, [0, 0, 0, 0, 0, 0, 0, 0]),
    ])
    func windowsAreThoseOfTheArchitecture(name: String, window: Int?, expected: [Int]) throws {
        var sample = GGUFSample()
        sample.keys = [
            GGUFSample.text("general.architecture", name),
            GGUFSample.number("\(name).block_count", 8),
            GGUFSample.number("\(name).embedding_length", 32),
            GGUFSample.number("\(name).attention.head_count", 4),
        ]
        if let window {
            sample.keys.append(
                GGUFSample.number("\(name).attention.sliding_window", UInt32(window)))
        }
        let shape = try ModelShape([sample.read()])
        #expect(shape.layers.map { $0.window ?? 0 } == expected)
        #expect(shape.estimates == [])
    }

    @Test func anUnknownArchitectureIsExactInWeightsAndSaysTheRest() throws {
        var sample = GGUFSample()
        sample.keys = [
            GGUFSample.text("general.architecture", "novel"),
            GGUFSample.number("novel.block_count", 2),
            GGUFSample.number("novel.embedding_length", 32),
            GGUFSample.number("novel.attention.head_count", 4),
            GGUFSample.number("novel.attention.sliding_window", 128),
        ]
        let shape = try ModelShape([sample.read()])
        #expect(shape.layers.map(\.weights.bytes) == [96, 32])
        #expect(shape.layers.map(\.window) == [nil, nil])
        #expect(shape.estimates.count == 1)
        #expect(shape.estimates[0].contains("\"novel\"") && shape.estimates[0].contains("bound"))
    }

    @Test func recurrentLayersKeepStateNotCache() throws {
        var sample = GGUFSample()
        sample.keys = [
            GGUFSample.text("general.architecture", "jamba"),
            GGUFSample.number("jamba.block_count", 2),
            GGUFSample.number("jamba.embedding_length", 32),
            GGUFSample.number("jamba.attention.head_count", 4),
            GGUFSample.list("jamba.attention.head_count_kv", 5, [Int32(0), 2]),
            GGUFSample.number("jamba.ssm.conv_kernel", 4),
            GGUFSample.number("jamba.ssm.inner_size", 64),
            GGUFSample.number("jamba.ssm.state_size", 16),
        ]
        let shape = try ModelShape([sample.read()])
        #expect(shape.layers.map(\.keyElements) == [0, 16])
        let state: UInt64 = 4 * (3 * 64 + 16 * 64)
        #expect(shape.layers.map(\.stateBytes) == [state, 0])
        #expect(shape.estimates.contains { $0.contains("recurrent") })
    }

    /// As real servers reported it: "RS buffer size = 1.06 MiB" for four such layers.
    @Test func theStateOfMambaIsExact() throws {
        var sample = GGUFSample()
        sample.keys = [
            GGUFSample.text("general.architecture", "mamba2"),
            GGUFSample.number("mamba2.block_count", 2),
            GGUFSample.number("mamba2.embedding_length", 512),
            GGUFSample.number("mamba2.attention.head_count", 0),
            GGUFSample.number("mamba2.ssm.conv_kernel", 4),
            GGUFSample.number("mamba2.ssm.inner_size", 1024),
            GGUFSample.number("mamba2.ssm.state_size", 64),
            GGUFSample.number("mamba2.ssm.group_count", 2),
        ]
        let shape = try ModelShape([sample.read()])
        #expect(shape.estimates == [])
        #expect(shape.layers.map(\.stateBytes) == [277_504, 277_504])
        #expect(shape.layers.map(\.keyElements) == [0, 0])
    }

    @Test func hostileNumbersDoNotOverflow() throws {
        for key in [
            "attention.head_count", "attention.head_count_kv", "attention.key_length",
            "attention.value_length", "embedding_length", "feed_forward_length",
            "expert_used_count", "expert_feed_forward_length", "ssm.conv_kernel",
            "ssm.inner_size", "ssm.state_size", "ssm.group_count", "wkv.head_size",
            "attention.sliding_window", "attention.shared_kv_layers", "context_length",
            "full_attention_interval", "nextn_predict_layers",
        ] {
            for value in [0, 1, UInt64.max / 2, UInt64.max] {
                var sample = GGUFSample()
                sample.keys = [
                    GGUFSample.text("general.architecture", "gemma2"),
                    GGUFSample.number("gemma2.block_count", 2),
                    GGUFSample.scalar("gemma2.\(key)", 10, value),
                ]
                if key != "attention.head_count" {
                    sample.keys.append(GGUFSample.number("gemma2.attention.head_count", 4))
                }
                let shape = try ModelShape([sample.read()])
                let memory = ModelMemory(
                    shape: shape, context: .sample(tokens: 1 << 24, slots: 256))
                _ = memory.load(ofDevice: 0..<3)
                _ = memory.load(ofCoordinator: 3)
            }
        }
    }

    // MARK: Parts

    private func part(_ number: UInt16, of count: UInt16, total: Int32, _ names: [String]) throws
        -> GGUFHeader
    {
        var sample = GGUFSample()
        if number > 0 { sample.keys = [] }
        sample.keys += [
            GGUFSample.scalar("split.no", 2, number), GGUFSample.scalar("split.count", 2, count),
            GGUFSample.scalar("split.tensors.count", 5, total),
        ]
        sample.tensors = names.map { .init(name: $0, dimensions: [8], paddedSize: 32) }
        return try sample.read()
    }

    @Test func partsMakeOneModel() throws {
        let shape = try ModelShape([
            part(0, of: 2, total: 3, ["token_embd.weight", "blk.0.a"]),
            part(1, of: 2, total: 3, ["blk.1.a"]),
        ])
        #expect(shape.layers.map(\.weights.bytes) == [32, 32])
        #expect(shape.tensorBytes == 96)
    }

    /// Numbers of a split and sums of tensors that no file can have.
    @Test func numbersThatCannotBeAreRefused() throws {
        let keys = [
            GGUFSample.scalar("split.no", 10, UInt64(1) << 63 - 1),
            GGUFSample.scalar("split.count", 10, UInt64(1) << 63 - 1),
        ]
        var sample = GGUFSample()
        sample.keys += keys
        let header = try sample.read()
        #expect(throws: ModelShape.Problem.self) { try ModelShape([header]) }
        #expect(GGUFSplit.paths(first: "/a-00001-of-99999.gguf", count: 99999) == nil)
        // 2^14 elements of each byte, and as many tensors as there may be.
        sample = GGUFSample()
        sample.tensors = (0..<40).map {
            .init(name: "t\($0)", dimensions: [1 << 49], paddedSize: 1 << 51)
        }
        let large = try GGUFSample.read(sample.headerBytes, fileSize: 1 << 60)
        #expect(throws: ModelShape.Problem.self) { try ModelShape([large]) }
    }

    @Test func partsThatDoNotBelongTogetherAreRefused() throws {
        let first = try part(0, of: 2, total: 2, ["blk.0.a"])
        let second = try part(1, of: 2, total: 2, ["blk.1.a"])
        let other = try part(1, of: 2, total: 2, ["blk.0.a"])
        let cases: [([GGUFHeader], String)] = [
            ([second], "part 2 of 2"), ([first], "first of 2 parts"),
            ([first, first], "part 2 of 2 of the split model is another file: copy"),
            ([first, other], "is in two parts"),
            ([try part(0, of: 2, total: 9, ["blk.0.a"]), second], "2 tensors together, not the 9"),
        ]
        for (headers, says) in cases {
            let problem = try #require(throws: ModelShape.Problem.self) { try ModelShape(headers) }
            #expect(problem.message.contains(says), "\(problem.message)")
        }
    }
}
