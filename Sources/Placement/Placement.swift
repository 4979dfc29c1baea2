import Basics
import Model

/// Distributes layers over devices.
///
/// Deterministic, and stable: a device's share depends on its limit, not on the moment.
package enum Placement {
    /// The placement of a request.
    ///
    /// - Throws: `PlanError` when the counts of `manual` do not fit the model or the devices, or
    ///   there are fewer layers than devices.
    package static func of(_ request: PlacementRequest) throws(PlanError) -> ModelPlacement {
        guard !request.devices.isEmpty else {
            return ModelPlacement(
                request, strategy: request.strategy,
                coordinatorLayers: request.shape.blockCount + 1, counts: [])
        }
        switch request.strategy {
        case .even:
            try Self.needLayers(request)
            return try even(request, [])
        case .manual: return try manual(request)
        case .memoryAware: return try memoryAware(request, [])
        case .fastest: return try fastest(request)
        }
    }

    /// Where every device gets a layer there must be as many.
    private static func needLayers(_ request: PlacementRequest) throws(PlanError) {
        let layers = request.shape.blockCount + 1
        guard layers >= request.devices.count else {
            throw .fewerLayersThanDevices(layers: layers, devices: request.devices.count)
        }
    }

    private static func memoryAware(
        _ request: PlacementRequest, _ notes: [String]
    ) throws(PlanError) -> ModelPlacement {
        try needLayers(request)
        let unknown = request.devices.filter { $0.limit == nil }
        guard unknown.isEmpty else {
            return try even(
                request,
                notes + [
                    "the memory of \(list(unknown)) is not known, so layers are distributed "
                        + "evenly; `sollol check` measures it"
                ])
        }
        return proportional(request, notes)
    }

    private static func list(_ devices: [PlacementDevice]) -> String {
        Node.list(devices.map(\.node).unique { $0 })
    }

    private static func fastest(
        _ request: PlacementRequest
    ) throws(PlanError) -> ModelPlacement {
        guard let paces = request.paces else {
            let unknown = request.devices.filter { $0.pace == nil && $0.speed == nil }
            guard !request.hasExpertsOnCPU else {
                let what = "how fast devices are without their experts (`cpu_experts`) is not known"
                return try memoryAware(request, ["\(what), so layers are distributed by memory"])
            }
            let what =
                unknown.isEmpty
                ? "some devices are measured and others have a `speed` only"
                : "nobody has said how fast \(list(unknown)) \(unknown.count == 1 ? "is" : "are")"
            return try memoryAware(
                request,
                [
                    "\(what), so layers are distributed by memory; give every backend a `speed`, "
                        + "or try: sollol measure"
                ])
        }
        guard let best = FastestPlacement(request, paces: paces).best() else {
            return try memoryAware(request, [])
        }
        let isBySpeed = request.configuredPaces != nil
        let unmeasured = request.devices.filter { isBySpeed && $0.address == nil }
        return ModelPlacement(
            request, strategy: .fastest, coordinatorLayers: best.coordinatorLayers,
            counts: best.counts,
            notes: unmeasured.map {
                "\($0.node) (\($0.name)) has no `speed`, so it gets only layers that no backend "
                    + "has room for; without any `speed` what `sollol measure` finds counts"
            })
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
        _ request: PlacementRequest, _ notes: [String]
    ) -> ModelPlacement {
        let all = filled(request, coordinatorLayers: 0, notes)
        let layers = request.shape.blockCount + 1
        guard !all.fits, request.participants == .withCoordinator, request.coordinatorLimit != nil
        else { return all }
        // More layers on the coordinator never make the devices fuller.
        var (low, high) = (1, layers)
        while low < high {
            let middle = (low + high) / 2
            let tried = filled(request, coordinatorLayers: middle, notes)
            let devicesFit = tried.loads.indices.allSatisfy { tried.excess(of: $0) == 0 }
            if devicesFit { high = middle } else { low = middle + 1 }
        }
        // The output layer never stays on the coordinator's CPU.
        guard low < layers else { return all }
        let spilled = filled(request, coordinatorLayers: low, notes)
        return spilled.fits || excess(spilled) < excess(all) ? spilled : all
    }

    private static func filled(
        _ request: PlacementRequest, coordinatorLayers: Int, _ notes: [String]
    ) -> ModelPlacement {
        let counts = Filling(request, coordinatorLayers: coordinatorLayers).best()
        return ModelPlacement(
            request, strategy: .memoryAware, coordinatorLayers: coordinatorLayers,
            counts: counts, notes: notes + idle(request, counts))
    }

    /// Devices that may hold less than one layer: their workers are of no use.
    private static func idle(_ request: PlacementRequest, _ counts: [Int]) -> [String] {
        zip(request.devices, counts).filter { $0.limit != nil && $1 == 0 }.map { device, _ in
            "\(device.node) (\(device.name)) gets no layer: it may hold too little for one with "
                + "its buffers"
        }
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
    private let first: Int
    private let layers: LayerNeeds
    /// Which devices get at least one layer: a worker that holds none only costs.
    private var needsLayer: [Bool] = []

    init(_ request: PlacementRequest, coordinatorLayers: Int) {
        self.request = request
        first = coordinatorLayers
        let memory = ModelPlacement.memory(
            request, coordinatorLayers: coordinatorLayers)
        layers = LayerNeeds(memory, firstLayer: coordinatorLayers)
        let (bytes, largest) = (layers.bytes, layers.largest)
        let layer = min(first, request.shape.blockCount)
        needsLayer = request.devices.map {
            fits($0, layer...layer, bytes[layer], largest[layer], .infinity, .rest)
                && bytes[layer] + fixed($0, layer...layer) <= $0.limit ?? .max
        }
    }

    /// The layers of each device at the smallest share to which devices must be filled.
    ///
    /// Where all fits, the share of what is left beside buffers: these would otherwise outweigh the
    /// layers of a small model, and a worker with less memory would get none. Where it does not,
    /// the share of all, so that nothing is overfilled more than it must be.
    func best() -> [Int] {
        if let counts = smallest(.rest) { return counts }
        // Then at least all that can hold something need not.
        var free = self
        free.needsLayer = request.devices.map { _ in false }
        guard let counts = free.smallest(.rest) ?? free.smallest(.all) else {
            preconditionFailure("memory alone always gives counts, however full devices get")
        }
        return counts
    }

    /// What is filled to the same share.
    private enum Measure { case rest, all }

    /// By bisection: with a larger share, greedy filling never places less.
    private func smallest(_ measure: Measure) -> [Int]? {
        var (low, high) = (0.0, 1.0)
        while counts(at: high, of: measure) == nil {
            guard high < 1e18, measure != .rest else { return nil }
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
        var kept = needsLayer.count { $0 }
        for (device, needsLayer) in zip(request.devices, needsLayer) {
            if needsLayer { kept -= 1 }
            let start = next
            var sum: UInt64 = 0
            var biggest: UInt64 = 0
            while next < layers.bytes.count - kept {
                let more = sum + layers.bytes[next]
                let tensor = max(biggest, layers.largest[next])
                guard fits(device, start...next, more, tensor, ratio, measure) else { break }
                sum = more
                biggest = tensor
                next += 1
            }
            if needsLayer, next == start { return nil }
            counts.append(next - start)
        }
        return next == layers.bytes.count ? counts : nil
    }

    private func fits(
        _ device: PlacementDevice, _ held: ClosedRange<Int>, _ sum: UInt64, _ tensor: UInt64,
        _ ratio: Double, _ measure: Measure
    ) -> Bool {
        let other = fixed(device, held) + (device.isProcess ? tensor : 0)
        let limit = device.limit ?? 1
        switch measure {
        case .rest: return other < limit && Double(sum) <= ratio * Double(limit - other)
        case .all: return Double(sum + other) <= ratio * Double(max(1, limit))
        }
    }

    /// What a device needs besides its layers.
    private func fixed(_ device: PlacementDevice, _ held: ClosedRange<Int>) -> UInt64 {
        let hasOutput = held.upperBound == layers.blockCount
        var bytes = hasOutput ? layers.buffers.with : layers.buffers.without
        if device.isProcess { bytes += ModelMemory.workerProgram }
        if held.lowerBound < layers.blockCount { bytes += layers.shared.bytes }
        if held.lowerBound == layers.firstLayer { bytes += layers.input.bytes }
        return bytes
    }
}
