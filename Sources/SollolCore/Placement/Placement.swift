/// Distributes layers over devices.
///
/// Deterministic, and stable: a device's share depends on its limit, not on the moment.
public enum Placement {
    /// The placement of a request.
    ///
    /// - Throws: `PlanError` when the counts of `manual` do not fit the model or the devices, or an
    ///   even placement would leave a device without layers.
    public static func of(_ request: PlacementRequest) throws(PlanError) -> ModelPlacement {
        guard !request.devices.isEmpty else {
            return ModelPlacement(
                request, strategy: request.strategy,
                coordinatorLayers: request.shape.blockCount + 1, counts: [])
        }
        switch request.strategy {
        case .even: return try even(request, [])
        case .manual: return try manual(request)
        case .memoryAware:
            let unknown = request.devices.filter { $0.limit == nil }
            guard unknown.isEmpty else {
                let names = unknown.map(\.node).reduce(into: [String]()) { list, name in
                    if !list.contains(name) { list.append(name) }
                }
                return try even(
                    request,
                    [
                        "the memory of \(names.joined(separator: ", ")) is not known, so layers "
                            + "are distributed evenly; `sollol check` measures it"
                    ])
            }
            return proportional(request, .memoryAware, [])
        case .speedAware:
            let isSaid = request.devices.contains { $0.speed != nil }
            let note = "no `speed` is configured, so all devices count as equally fast"
            return proportional(request, .speedAware, isSaid ? [] : [note])
        }
    }

    private static func even(
        _ request: PlacementRequest, _ notes: [String]
    ) throws(PlanError) -> ModelPlacement {
        let counts = try EvenPlacement.counts(
            blockCount: request.shape.blockCount, devices: request.devices.count)
        return ModelPlacement(
            request, strategy: .even, coordinatorLayers: 0, counts: counts, notes: notes)
    }

    private static func manual(
        _ request: PlacementRequest
    ) throws(PlanError) -> ModelPlacement {
        let layers = request.shape.blockCount + 1
        let sum = request.manual.reduce(0, +)
        guard request.manual.count == request.devices.count, (1...layers).contains(sum),
            sum == layers || request.participants == .withCoordinator
        else {
            throw .manualLayers(
                counts: request.manual, devices: request.devices.count, layers: layers,
                mayLeave: request.participants == .withCoordinator)
        }
        return ModelPlacement(
            request, strategy: .manual, coordinatorLayers: layers - sum, counts: request.manual)
    }

    // MARK: Proportional

    /// Fills devices to the same share; the coordinator's CPU takes the first layers where the
    /// devices cannot hold all, as few as possible.
    private static func proportional(
        _ request: PlacementRequest, _ strategy: PlacementStrategy, _ notes: [String]
    ) -> ModelPlacement {
        let all = filled(request, strategy, coordinatorLayers: 0, notes)
        let layers = request.shape.blockCount + 1
        guard !all.fits, request.participants == .withCoordinator, request.coordinatorLimit != nil
        else { return all }
        // More layers on the coordinator never make the devices fuller.
        var (low, high) = (1, layers)
        while low < high {
            let middle = (low + high) / 2
            let tried = filled(request, strategy, coordinatorLayers: middle, notes)
            let devicesFit = tried.loads.indices.allSatisfy { tried.excess(of: $0) == 0 }
            if devicesFit { high = middle } else { low = middle + 1 }
        }
        // The output layer never stays on the coordinator's CPU.
        guard low < layers else { return all }
        let spilled = filled(request, strategy, coordinatorLayers: low, notes)
        return spilled.fits || excess(spilled) < excess(all) ? spilled : all
    }

    private static func filled(
        _ request: PlacementRequest, _ strategy: PlacementStrategy, coordinatorLayers: Int,
        _ notes: [String]
    ) -> ModelPlacement {
        var strategies = [strategy]
        // Where speed alone would overfill a device, memory decides.
        if strategy == .speedAware { strategies.append(.memoryAware) }
        for used in strategies {
            let filling = Filling(request, strategy: used, coordinatorLayers: coordinatorLayers)
            guard let counts = filling.best() else { continue }
            return ModelPlacement(
                request, strategy: used, coordinatorLayers: coordinatorLayers, counts: counts,
                notes: notes)
        }
        preconditionFailure("memory alone always gives counts, however full devices get")
    }

