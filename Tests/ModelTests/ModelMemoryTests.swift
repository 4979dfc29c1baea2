import Testing

@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples

/// Against what llama-server 0.7.0 printed at `-lv 4` for the same random models (MiB). The whole
/// chain is compared with real servers in `ClusterTests/PlannedAgainstRealTests`.
@Suite struct ModelMemoryTests {
    struct Measured: Sendable {
        var name: String
        var model: RandomModel
        var context: ContextSettings
        /// Layers of each device.
        var counts: [Int]
        var weights: [Double]
        var cache: [Double]
        /// Compute buffers of the devices, then of the coordinator's CPU.
        var compute: [Double]
        var isPipelined = true
    }

    static let measured: [Measured] = [
        .init(
            name: "llama", model: .with { _ in }, context: .sample(), counts: [5, 4],
            weights: [7.51, 4.63], cache: [10, 6], compute: [28.55, 24.04, 21.07]),
        .init(
            name: "qwen2 with biases", model: .with { $0.architecture = .qwen2 },
            context: .sample(), counts: [5, 4], weights: [7.52, 4.64], cache: [10, 6],
            compute: [28.55, 24.04, 21.07]),
        .init(
            name: "qwen3 with long heads",
            model: .with {
                $0.architecture = .qwen3
                $0.headLength = 64
            }, context: .sample(), counts: [5, 4], weights: [9.39, 5.76], cache: [20, 12],
            compute: [28.55, 24.04, 21.07]),
        .init(
            name: "experts", model: .with { $0.experts = 8 }, context: .sample(), counts: [5, 4],
            weights: [46.92, 28.28], cache: [10, 6], compute: [33.05, 28.54, 21.07]),
        .init(
            name: "many experts used",
            model: .with {
                $0.feedForward = 512
                $0.experts = 16
                $0.expertsUsed = 8
            }, context: .sample(tokens: 2048), counts: [5, 4], weights: [61.96, 37.31],
            cache: [5, 3], compute: [40.05, 35.54, 13.07]),
        .init(
            name: "qwen3moe in q4_K",
            model: .with {
                $0.architecture = .qwen3moe
                $0.experts = 8
                $0.storage = .q4_K
            }, context: .sample(), counts: [5, 4], weights: [13.23, 7.98], cache: [10, 6],
            compute: [33.05, 28.54, 21.07]),
        .init(
            name: "gemma2", model: .with { $0.architecture = .gemma2 }, context: .sample(),
            counts: [5, 4], weights: [7.52, 4.64], cache: [5.5, 4.5],
            compute: [32.59, 28.07, 25.1]),
        .init(
            name: "gemma3",
            model: .with {
                $0.architecture = .gemma3
                $0.layers = 12
            }, context: .sample(), counts: [7, 6], weights: [10.53, 7.65], cache: [5, 4],
            compute: [32.59, 28.07, 25.11]),
        .init(
            name: "mixed types, larger vocabulary",
            model: .with {
                $0.storage = .mixed
                $0.vocabulary = 4000
            }, context: .sample(), counts: [5, 4], weights: [2.4, 2.24], cache: [10, 6],
            compute: [28.55, 24.04, 21.07]),
        .init(
            name: "wide feed-forward",
            model: .with {
                $0.embedding = 512
                $0.feedForward = 4096
            }, context: .sample(), counts: [5, 4], weights: [67.52, 40.77], cache: [20, 12],
            compute: [56.05, 47.04, 26.07]),
        .init(
            name: "four slots",
            model: .with {
                $0.embedding = 512
                $0.feedForward = 1024
            }, context: .sample(tokens: 16384, slots: 4), counts: [5, 4], weights: [22.52, 13.77],
            cache: [80, 48], compute: [37.05, 28.04, 26.07]),
        .init(
            name: "small micro-batch",
            model: .with {
                $0.embedding = 512
                $0.feedForward = 1024
            }, context: .sample(["-ub", "128"]), counts: [5, 4], weights: [22.52, 13.77],
            cache: [20, 12], compute: [9.26, 7.01, 6.52]),
        .init(
            name: "quantised cache",
            model: .with {
                $0.embedding = 512
                $0.feedForward = 1024
            }, context: .sample(["-ctk", "q8_0", "-ctv", "q8_0"]), counts: [5, 4],
            weights: [22.52, 13.77], cache: [10.62, 6.38], compute: [37.18, 28.16, 26.2]),
        .init(
            name: "without flash attention",
            model: .with {
                $0.embedding = 512
                $0.feedForward = 1024
            }, context: .sample(["-fa", "off"]), counts: [5, 4], weights: [22.52, 13.77],
            cache: [20, 12], compute: [117.04, 108.02, 46.05]),
        .init(
            name: "one device",
            model: .with {
                $0.embedding = 512
                $0.feedForward = 1024
            }, context: .sample(), counts: [9], weights: [36.29], cache: [32],
            compute: [14.01, 8.02], isPipelined: false),
    ]

