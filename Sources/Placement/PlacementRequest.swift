import Basics
import Model

/// How layers are distributed over devices.
package enum PlacementStrategy: String, Equatable, Sendable, Codable, CaseIterable {
    /// The same number of layers for each.
    case even
    /// So that each device is filled to the same share of its memory.
    case memoryAware = "memory_aware"
    /// So that a token takes the least time, within memory.
    case fastest
    /// As `placement.layers` says.
    case manual

    /// What `fastest` was called when it shared layers out in proportion to speeds.
    private static let formerName = "speed_aware"

    /// What people may write.
    package static let words = allCases.map(\.rawValue) + [formerName]

    /// What people mean by a word, or nil.
    package init?(word: String) {
        self.init(rawValue: word == Self.formerName ? Self.fastest.rawValue : word)
    }

    /// The strategy where nobody names one.
    ///
    /// - Parameter cpuExperts: layers whose experts the coordinator's CPU computes, for which no
    ///   device has been measured.
    package static func standard(
        for devices: [PlacementDevice], cpuExperts: Int = 0
    ) -> PlacementStrategy {
        let isMeasured =
            !devices.isEmpty && devices.allSatisfy { $0.pace != nil } && cpuExperts == 0
        return isMeasured ? .fastest : .memoryAware
    }

    /// A strategy as people and older releases wrote it.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let known = Self(word: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no strategy has this name")
        }
        self = known
    }
}

/// Who may hold layers.
package enum PlacementParticipants: String, Equatable, Sendable, Codable, CaseIterable {
    /// RPC backends only; the coordinator holds no weights at all, not even the embedding.
    case workersOnly = "workers_only"
    /// The coordinator's GPUs too, and its CPU as far as the others cannot hold the model.
    case withCoordinator = "with_coordinator"
}

/// What one device can take.
package struct PlacementDevice: Equatable, Codable, Sendable {
    /// The backend that offers it, or the coordinator for a GPU of its own.
    package var node: Node
    /// llama.cpp's name: `RPC0`, `CUDA0`.
    package var name: String
    /// What the coordinator dials, nil for a device of its own.
    package var address: String?
    /// Bytes that it may hold, or nil when nobody has measured it.
    package var limit: UInt64?
    /// The configured limit, if there is one.
    package var configured: UInt64?
    /// How fast it is compared with the others, or nil when nobody has said.
    package var speed: Double?
    /// How long it takes for this model's layers, or nil when nobody has measured it.
    package var pace: DevicePace?
    /// The same if its worker were reached directly; nil where it is, or where nobody has measured
    /// both ways. No placement goes by it.
    package var directPace: DevicePace?
    /// Whether its memory is that of an rpc-server on a CPU.
    package var isProcess: Bool
    /// Whether it can look up rows of every storage type: a CPU can, a GPU only of simple ones.
    package var takesAnyEmbedding: Bool

    /// A device with these properties.
    package init(
        node: Node, name: String, address: String? = nil, limit: UInt64? = nil,
        configured: UInt64? = nil, speed: Double? = nil, isProcess: Bool = true,
        takesAnyEmbedding: Bool = false
    ) {
        self.node = node
        self.name = name
        self.address = address
        self.limit = limit
        self.configured = configured
        self.speed = speed
        self.isProcess = isProcess
        self.takesAnyEmbedding = takesAnyEmbedding
    }
}

extension PlacementDevice {
    /// The name of the device of an RPC server at that place in the coordinator's list.
    package static func numbered(_ index: Int) -> String { "RPC\(index)" }

    /// Whether it is named by its place; older releases name a device after its server.
    var isNumbered: Bool { address != nil && !name.hasPrefix("RPC[") }
}

/// What the coordinator's process holds for a file that it loads beside the model.
package struct CompanionLoad: Equatable, Codable, Sendable {
    /// What it is.
    package var kind: CompanionFile.Kind
    /// In bytes.
    package var load: ModelMemory.Load

    /// So much for a file of that kind.
    package init(_ kind: CompanionFile.Kind, _ load: ModelMemory.Load) {
        self.kind = kind
        self.load = load
    }
}

extension PlacementRequest {
    /// All companions together.
    package var companionLoad: ModelMemory.Load {
        companions.reduce(ModelMemory.Load()) { $0 + $1.load }
    }
}

/// Everything that a placement depends on; the same request gives the same placement.
package struct PlacementRequest: Equatable, Codable, Sendable {
    /// The model.
    package var shape: ModelShape
    /// Context, slots and types of the cache.
    package var context: ContextSettings
    /// How layers are distributed.
    package var strategy: PlacementStrategy
    /// Who may hold layers.
    package var participants: PlacementParticipants
    /// In llama.cpp's order; at most `LayerPlacement.maxDevices`.
    package var devices: [PlacementDevice]
    /// Bytes that the coordinator's process may hold, or nil when nobody has measured it.
    package var coordinatorLimit: UInt64?
    /// How long the coordinator's CPU takes, or nil when nobody has measured it.
    package var coordinatorPace: DevicePace?
    /// `placement.layers`: a number for each device.
    package var manual: [Int] = []
    /// Whether the llama.cpp at hand can move the embedding to a device (`-ot`).
    package var canOverride = true
    /// How many layers with experts keep these on the coordinator's CPU, from the first on.
    package var cpuExperts = 0
    /// What the coordinator holds besides the model.
    package var companions: [CompanionLoad] = []
    /// Workers that are not started where the fastest placement gives them no layer.
    package var possibleSpares: [Node] = []
    /// Whether nobody has named the strategy, so that it may become another one by itself.
    package var isStandard = false

    /// A request for this model and these devices.
    package init(
        shape: ModelShape, context: ContextSettings, strategy: PlacementStrategy,
        participants: PlacementParticipants, devices: [PlacementDevice],
        coordinatorLimit: UInt64? = nil, manual: [Int] = [], canOverride: Bool = true
    ) {
        self.shape = shape
        self.context = context
        self.strategy = strategy
        self.participants = participants
        self.devices = devices
        self.coordinatorLimit = coordinatorLimit
        self.manual = manual
        self.canOverride = canOverride
    }
}
