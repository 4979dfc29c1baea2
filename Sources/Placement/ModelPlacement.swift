import Basics
import Model

/// Which layer goes where, and what every process holds then.
package struct ModelPlacement: Equatable, Codable, Sendable {
    /// What was asked for.
    package let request: PlacementRequest
    /// How the layers were distributed in the end.
    package let strategy: PlacementStrategy
    /// Leading layers on the coordinator's CPU.
    package let coordinatorLayers: Int
    /// Layers of each device, the output layer included, in device order.
    package let counts: [Int]
    /// The device that the embedding is moved to, or nil: it is on the coordinator's CPU.
    package let embeddingDevice: Int?
    /// What each device holds, in device order.
    package let loads: [ModelMemory.Load]
    /// What the coordinator's process holds, without its GPUs.
    package let coordinatorLoad: ModelMemory.Load
    /// Why another strategy than the wanted was used, or what was assumed.
    package let notes: [String]

    /// The layers of each device.
    package var ranges: [Range<Int>] {
        LayerPlacement.ranges(counts: counts).map {
            ($0.lowerBound + coordinatorLayers)..<($0.upperBound + coordinatorLayers)
        }
    }

    /// Bytes by which a device holds more than it may; 0 when it fits or nobody knows.
    package func excess(of device: Int) -> UInt64 {
        Self.excess(loads[device], request.devices[device].limit)
    }

    /// The same of the coordinator's process.
    package var coordinatorExcess: UInt64 {
        Self.excess(coordinatorLoad, request.coordinatorLimit)
    }

    private static func excess(_ load: ModelMemory.Load, _ limit: UInt64?) -> UInt64 {
        guard let limit, load.total > limit else { return 0 }
        return load.total - limit
    }

    /// Whether nothing holds more than it may, as far as is known.
    package var fits: Bool {
        coordinatorExcess == 0 && loads.indices.allSatisfy { excess(of: $0) == 0 }
    }

    /// A placement of these counts, with everything that follows from them.
    init(
        _ request: PlacementRequest, strategy: PlacementStrategy, coordinatorLayers: Int,
        counts: [Int], notes: [String] = []
    ) {
        self.request = request
        self.strategy = strategy
        self.coordinatorLayers = coordinatorLayers
        self.counts = counts
        self.notes = notes
        let ranges = LayerPlacement.ranges(counts: counts).map {
            ($0.lowerBound + coordinatorLayers)..<($0.upperBound + coordinatorLayers)
        }
        embeddingDevice = Self.embeddingDevice(request, ranges)
        let memory = Self.memory(
            request, coordinatorLayers: coordinatorLayers,
            started: Self.started(request, strategy, counts))
        let target = embeddingDevice
        loads = ranges.indices.map { index in
            memory.load(
                ofDevice: ranges[index], isProcess: request.devices[index].isProcess,
                holdsEmbedding: index == target)
        }
        coordinatorLoad = memory.load(ofCoordinator: coordinatorLayers) + request.companionLoad
    }

    /// Whether none of that node's devices holds a layer.
    package func hasNoLayer(on node: Node) -> Bool {
        !zip(request.devices, counts).contains { $0.node == node && $1 > 0 }
    }

    /// Why the fastest placement gives these devices no layer, as what follows their name.
    package func reasonForNoLayer(on isMeant: (PlacementDevice) -> Bool) -> String {
        var roomy = request
        for index in roomy.devices.indices where isMeant(roomy.devices[index]) {
            roomy.devices[index].limit = nil
        }
        let counts = (try? Placement.of(roomy))?.counts ?? []
        return zip(roomy.devices, counts).contains { isMeant($0) && $1 > 0 }
            ? "it may hold too little for layers that would help"
            : "a token takes no less time with it"
    }

    /// The same layers where they are, without the devices of nodes that hold none. llama.cpp
    /// numbers the devices of what it is given, so names behind them change.
    package func without(_ nodes: [Node]) -> ModelPlacement {
        let kept = request.devices.indices.filter { !nodes.contains(request.devices[$0].node) }
        var rest = request
        rest.devices = kept.map { request.devices[$0] }
        for index in rest.devices.indices where rest.devices[index].isNumbered {
            rest.devices[index].name = PlacementDevice.numbered(index)
        }
        return ModelPlacement(
            rest, strategy: strategy, coordinatorLayers: coordinatorLayers,
            counts: kept.map { counts[$0] }, notes: notes)
    }

    /// Storage types whose rows a GPU can look up (`ggml-cuda/getrows.cu`); with RPC, nobody asks
    /// it before, so that others would abort the worker.
    private static let simpleTypes: Set<String> = [
        "f32", "f16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0",
    ]

    static func canTakeEmbedding(_ device: PlacementDevice, _ shape: ModelShape) -> Bool {
        device.address != nil
            && (device.takesAnyEmbedding || simpleTypes.contains(shape.embeddingStorage))
    }

    /// Whether the coordinator gets no weights at all.
    static func movesEmbedding(_ request: PlacementRequest) -> Bool {
        request.participants == .workersOnly && request.canOverride
            && request.devices.contains { canTakeEmbedding($0, request.shape) }
    }

    /// A tied model's embedding goes to the device of the output layer, which needs it anyway;
    /// another's to the device of the first layer, which needs what it yields.
    private static func embeddingDevice(
        _ request: PlacementRequest, _ ranges: [Range<Int>]
    ) -> Int? {
        guard movesEmbedding(request) else { return nil }
        let able = ranges.indices.filter { canTakeEmbedding(request.devices[$0], request.shape) }
        let used = able.filter { !ranges[$0].isEmpty }
        return (request.shape.isTied ? used.last : used.first) ?? able.first
    }

    /// How many devices there are once spares have been left out.
    private static func started(
        _ request: PlacementRequest, _ strategy: PlacementStrategy, _ counts: [Int]
    ) -> Int {
        guard strategy == .fastest else { return request.devices.count }
        let used = zip(request.devices, counts).filter { $1 > 0 }.map(\.0.node)
        return request.devices.count {
            used.contains($0.node) || !request.possibleSpares.contains($0.node)
        }
    }

    /// llama.cpp computes micro-batches in parallel over two devices or more unless a layer stays
    /// on the CPU or a tensor is overridden (`llama-context.cpp`).
    ///
    /// - Parameter started: how many devices there are; nil: all.
    package static func memory(
        _ request: PlacementRequest, coordinatorLayers: Int, started: Int? = nil
    ) -> ModelMemory {
        let moves = movesEmbedding(request)
        let experts = request.shape.layersUpToExperts(request.cpuExperts)
        var memory = ModelMemory(
            shape: request.shape, context: request.context,
            isPipelined: (started ?? request.devices.count) > 1 && coordinatorLayers == 0 && !moves
                && experts == 0 && !request.context.cacheOnCoordinator,
            overridesEmbedding: moves)
        memory.expertsOnCPU = experts
        return memory
    }
}
