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
        #expect(pair.small.layers == 2 && pair.large.layers == min(6, model.layers))
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
        #expect(ProbeModel.counts(blockCount: 61, leading: 3)?.small == 4)
        #expect(ProbeModel.counts(blockCount: 61, leading: 3)?.large == 8)
        #expect(ProbeModel.counts(blockCount: 61, leading: 1_000_000)?.small == 60)
        #expect(ProbeModel.counts(blockCount: 2, leading: 0)?.small == 1)
        #expect(ProbeModel.counts(blockCount: 2, leading: 0)?.large == 2)
        #expect(ProbeModel.counts(blockCount: 1, leading: 0) == nil)
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
        for probe in [ProbeModel.tiny.small, ProbeModel.tiny.large] {
            let shape = try ModelShape([Self.header(of: probe)])
            #expect(shape.blockCount == probe.layers && shape.vocabulary == 64)
        }
    }
}