    private static func excess(_ placement: ModelPlacement) -> UInt64 {
        placement.loads.indices.reduce(placement.coordinatorExcess) {
            $0 + placement.excess(of: $1)
        }
    }
}

/// Layers poured into devices in their order, each filled to the same share of what it can take.
private struct Filling {
    private let request: PlacementRequest
    private let strategy: PlacementStrategy
    private let first: Int
    private let memory: ModelMemory
    /// Weights and cache of each layer.
    private let bytes: [UInt64]
    private let largest: [UInt64]

    init(_ request: PlacementRequest, strategy: PlacementStrategy, coordinatorLayers: Int) {
        self.request = request
        self.strategy = strategy
        first = coordinatorLayers
        let memory = ModelPlacement.memory(
            request, coordinatorLayers: coordinatorLayers, counts: [])
        self.memory = memory
        bytes = (0...request.shape.blockCount).map {
            memory.weights(ofLayer: $0).bytes
                + (request.context.cacheOnCoordinator ? 0 : memory.cache(ofLayer: $0))
        }
        largest = (0...request.shape.blockCount).map { memory.weights(ofLayer: $0).largest }
    }

    /// The layers of each device at the smallest share to which devices must be filled, or nil when
    /// limits forbid every share.
    ///
    /// Where all fits, the share of what is left beside buffers: these would otherwise outweigh the
    /// layers of a small model, and a worker with less memory would get none. Where it does not,
    /// the share of all, so that nothing is overfilled more than it must be.
    func best() -> [Int]? {
        if strategy != .memoryAware { return smallest(.speed) }
        return counts(at: 1, of: .rest) == nil ? smallest(.all) : smallest(.rest)
    }

    /// What is filled to the same share.
    private enum Measure { case rest, all, speed }

    /// By bisection: with a larger share, greedy filling never places less.
    private func smallest(_ measure: Measure) -> [Int]? {
        var (low, high) = (0.0, 1.0)
        while counts(at: high, of: measure) == nil {
            guard high < 1e18 else { return nil }
            high *= 2
        }
        for _ in 0..<64 {
            let middle = (low + high) / 2
            if counts(at: middle, of: measure) == nil { low = middle } else { high = middle }
        }
        return counts(at: high, of: measure)
    }

    /// The layers of each device when none is filled beyond that share, or nil.
    private func counts(at ratio: Double, of measure: Measure) -> [Int]? {
        var next = first
        var counts: [Int] = []
        for device in request.devices {
            let start = next
            var sum: UInt64 = 0
            var biggest: UInt64 = 0
            while next < bytes.count {
                let more = sum + bytes[next]
                let tensor = max(biggest, largest[next])
                guard fits(device, start...next, more, tensor, ratio, measure) else { break }
                sum = more
                biggest = tensor
                next += 1
            }
            counts.append(next - start)
        }
        return next == bytes.count ? counts : nil
    }

    private func fits(
        _ device: PlacementDevice, _ layers: ClosedRange<Int>, _ sum: UInt64, _ tensor: UInt64,
        _ ratio: Double, _ measure: Measure
    ) -> Bool {
        let other = fixed(device, layers) + (device.isProcess ? tensor : 0)
        let limit = device.limit ?? (measure == .speed ? .max : 1)
        switch measure {
        case .speed:
            // Bytes read for a token, per speed: the scale of the ratio does not matter.
            return sum + other <= limit && Double(sum) <= ratio * (device.speed ?? 1) * 1e6
        case .rest: return other < limit && Double(sum) <= ratio * Double(limit - other)
        case .all: return Double(sum + other) <= ratio * Double(max(1, limit))
        }
    }

    /// What a device needs besides its layers.
    private func fixed(_ device: PlacementDevice, _ layers: ClosedRange<Int>) -> UInt64 {
        let hasOutput = layers.upperBound == request.shape.blockCount
        var bytes = memory.computeBytes(withOutput: hasOutput)
        if device.isProcess { bytes += ModelMemory.workerProgram }
        if layers.lowerBound < request.shape.blockCount { bytes += request.shape.shared.bytes }
        guard memory.overridesEmbedding else { return bytes }
        // The embedding lies with the first layers, or with the output of a tied model, which
        // counts it already.
        let isHere = !request.shape.isTied && layers.lowerBound == first
        return bytes + (isHere ? request.shape.input.bytes : 0)
    }
}
