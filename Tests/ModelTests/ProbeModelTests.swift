import Testing

@testable import Model
@testable import ModelMaker
@testable import Samples

@Suite struct ProbeModelTests {
    /// The header of a probe, read as the header of any model.
    private static func header(of probe: ProbeModel) throws -> GGUFHeader {
        try GGUFHeader(fileSize: probe.fileSize) { offset, count in
            let start = min(Int(offset), probe.header.count)
            return Array(probe.header[start..<min(start + count, probe.header.count)])
        }
    }

    private static let models: [RandomModel] = [
        .with { $0.layers = 8 },
        .with {
            $0.architecture = .qwen3moe; $0.experts = 4; $0.layers = 6
        },
        .with {
            $0.architecture = .gemma3; $0.layers = 12
        }, .with { $0.isTied = true },
        .with {
            $0.storage = .q8_0; $0.layers = 3
        },
    ]

    @Test(arguments: models) func itsLayersAreThoseOfTheModel(_ model: RandomModel) throws {
        let whole = try model.shape()
        let pair = try ProbeModel.pair(of: [model.header()], longest: 1 << 20)
        #expect(pair.small.layers == 2 && pair.large.layers == model.layers)
        for probe in [pair.small, pair.large] {
            let header = try Self.header(of: probe)
            let shape = try ModelShape([header])
            #expect(shape.layers == Array(whole.layers.prefix(probe.layers)))
            #expect(shape.output == whole.output && shape.input == whole.input)
            #expect(shape.vocabulary == whole.vocabulary && shape.heads == whole.heads)
            #expect(shape.feedForward == whole.feedForward && shape.query == whole.query)
            #expect(header.metadata["tokenizer.ggml.model"] == .string("none"))
            #expect(!header.metadata.keys.contains("tokenizer.ggml.tokens"))
            let last = try #require(header.tensors.last)
            let end = header.dataOffset + last.offset + (last.byteCount + 31) / 32 * 32
            #expect(end == probe.fileSize)
        }
    }

    /// Leading layers without experts are left out of the difference.
    @Test func layersUnlikeTheOthersAreInBoth() {
        func counts(_ blockCount: Int, _ leading: Int) -> [Int]? {
            ProbeModel.counts(blockCount: blockCount, leading: leading, layerBytes: 1 << 30)
                .map { [$0.small, $0.large] }
        }
        #expect(counts(61, 3) == [4, 8])
        #expect(counts(61, 1_000_000) == [60, 61])
        #expect(counts(2, 0) == [1, 2])
        #expect(counts(1, 0) == nil)
    }

    /// Out of a cache layers are computed faster than a model that does not fit into it.
    @Test func smallLayersAreSoManyThatNoCacheTakesThem() {
        func large(_ layerBytes: UInt64) -> Int? {
            ProbeModel.counts(blockCount: 100, leading: 0, layerBytes: layerBytes)?.large
        }
        #expect(large(64 << 20) == 8)
        #expect(large(8 << 20) == 50)
        #expect(large(1 << 20) == 100)
        #expect(large(0) == 100)
    }

    @Test func layersThatPredictFurtherTokensAreInNone() throws {
        var header = try RandomModel.with { $0.layers = 9 }.header()
        header.metadata["llama.nextn_predict_layers"] = .unsigned(1)
        #expect(try ProbeModel.pair(of: [header], longest: 1 << 20).large.layers == 8)
        header.metadata["llama.nextn_predict_layers"] = .unsigned(9999)
        #expect(throws: ProbeModel.Problem.tooFewLayers) {
            try ProbeModel.pair(of: [header], longest: 1 << 20)
        }
    }

    /// What has no room for the header of so many layers takes fewer, at least four more.
    @Test func itsHeaderFitsACommandLine() throws {
        let header = try RandomModel.with { $0.layers = 40 }.header()
        let whole = try ProbeModel.pair(of: [header], longest: 1 << 20)
        #expect(whole.large.layers == 40)
        let less = try ProbeModel.pair(of: [header], longest: whole.large.header.count - 1)
        #expect(less.large.layers == 21)
        let least = try ProbeModel.pair(of: [header], longest: whole.large.header.count / 5)
        #expect(least.large.layers == 6 && least.small.layers == 2)
    }

    @Test func whatHasNoProbesIsRefused() throws {
        #expect(throws: ProbeModel.Problem.unreadable) { try ProbeModel.pair(of: [], longest: 1) }
        let model = RandomModel()
        #expect(throws: ProbeModel.Problem.tooLarge) {
            try ProbeModel.pair(of: [model.header()], longest: 100)
        }
        let one = RandomModel.with { $0.layers = 1 }
        #expect(throws: ProbeModel.Problem.tooFewLayers) {
            try ProbeModel.pair(of: [one.header()], longest: 1 << 20)
        }
    }

    @Test func theTinyOnesAreModels() throws {
        for probe in [ProbeModel.tiny, ProbeModel.weighty] {
            let shape = try ModelShape([Self.header(of: probe)])
            #expect(shape.blockCount == probe.layers && shape.vocabulary == 64)
        }
    }
}
