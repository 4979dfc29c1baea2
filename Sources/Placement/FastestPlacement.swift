import Model

/// The distribution that needs the least time for a token, within memory.
///
/// llama.cpp computes layers one after the other, over RPC without overlap, so a token takes the
/// sum over devices of what their layers take, and for each device that has any the way there and
/// back. Devices keep their order and each has consecutive layers: the best way to place the first
/// `n` layers on the first `d` devices is the best way to place fewer of them on the first `d - 1`,
/// and the rest on device `d`. That is computed for all `n` and `d` (dynamic programming), so no
/// distribution is better.
struct FastestPlacement {
    private let request: PlacementRequest
    private let paces: [DevicePace]
    /// That of the coordinator's CPU; nil where it is not known in the same unit.
    private let coordinatorPace: DevicePace?
    private let blockCount: Int
    private let traffic: TokenTraffic

    /// - Parameter paces: of each device of the request.
    init(_ request: PlacementRequest, paces: [DevicePace]) {
        self.request = request
        self.paces = paces
        coordinatorPace = request.configuredPaces == nil ? request.coordinatorPace : nil
        blockCount = request.shape.blockCount
        traffic = TokenTraffic(request)
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
        let all = request.devices.indices
        // Buffers differ as soon as the coordinator's CPU has a layer, and with a single device.
        let candidates =
            [ends(on: all, starts: [0])]
            + (mayKeep ? [ends(on: all, starts: 1...blockCount)] : [])
            + all.filter(mayBeAlone).map { ends(on: $0..<($0 + 1), starts: [0]) }
        let best = candidates.compactMap(\.self).min { $0.cost < $1.cost }
        return best.map { ($0.coordinatorLayers, $0.counts) }
    }

    private var mayKeep: Bool {
        request.participants == .withCoordinator && request.coordinatorLimit != nil
            && blockCount > 0
    }

    /// Whether all other devices are left out once this one has all layers.
    private func mayBeAlone(_ device: Int) -> Bool {
        let others = request.devices.indices.filter { $0 != device }
        return !others.isEmpty
            && others.allSatisfy {
                let node = request.devices[$0].node
                return node != request.devices[device].node && request.possibleSpares.contains(node)
            }
    }

    /// The best of all placements on these devices whose first layer on one is one of `starts`.
    private func ends(on devices: Range<Int>, starts: some Collection<Int>) -> Best? {
        guard let first = starts.first else { return nil }
        let memory = ModelPlacement.memory(
            request, coordinatorLayers: first, started: devices.count)
        let layers = LayerNeeds(memory, firstLayer: first)
        var costs = [Cost?](repeating: nil, count: blockCount + 2)
        for start in starts where coordinatorFits(start, memory) { costs[start] = kept(start) }
        var origins: [[Int]] = []
        for device in devices {
            let step = adding(device, to: costs, layers)
            costs = step.costs
            origins.append(step.origins)
        }
        guard let cost = costs[blockCount + 1] else { return nil }
        var end = blockCount + 1
        var counts: [Int] = []
        for origin in origins.reversed() {
            counts.append(end - origin[end])
            end = origin[end]
        }
        let before = Array(repeating: 0, count: devices.lowerBound)
        let after = Array(repeating: 0, count: request.devices.count - devices.upperBound)
        return Best(
            cost: cost, coordinatorLayers: end, counts: before + counts.reversed() + after)
    }

    private func kept(_ layers: Int) -> Cost {
        guard let pace = coordinatorPace else { return Cost(unknown: layers) }
        return Cost(time: pace.layer * layers)
    }

    private func coordinatorFits(_ layers: Int, _ memory: ModelMemory) -> Bool {
        guard let limit = request.coordinatorLimit else { return layers == 0 }
        return (memory.load(ofCoordinator: layers) + request.companionLoad).total <= limit
    }

    /// The best placements when one more device may take layers: what those of the first `n` cost,
    /// and where the device's layers begin then.
    private func adding(
        _ device: Int, to before: [Cost?], _ layers: LayerNeeds
    ) -> (costs: [Cost?], origins: [Int]) {
        var (after, origins) = (before, Array(before.indices))
        let pace = paces[device]
        let need = DeviceNeed(request.devices[device])
        let back = (
            output: pace.leaving(blockCount + 1, traffic), other: pace.leaving(blockCount, traffic)
        )
        // From the last start on, so that among equals earlier devices have more.
        for start in (0...blockCount).reversed() {
            guard var cost = before[start] else { continue }
            cost.time += pace.reaching(start, traffic)
            cost.devices += 1
            var held = DeviceNeed.Held()
            for end in (start + 1)...(blockCount + 1) {
                guard need.takes(end - 1, first: start, layers, &held) else { break }
                cost.time += end > blockCount ? pace.outputLayer : pace.layer
                var total = cost
                total.time += end > blockCount ? back.output : back.other
                if let known = after[end], known <= total { continue }
                (after[end], origins[end]) = (total, start)
            }
        }
        return (after, origins)
    }
}

/// What one device holds while layers are added to it one by one; the sums of `ModelMemory.load`,
/// which would go through all layers each time.
private struct DeviceNeed {
    /// What it holds so far.
    struct Held {
        var bytes: UInt64 = 0
        var largest: UInt64 = 0

        mutating func add(_ bytes: UInt64, _ largest: UInt64) {
            self.bytes += bytes
            self.largest = max(self.largest, largest)
        }
    }

    private let limit: UInt64
    private let isProcess: Bool

    init(_ device: PlacementDevice) {
        limit = device.limit ?? .max
        isProcess = device.isProcess
    }

    /// Adds a layer to those from `first` on, and says whether all fit.
    func takes(_ layer: Int, first: Int, _ layers: LayerNeeds, _ held: inout Held) -> Bool {
        held.add(layers.bytes[layer], layers.largest[layer])
        if layer == first {
            if layer < layers.blockCount { held.add(layers.shared.bytes, layers.shared.largest) }
            if layer == layers.firstLayer { held.add(layers.input.bytes, layers.input.largest) }
        }
        let hasOutput = layer == layers.blockCount
        let other = hasOutput ? layers.buffers.with : layers.buffers.without
        let program = isProcess ? ModelMemory.workerProgram + held.largest : 0
        return held.bytes + other + program <= limit
    }
}
