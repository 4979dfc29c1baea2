import Basics
import Model

/// The smallest changes that would make a model fit, each tried by planning it.
package struct PlacementAdvice: Equatable, Sendable {
    /// Where something is missing: one line for each node that would hold too much.
    package let shortages: [String]
    /// What would help, the least intrusive first; empty when it fits.
    package let changes: [String]

    package init(_ placement: ModelPlacement) {
        shortages = Self.shortages(placement)
        changes = placement.fits ? [] : Self.changes(placement.request)
    }

    private static func shortages(_ placement: ModelPlacement) -> [String] {
        var lines = placement.loads.indices.compactMap { index -> String? in
            let device = placement.request.devices[index]
            let load = placement.loads[index]
            guard placement.excess(of: index) > 0, let limit = device.limit else { return nil }
            return line("\(device.node) (\(device.name))", load, limit)
        }
        if placement.coordinatorExcess > 0, let limit = placement.request.coordinatorLimit {
            lines.append(line("\(Node.coordinator)", placement.coordinatorLoad, limit))
        }
        return lines
    }

    private static func line(_ name: String, _ load: ModelMemory.Load, _ limit: UInt64) -> String {
        "\(name) would hold \(MemorySize.text(load.total)), "
            + "\(MemorySize.text(load.total - limit)) more than the \(MemorySize.text(limit)) that "
            + "it may"
    }

    // MARK: Changes

    private static func fits(
        _ request: PlacementRequest, _ change: (inout PlacementRequest) -> Void
    ) -> Bool {
        var changed = request
        change(&changed)
        return (try? Placement.of(changed))?.fits == true
    }

    private static func changes(_ request: PlacementRequest) -> [String] {
        let all = [
            strategy(request), participants(request), experts(request), cacheType(request),
            microBatch(request),
            context(request), quantisation(request), worker(request),
        ]
        return all.compactMap(\.self)
    }

    private static func strategy(_ request: PlacementRequest) -> String? {
        guard ![.memoryAware, .fastest].contains(request.strategy) else { return nil }
        return fits(request) { $0.strategy = .memoryAware }
            ? "distribute by memory: \"placement\": {\"strategy\": \"memory_aware\"}" : nil
    }

    private static func participants(_ request: PlacementRequest) -> String? {
        guard request.participants == .workersOnly, request.strategy != .manual else { return nil }
        return fits(request) { $0.participants = .withCoordinator }
            ? "let the coordinator hold layers, too: "
                + "\"placement\": {\"participants\": \"with_coordinator\"}" : nil
    }

    /// The fewest layers whose experts have to leave the devices.
    private static func experts(_ request: PlacementRequest) -> String? {
        let all = request.shape.expertLayers
        guard request.participants == .withCoordinator, request.cpuExperts < all else { return nil }
        for count in (request.cpuExperts + 1)...all where fits(request, { $0.cpuExperts = count }) {
            return
                "experts of the first \(plural(count, "layer")) that "
                + "\(count == 1 ? "has" : "have") some on the coordinator's CPU: "
                + "\"placement\": {\"cpu_experts\": \(count)}"
        }
        return nil
    }

    private static func cacheType(_ request: PlacementRequest) -> String? {
        smallerCaches(request).first { fits($0.request) { _ in } }.map { name, _ in
            "a KV cache in \(name): \"extra_arguments\": [\"-ctk\", \"\(name)\", "
                + "\"-ctv\", \"\(name)\"] of the coordinator"
        }
    }

    /// The request with smaller types of the cache, the larger first.
    static func smallerCaches(
        _ request: PlacementRequest
    ) -> [(name: String, request: PlacementRequest)] {
        guard request.context.keyType.name == "f16", request.context.flashAttention else {
            return []
        }
        return ["q8_0", "q4_0"].compactMap(GGUFTensorType.named).map { type in
            var changed = request
            changed.context.keyType = type
            changed.context.valueType = type
            return (type.name, changed)
        }
    }

    /// Compute buffers grow with it; prompts may take longer with less (256 costs nothing on a CPU,
    /// measured with llama.cpp 0.7.0).
    private static func microBatch(_ request: PlacementRequest) -> String? {
        for size in [256, 128, 64] where size < request.context.microBatch {
            guard fits(request, { $0.context.microBatch = size }) else { continue }
            return "\(size) tokens of a prompt at a time instead of "
                + "\(request.context.microBatch): \"extra_arguments\": [\"-ub\", \"\(size)\"] "
                + "of the coordinator"
        }
        return nil
    }

    /// The largest context that fits, in steps of llama.cpp's padding.
    private static func context(_ request: PlacementRequest) -> String? {
        let step = 256 * request.context.streams
        var (low, high) = (0, request.context.contextSize / step)
        while low < high {
            let middle = (low + high + 1) / 2
            if fits(request, { $0.context.contextSize = middle * step }) {
                low = middle
            } else {
                high = middle - 1
            }
        }
        guard low > 0, low * step < request.context.contextSize else { return nil }
        return "a context of \(low * step) tokens instead of \(request.context.contextSize): "
            + "--ctx-size \(low * step)"
    }

    /// Bits per weight of whole models in llama.cpp's usual recipes (its `quantize` help, rounded
    /// up): what a file of another quantisation weighs is an estimate.
    private static let recipes: [(name: String, bits: Double)] = [
        ("Q8_0", 8.5), ("Q6_K", 6.6), ("Q5_K_M", 5.7), ("Q4_K_M", 4.9), ("Q3_K_M", 4.0),
        ("Q2_K", 3.4), ("IQ2_XXS", 2.4),
    ]

    private static func quantisation(_ request: PlacementRequest) -> String? {
        let shape = request.shape
        guard shape.elements > 0 else { return nil }
        let bits = Double(shape.tensorBytes) * 8 / Double(shape.elements)
        for recipe in recipes where recipe.bits < bits * 0.98 {
            if fits(request, { $0.shape = shape.scaled(by: recipe.bits / bits) }) {
                return "a smaller quantisation, about \(recipe.name) "
                    + "(\(Int(recipe.bits * 10) / 10).\(Int(recipe.bits * 10) % 10) bits a weight "
                    + "instead of \(Int(bits * 10) / 10).\(Int(bits * 10) % 10))"
            }
        }
        return nil
    }

    /// One more worker, in whole GiB.
    private static func worker(_ request: PlacementRequest) -> String? {
        let count = request.devices.count
        guard count < LayerPlacement.maxDevices, request.strategy != .manual else { return nil }
        func isEnough(_ size: UInt64) -> Bool {
            fits(request) {
                $0.devices.append(
                    PlacementDevice(
                        node: .worker(count + 1, at: Endpoint(host: "-", port: 0)),
                        name: "RPC\(count)", address: "-",
                        limit: size << 30))
                // Its place in the order is free, and its speed unknown.
                if $0.strategy == .fastest { $0.strategy = .memoryAware }
            }
        }
        var (low, high): (UInt64, UInt64) = (1, 4096)
        guard isEnough(high) else { return nil }
        while low < high {
            let middle = (low + high) / 2
            if isEnough(middle) { high = middle } else { low = middle + 1 }
        }
        return "one more worker that may hold \(low) GiB"
    }
}
