/// How layers are distributed over devices.
public enum PlacementStrategy: String, Equatable, Sendable, Codable, CaseIterable {
    /// The same number of layers for each.
    case even
    /// So that each device is filled to the same share of its memory.
    case memoryAware = "memory_aware"
    /// So that each device takes the same time, within its memory.
    case speedAware = "speed_aware"
    /// As `placement.layers` says.
    case manual
}

/// Who may hold layers.
public enum PlacementParticipants: String, Equatable, Sendable, Codable, CaseIterable {
    /// RPC backends only; the coordinator holds no weights at all, not even the embedding.
    case workersOnly = "workers_only"
    /// The coordinator's GPUs too, and its CPU as far as the others cannot hold the model.
    case withCoordinator = "with_coordinator"
}

/// What one device can take.
public struct PlacementDevice: Equatable, Sendable {
    /// The backend that offers it, `worker-1`, or `coordinator` for a GPU of its own.
    public var node: String
    /// llama.cpp's name: `RPC0`, `CUDA0`.
    public var name: String
    /// What the coordinator dials, nil for a device of its own.
    public var address: String?
    /// Bytes that it may hold, or nil when nobody has measured it.
    public var limit: UInt64?
    /// The configured limit, if there is one.
    public var configured: UInt64?
    /// How fast it is compared with the others, or nil when nobody has said.
    public var speed: Double?
    /// Whether its memory is that of an rpc-server on a CPU.
    public var isProcess: Bool
    /// Whether it can look up rows of every storage type: a CPU can, a GPU only of simple ones.
    public var takesAnyEmbedding: Bool

    /// A device with these properties.
    public init(
        node: String, name: String, address: String? = nil, limit: UInt64? = nil,
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

/// Everything that a placement depends on; the same request gives the same placement.
public struct PlacementRequest: Equatable, Sendable {
    /// The model.
    public var shape: ModelShape
    /// Context, slots and types of the cache.
    public var context: ContextSettings
    /// How layers are distributed.
    public var strategy: PlacementStrategy
    /// Who may hold layers.
    public var participants: PlacementParticipants
    /// In llama.cpp's order; at most `LayerPlacement.maxDevices`.
    public var devices: [PlacementDevice]
    /// Bytes that the coordinator's process may hold, or nil when nobody has measured it.
    public var coordinatorLimit: UInt64?
    /// `placement.layers`: a number for each device.
    public var manual: [Int] = []
    /// Whether the llama.cpp at hand can move the embedding to a device (`-ot`).
    public var canOverride = true
}
