import Testing

@testable import Basics
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples
@testable import Sharding

@Suite struct ShardLayoutTests {
    /// A tensor that the plan counts elsewhere would be a hole in somebody's memory: by the plan's
    /// own sums, each device gets what lies with it and nothing else.
    @Test(arguments: RandomModel.Architecture.allCases)
    func homesAreThoseOfThePlan(_ architecture: RandomModel.Architecture) throws {
        let model = RandomModel.with {
            $0.architecture = architecture
            $0.layers = 6
            $0.experts = architecture == .qwen3moe ? 4 : 0
        }
        for participants in [PlacementParticipants.workersOnly, .withCoordinator] {
            for cpuExperts in [0, 2] {
                let placement = try ShardSample.placement(
                    model, participants: participants, cpuExperts: cpuExperts)
                var weights = [UInt64](repeating: 0, count: 2)
                let header = try model.header()
                for tensor in header.tensors {
                    let padded = (tensor.byteCount + 31) / 32 * 32
                    switch placement.home(ofTensor: tensor.name) {
                    case .device(let device): weights[device] += padded
                    case .coordinator: break
                    case .several where tensor.name == "token_embd.weight": weights[1] += padded
                    case .several:
                        // What only some architectures have lies with the output.
                        if TensorPlace(tensor.name) == .output { weights[1] += padded }
                    }
                }
                #expect(weights == placement.loads.map(\.weights))
            }
        }
    }

    @Test func largeTensorsOfWorkersAreShardedAndNothingElse() throws {
        let layout = try ShardSample.layout()
        let header = try ShardSample.model.header()
        let large = header.tensors.filter { $0.byteCount > ShardedTensor.threshold }
        // With `workers_only` the embedding is the first worker's, too.
        #expect(layout.tensors.map(\.name) == large.map(\.name))
        #expect(layout.tensors(of: .worker(1)).contains { $0.name == "token_embd.weight" })
        #expect(layout.tensors(of: .worker(2)).contains { $0.name == "output.weight" })
        #expect(layout.holders == [.worker(1), .worker(2)])
        #expect(Set(layout.tensors.map(\.fileName)).count == large.count)
        let stored = [.coordinator, .worker(1), .worker(2)].map(layout.storedBytes)
        let fileSize = ShardSample.fileSize(header)
        let block = SkeletonFile.block * UInt64(2 * large.count)
        #expect((fileSize...(fileSize + block)).contains(stored.reduce(0, +)))
    }

    @Test func whatSeveralHaveStays() throws {
        let tied = RandomModel.with {
            $0 = ShardSample.model
            $0.isTied = true
        }
        let names = { (layout: ShardLayout) in Set(layout.tensors.map(\.name)) }
        let kept = try ShardSample.layout(tied, participants: .withCoordinator)
        #expect(!names(kept).contains("token_embd.weight"))
        // Where it is moved to the device of the output it is there once.
        let moved = try ShardSample.layout(tied)
        #expect(moved.tensors(of: .worker(2)).map(\.name).contains("token_embd.weight"))
    }

    @Test func whatStaysWithTheCoordinatorIsNoHole() throws {
        let experts = RandomModel.with {
            $0 = ShardSample.model
            $0.architecture = .qwen3moe
            $0.experts = 4
        }
        let layout = try ShardSample.layout(
            experts, participants: .withCoordinator, cpuExperts: 3)
        let names = layout.tensors.map(\.name)
        #expect(!names.contains("blk.2.ffn_up_exps.weight"))
        #expect(names.contains("blk.3.ffn_up_exps.weight"))
        #expect(!names.contains("token_embd.weight"))
    }

    /// llama.cpp may pass over the layers that predict more than one token: what a worker has read
    /// would fall short of its shard.
    @Test func layersThatMayNotBeLoadedStay() throws {
        var header = try ShardSample.model.header()
        header.metadata["llama.nextn_predict_layers"] = .unsigned(1)
        let layout = try ShardLayout(
            ShardSample.id, [(header, ShardSample.fileSize(header))],
            try ShardSample.placement(of: try ModelShape([header])))
        let names = layout.tensors.map(\.name)
        #expect(names.contains("blk.2.ffn_up.weight") && names.contains("output.weight"))
        #expect(!names.contains { $0.hasPrefix("blk.3.") })
        // A count that no model can have keeps all of them, and none beyond.
        header.metadata["llama.nextn_predict_layers"] = .unsigned(9999)
        let none = try ShardSample.placement(of: try ModelShape([header]))
        #expect(none.home(ofTensor: "blk.0.ffn_up.weight") == .several)
        #expect(none.home(ofTensor: "output.weight") != .several)
    }

    @Test func aBackendOfOthersGetsNoFiles() throws {
        let header = try ShardSample.model.header()
        let layout = try ShardLayout(
            ShardSample.id, [(header, ShardSample.fileSize(header))],
            try ShardSample.placement(), shards: { $0 == .worker(2) })
        #expect(layout.holders == [.worker(2)])
    }

    /// A web server names any length, and a piece of each 64 MiB would be in memory.
    @Test func aFileOfAnyLengthIsRefused() throws {
        let header = try ShardSample.model.header()
        let size = ShardSample.fileSize(header)
        let placement = try ShardSample.placement()
        let longest = try ShardLayout(ShardSample.id, [(header, 2 << 40)], placement)
        #expect(longest.skeleton[0].runs.count < 1 << 15 + 100)
        let problem = #expect(throws: ShardLayout.Problem.self) {
            try ShardLayout(ShardSample.id, [(header, size), (header, 1 << 48)], placement)
        }
        #expect(problem?.message.contains("it has 256 TiB") == true, "\(problem?.message ?? "")")
    }

    /// The same tensor has the same file wherever it lies, so that moving is copying.
    @Test func aFileKeepsItsNameWhenItMoves() throws {
        let two = try ShardSample.layout()
        let three = try ShardSample.layout(limits: [4096, 4096, 4096])
        #expect(two.tensors.map(\.fileName) == three.tensors.map(\.fileName))
        #expect(two.tensors.map(\.holder) != three.tensors.map(\.holder))
    }
}
