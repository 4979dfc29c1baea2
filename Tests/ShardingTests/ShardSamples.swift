@testable import Basics
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples
@testable import Sharding

/// Models whose tensors are large enough for shards, as headers: none of their weights is made.
enum ShardSample {
    static let id = ModelID(SHA256())

    /// Matrices of 8, 16 and 64 MiB in f16, an embedding of 64.
    static let model = RandomModel.with {
        $0.layers = 4
        $0.embedding = 2048
        $0.heads = 16
        $0.keyValueHeads = 4
        $0.feedForward = 4096
        $0.vocabulary = 16384
    }

    static func placement(
        _ model: RandomModel = model, limits: [UInt64] = [4096, 4096],
        participants: PlacementParticipants = .workersOnly, cpuExperts: Int = 0
    ) throws -> ModelPlacement {
        try placement(
            of: try model.shape(), limits: limits, participants: participants,
            cpuExperts: cpuExperts)
    }

    static func placement(
        of shape: ModelShape, limits: [UInt64] = [4096, 4096],
        participants: PlacementParticipants = .workersOnly, cpuExperts: Int = 0
    ) throws -> ModelPlacement {
        let devices = limits.enumerated().map { index, limit in
            PlacementDevice(
                node: .worker(index + 1), name: "RPC\(index)",
                address: "127.0.0.1:\(50052 + index)",
                limit: limit << 20, takesAnyEmbedding: true)
        }
        var request = PlacementRequest(
            shape: shape, context: .sample(), strategy: .even,
            participants: participants, devices: devices, coordinatorLimit: 64 << 30)
        request.cpuExperts = cpuExperts
        return try Placement.of(request)
    }

    static func layout(
        _ model: RandomModel = model, limits: [UInt64] = [4096, 4096],
        participants: PlacementParticipants = .workersOnly, cpuExperts: Int = 0
    ) throws -> ShardLayout {
        let header = try model.header()
        return try ShardLayout(
            id, [(header, fileSize(header))],
            try placement(
                model, limits: limits, participants: participants, cpuExperts: cpuExperts))
    }

    static func fileSize(_ header: GGUFHeader) -> UInt64 {
        header.dataOffset + (header.tensors.map { $0.offset + $0.byteCount }.max() ?? 0)
    }

    /// What lies there after a layout was stored; digests are made up.
    static func manifest(_ layout: ShardLayout) -> ShardManifest {
        ShardManifest(
            id: layout.id, cluster: "home", model: "/models/a.gguf", placement: "0123456789abcdef",
            tensors: layout.tensors.map {
                .init(
                    name: $0.name, holder: ShardFolder.name(of: $0.holder, cluster: "home"),
                    byteCount: $0.byteCount, fileName: $0.fileName,
                    digest: SHA256.hex($0.name.utf8))
            },
            skeleton: layout.skeleton.map { file in
                .init(
                    name: file.name, byteCount: file.byteCount,
                    runs: file.runs.map {
                        .init(range: $0, digest: SHA256.hex("\($0)".utf8))
                    })
            })
    }
}
