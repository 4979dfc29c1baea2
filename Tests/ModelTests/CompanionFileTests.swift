import Foundation
import Testing

@testable import Model
@testable import Samples

/// Files beside a model, by their headers.
@Suite struct CompanionFileTests {
    private static func header(
        _ keys: [(String, Int32, [UInt8])], _ tensors: [GGUFSample.Tensor]
    ) throws -> GGUFHeader {
        var sample = GGUFSample()
        sample.keys = keys.map { ($0.0, $0.1, $0.2) }
        sample.tensors = tensors
        return try sample.read()
    }

    @Test func anAdapterLiesWithTheLayersThatItChanges() throws {
        let header = try Self.header(
            [
                GGUFSample.text("general.architecture", "llama"),
                GGUFSample.text("adapter.type", "lora"),
            ],
            [
                .init(name: "blk.0.attn_q.weight.lora_a", dimensions: [32, 4], paddedSize: 512),
                .init(name: "blk.2.attn_q.weight.lora_b", dimensions: [4, 32], paddedSize: 512),
                .init(name: "output.weight.lora_a", dimensions: [8], paddedSize: 32),
            ])
        let file = try CompanionFile(header, as: .adapter)
        #expect(file.layers == [512, 0, 512] && file.rest == 32 && file.bytes == 1056)
        #expect(throws: ModelShape.Problem.self) { try CompanionFile(header, as: .projector) }
    }

    @Test func aProjectorIsOneByItsArchitecture() throws {
        let header = try Self.header(
            [GGUFSample.text("general.architecture", "clip")],
            [.init(name: "v.blk.0.attn_q.weight", dimensions: [32, 4], paddedSize: 512)])
        let file = try CompanionFile(header, as: .projector)
        #expect(file.layers.isEmpty && file.rest == 512)
        #expect(throws: ModelShape.Problem.self) { try CompanionFile(header, as: .adapter) }
    }

    /// ollama/ollama 9734, 10509: vision models of its library carry a projector.
    @Test func ollamaKeepsThemAsLayers() throws {
        let digits = ["0", "1", "2"].map { String(repeating: $0, count: 64) }
        let kinds = ["model", "projector", "adapter"]
        let layers = zip(kinds, digits).map {
            #"{"mediaType": "application/vnd.ollama.image.\#($0)", "digest": "sha256:\#($1)"}"#
        }
        let manifest = Data(#"{"layers": [\#(layers.joined(separator: ","))]}"#.utf8)
        let paths = try OllamaModel.companionPaths(manifest: manifest)
        #expect(paths.map(\.kind) == [.projector, .adapter])
        #expect(paths.map(\.path) == ["blobs/sha256-\(digits[1])", "blobs/sha256-\(digits[2])"])
        #expect(try OllamaModel.blobPath(manifest: manifest) == "blobs/sha256-\(digits[0])")
    }

    @Test func layersWithTheSameNumberLieTogether() {
        #expect(TensorPlace("enc.blk.3.attn_q.weight") == .layer(3))
        #expect(TensorPlace("dec.blk.3.cross_attn_q.weight") == .layer(3))
        #expect(TensorPlace("enc.output_norm.weight") == .output)
        #expect(TensorPlace("dec.output_norm.weight") == .output)
    }

    @Test func expertsAreCountedFromTheFirstLayerThatHasSome() throws {
        var shape = SampleSpecs.shape(layers: 6)
        for index in [2, 3, 5] { shape.layers[index].experts = .init(bytes: 64, largest: 32) }
        #expect((0...4).map(shape.layersUpToExperts) == [0, 3, 4, 6, 6])
        #expect(shape.expertLayers == 3)
        for name in ["ffn_up_exps.weight", "ffn_gate_up_exps.weight", "ffn_down_chexps.weight"] {
            #expect(TensorPlace.isExperts("blk.1." + name))
        }
        #expect(!TensorPlace.isExperts("blk.1.ffn_gate_inp.weight"))
        #expect(!TensorPlace.isExperts("blk.1.ffn_up_shexp.weight"))
    }

    @Test func aFirstPartUnderAPlainNameIsExplained() throws {
        var sample = GGUFSample()
        sample.keys += [
            GGUFSample.scalar("split.no", 2, UInt16(0)),
            GGUFSample.scalar("split.count", 2, UInt16(3)),
        ].map { ($0.0, $0.1, $0.2) }
        let header = try sample.read()
        let problem = #expect(throws: ModelShape.Problem.self) { try ModelShape([header]) }
        #expect(
            problem?.message
                == "it is the first of 3 parts of a split model, and llama.cpp finds the others "
                + "only where its name ends in -00001-of-00003.gguf: give all parts their names "
                + "back, or join them with llama-gguf-split --merge")
    }
}