    @Test(arguments: measured.map(\.name))
    func isWhatServersReported(_ name: String) throws {
        let sample = try #require(Self.measured.first { $0.name == name })
        let memory = ModelMemory(
            shape: try sample.model.shape(), context: sample.context,
            isPipelined: sample.isPipelined)
        let ranges = LayerPlacement.ranges(counts: sample.counts)
        for (index, range) in ranges.enumerated() {
            let load = memory.load(ofDevice: range)
            let weights = Self.mebibytes(load.weights)
            let cache = Self.mebibytes(load.cache)
            #expect(Self.isRounded(weights, sample.weights[index]), "\(weights)")
            #expect(Self.isRounded(cache, sample.cache[index]), "\(cache)")
            let hasOutput = range.contains(sample.model.layers)
            let bound = Self.mebibytes(memory.computeBytes(withOutput: hasOutput))
            let (least, most) = (sample.compute[index], sample.compute[index] * 1.6 + 1)
            #expect(bound >= least && bound <= most, "\(bound) of device \(index)")
        }
        let host = Self.mebibytes(memory.hostCompute(holdsLayers: false))
        let reported = sample.compute[ranges.count]
        let most = reported * 1.3 + 1.1
        #expect(host >= reported && host <= most, "\(host)")
    }

    /// Whether two decimals are what is printed of a value.
    private static func isRounded(_ value: Double, _ printed: Double) -> Bool {
        abs(value - printed) < 0.0051
    }

    private static func mebibytes(_ bytes: UInt64) -> Double { Double(bytes) / 1_048_576 }

    @Test func contextIsPaddedAsLlamaCppDoes() {
        #expect(ContextSettings.sample(tokens: 1).cells == 256)
        #expect(ContextSettings.sample(tokens: 4097).cells == 4352)
        let slots = ContextSettings.sample(tokens: 4096, slots: 3)
        #expect([slots.cells, slots.streams, slots.paddedContext] == [1536, 3, 4608])
        let unified = ContextSettings.sample(tokens: 4096, slots: 3, ["--kv-unified"])
        #expect([unified.cells, unified.streams, unified.paddedContext] == [4096, 1, 4096])
        #expect(slots.cells(window: 512) == 1024)
        #expect(unified.cells(window: 512) == 2048)
        #expect(ContextSettings.sample(["--swa-full"]).cells(window: 512) == 4096)
        #expect(ContextSettings.sample(tokens: 256).cells(window: 512) == 256)
    }

    @Test func theUsersOwnOptionsCount() {
        let spelled = ContextSettings.sample([
            "--cache-type-k=q8_0", "-ctv", "q4_0", "-b", "64", "--mmproj-url", "x", "-nkvo",
        ])
        #expect(spelled.keyType.name == "q8_0" && spelled.valueType.name == "q4_0")
        #expect(spelled.microBatch == 64)
        #expect(spelled.uncounted == ["the projector (--mmproj-url)"])
        #expect(spelled.cacheOnCoordinator)
        let variables = ContextSettings.sample(environment: [
            "LLAMA_ARG_CACHE_TYPE_K": "q8_0", "LLAMA_ARG_UBATCH": "256",
        ])
        #expect(variables.keyType.name == "q8_0" && variables.microBatch == 256)
        #expect(ContextSettings.sample(["-ub", "0", "-ctk", "nonsense"]) == .sample())
    }

    @Test func theEmbeddingIsWhereItIsPut() throws {
        for isTied in [false, true] {
            let shape = try RandomModel.with { $0.isTied = isTied }.shape()
            let usual = ModelMemory(shape: shape, context: .sample())
            let moved = ModelMemory(shape: shape, context: .sample(), overridesEmbedding: true)
            #expect(usual.load(ofCoordinator: 0).weights == shape.input.bytes)
            #expect(moved.load(ofCoordinator: 0).weights == 0)
            // Measured: a tied model's embedding is there once on the device of the output.
            let output = moved.load(ofDevice: 5..<9, holdsEmbedding: true).weights
            let without = usual.load(ofDevice: 5..<9).weights
            let expected = isTied ? without : without + shape.input.bytes
            #expect(output == expected)
        }
    }

    @Test func nothingIsHeldWithoutLayers() throws {
        let memory = ModelMemory(shape: try RandomModel().shape(), context: .sample())
        #expect(memory.load(ofDevice: 3..<3).total == 0)
    }
}
