import Model

/// The distribution that needs the least time for a token, within memory.
///
/// llama.cpp computes layers one after the other, over RPC without overlap, so a token takes the
/// sum over devices of what their layers take, and one hop for each device that has any. Devices
/// keep their order and each has consecutive layers: the best way to place the first `n` layers on
/// the first `d` devices is the best way to place fewer of them on the first `d - 1`, and the rest
/// on device `d`. That is computed for all `n` and `d` (dynamic programming), so no distribution is
/// better.
struct FastestPlacement {
    private let request: PlacementRequest
    private let paces: [DevicePace]
    private let blockCount: Int

    /// - Parameter paces: of each device of the request.
    init(_ request: PlacementRequest, paces: [DevicePace]) {
        self.request = request
        self.paces = paces
        blockCount = request.shape.blockCount
    }

    /// What a distribution costs; the first that differs decides.
    private struct Cost: Comparable {
        /// Layers on the coordinator's CPU while nobody knows how slow it is: as few as possible.
        var unknown = 0
        var time = Duration.zero
        /// Devices that have layers: among equals the fewest.
        var devices = 0

        static func < (left: Cost, right: Cost) -> Bool {
            (left.unknown, left.time, left.devices) < (right.unknown, right.time, right.devices)
        }
    }

    /// The best distribution of the first layers, and how it came about.
    private struct Best {
        var cost: Cost
        /// Leading layers on the coordinator's CPU.
        var coordinatorLayers: Int
        /// Layers of the devices so far.
        var counts: [Int]
    }

    /// The best placement, or nil when none fits.
    func best() -> (coordinatorLayers: Int, counts: [Int])? {
        // Buffers differ as soon as the coordinator's CPU has a layer.
        let candidates = [ends(starts: [0])] + (mayKeep ? [ends(starts: 1...blockCount)] : [])
        let best = candidates.compactMap(\.self).min { $0.cost < $1.cost }
        return best.map { ($0.coordinatorLayers, $0.counts) }
    }

    private var mayKeep: Bool {
        request.participants == .withCoordinator && request.coordinatorLimit != nil
            && blockCount > 0
    }

    /// The best of all placements whose first layer on a device is one of `starts`.
    private func ends(starts: some Collection<Int>) -> Best? {
        guard let first = starts.first else { return nil }
        let memory = ModelPlacement.memory(request, coordinatorLayers: first, counts: [])
        var bests = [Best?](repeating: nil, count: blockCount + 2)
        for start in starts where coordinatorFits(start, memory) {
            bests[start] = Best(cost: kept(start), coordinatorLayers: start, counts: [])
        }
        for device in request.devices.indices {
            bests = adding(device, to: bests, DeviceNeed(request, device, first, memory))
        }
        return bests[blockCount + 1]
    }

    private func kept(_ layers: Int) -> Cost {
        guard let pace = request.coordinatorPace else { return Cost(unknown: layers) }
        return Cost(time: pace.layer * layers)
    }

    private func coordinatorFits(_ layers: Int, _ memory: ModelMemory) -> Bool {
        guard let limit = request.coordinatorLimit else { return layers == 0 }
        return (memory.load(ofCoordinator: layers) + request.companionLoad).total <= limit
    }

    /// The best placements when one more device may take layers.
    private func adding(_ device: Int, to before: [Best?], _ need: DeviceNeed) -> [Best?] {
        var after = before.map { best in
            best.map {
                Best(
                    cost: $0.cost, coordinatorLayers: $0.coordinatorLayers,
                    counts: $0.counts + [0])
            }
        }
        let pace = paces[device]
        // From the last start on, so that among equals earlier devices have more.
        for start in (0...blockCount).reversed() {
            guard let best = before[start] else { continue }
            var need = need
            for end in (start + 1)...(blockCount + 1) {
                guard need.takes(end - 1, first: start) else { break }
                var cost = best.cost
                cost.time += pace.time(of: start..<end, blockCount: blockCount)
                cost.devices += 1
                if let known = after[end]?.cost, known <= cost { continue }
                after[end] = Best(
                    cost: cost, coordinatorLayers: best.coordinatorLayers,
                    counts: best.counts + [end - start])
            }
        }
        return after
    }
}

/// What one device holds while layers are added to it one by one; the sums of `ModelMemory.load`,
/// which would go through all layers each time.
private struct DeviceNeed {
    private let memory: ModelMemory
    private let limit: UInt64
    private let isProcess: Bool
    private let blockCount: Int
    /// With and without the output layer.
    private let buffers: (with: UInt64, without: UInt64)
    /// The first layer that is on any device: the embedding lies there, if it is moved.
    private let firstLayer: Int
    private var bytes: UInt64 = 0
    private var largest: UInt64 = 0

    init(_ request: PlacementRequest, _ device: Int, _ firstLayer: Int, _ memory: ModelMemory) {
        self.memory = memory
        let placed = request.devices[device]
        limit = placed.limit ?? .max
        isProcess = placed.isProcess
        blockCount = request.shape.blockCount
        buffers = (
            memory.computeBytes(withOutput: true), memory.computeBytes(withOutput: false)
        )
        self.firstLayer = firstLayer
    }

    /// Adds a layer to those from `first` on, and says whether all fit.
    mutating func takes(_ layer: Int, first: Int) -> Bool {
        add(memory.weights(withLayer: layer))
        bytes += memory.adapters(ofLayer: layer)
        if !memory.context.cacheOnCoordinator { bytes += memory.cache(ofLayer: layer) }
        if layer == first {
            if layer < blockCount { add(memory.shape.shared) }
            // A tied model's embedding is the output, which counts already.
            if memory.overridesEmbedding, layer == firstLayer, !memory.shape.isTied {
                add(memory.shape.input)
            }
        }
        let other = layer == blockCount ? buffers.with : buffers.without
        let program = isProcess ? ModelMemory.workerProgram + largest : 0
        return bytes + other + program <= limit
    }

    private mutating func add(_ weights: ModelShape.Weights) {
        bytes += weights.bytes
        largest = max(largest, weights.largest)
    }
}
