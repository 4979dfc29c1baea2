import Basics
import Model
import Placement
import Plan
import Sharding

/// Where every layer will be, and whether it fits: what `sollol plan` prints.
package struct PlanReport: Sendable {
    private let cluster: String
    private let model: String
    let placement: ModelPlacement
    private let advice: PlacementAdvice
    private let assumptions: [String]
    private let warning: String?
    /// Why no start is made from what is stored; nil: one is, or nothing is stored.
    let shardComplaint: Complaint?
    /// What each node stores for it, or has to, where the model is stored in shards.
    let stored: [(node: Node, bytes: UInt64)]
    let local: LocalTime
    let prediction: PlacementPrediction?
    let suggestions: [PlacementSuggestion]
    /// Workers that somebody else runs.
    let unmanaged: [Node]
    /// Whether it is one of workers that do not exist.
    let isDesign: Bool
    private let spares: [Node]
    private let spareNotices: [String]

    /// A report on a plan whose model's header is known, else nil.
    ///
    /// - Parameters:
    ///   - model: how people call the model.
    ///   - assumptions: what to list in place of the plan's.
    ///   - layout: what has to be stored for it where the shards are of another placement; nil:
    ///     nobody knows.
    ///   - local: how times are read where this is read.
    package init?(
        _ plan: LaunchPlan, model: String, assumptions: [String]? = nil, local: LocalTime = .utc,
        layout: ShardLayout? = nil
    ) {
        guard let placement = plan.placement else { return nil }
        cluster = plan.cluster
        self.local = local
        self.model = model
        self.placement = placement
        advice = PlacementAdvice(placement)
        prediction = PlacementPrediction(placement)
        spares = plan.spares
        spareNotices = plan.spareNotices
        warning = plan.contextWarning?.text
        shardComplaint = plan.shardComplaint
        let isStored = plan.shardProblem == nil
        stored = plan.processes.map(\.node).compactMap { node in
            let bytes = isStored ? plan.storedBytes(of: node) : layout?.storedBytes(of: node)
            return bytes.flatMap { isStored || $0 > 0 ? (node, $0) : nil }
        }
        suggestions = PlacementSuggestion.all(
            plan.remembered ?? placement, isStored: !stored.isEmpty)
        unmanaged = plan.unmanaged.map(\.node)
        isDesign = assumptions != nil
        self.assumptions = assumptions ?? plan.notices + plan.assumptions
    }

    /// Whether `up` would start it, as far as this can be told here.
    package var isGood: Bool { fits && shardComplaint == nil }

    /// Whether nothing holds more than it may.
    package var fits: Bool { placement.fits }

    private var shape: ModelShape { placement.request.shape }

    /// One device, or the coordinator's process.
    private struct Row {
        var node: Node
        var device: String
        var layers: Range<Int>
        var load: ModelMemory.Load
        var limit: UInt64?
        var address: String?
        /// What it takes for a token, where that is predicted.
        var time: Duration?
    }

    private var nodes: [Row] {
        placement.request.devices.indices.map { index in
            let device = placement.request.devices[index]
            return Row(
                node: device.node, device: device.name, layers: placement.ranges[index],
                load: placement.loads[index], limit: device.limit, address: device.address,
                time: prediction?.devices[index])
        }
    }

    private var coordinator: Row {
        Row(
            node: .coordinator, device: "CPU", layers: 0..<placement.coordinatorLayers,
            load: placement.coordinatorLoad, limit: placement.request.coordinatorLimit,
            time: prediction?.coordinator)
    }

    /// All nodes together, as far as limits are known.
    private var needAndLimit: String {
        let known = (nodes + [coordinator]).filter { $0.limit != nil }
        let need = known.reduce(0.0) { $0 + Double($1.load.total) }
        let limit = known.reduce(0.0) { $0 + Double($1.limit ?? 0) }
        return "the nodes would hold \(MemorySize.text(UInt64(need))) together and may hold "
            + MemorySize.text(UInt64(min(limit, 1e18)))
    }

    // MARK: JSON

    /// The stable form of `Interface.md`, `format_version` 1.
    package var json: String {
        let context = placement.request.context
        let memory = ModelMemory(shape: shape, context: context)
        return OrderedJSON.object([
            ("format_version", .int(1)),
            ("cluster", .string(cluster)),
            ("fits", .bool(fits)),
            ("nodes", .array(nodes.map(json))),
            ("spare", .nodes(spares)),
            ("coordinator", json(coordinator)),
            ("advice", .strings(advice.changes)),
            ("shortages", .strings(advice.shortages)),
            ("warnings", .strings([warning, shardComplaint?.text].compactMap(\.self))),
            ("strategy", .string(placement.strategy.rawValue)),
            ("participants", .string(placement.request.participants.rawValue)),
            (
                "model",
                .object([
                    ("name", .string(model)), ("architecture", .string(shape.architecture)),
                    ("layers", .int(shape.blockCount)),
                    ("tensor_bytes", .int(Int(shape.tensorBytes))),
                    ("kv_bytes_per_token", .int(Int(memory.cacheBytesPerToken))),
                    ("ctx_size", .int(context.paddedContext)), ("parallel", .int(context.slots)),
                ])
            ),
            ("tokens_per_second", .optional(prediction?.tokensPerSecond)),
            ("tokens_per_second_full", .optional(prediction?.tokensPerSecondFull)),
            ("prompt_tokens_per_second", .optional(prediction?.promptTokensPerSecond)),
            (
                "prompt_tokens_per_second_full",
                .optional(prediction?.promptTokensPerSecondFull)
            ),
            ("load_seconds", .optional(loadSeconds)),
            (
                "suggestions",
                .array(
                    suggestions.map {
                        .object([
                            ("text", .string($0.text)),
                            ("tokens_per_second", .number($0.tokensPerSecond)),
                            (
                                "measured_at",
                                .optional($0.measuredAt.map { Timestamp(seconds: $0) })
                            ),
                        ])
                    })
            ),
            ("estimates", .strings(estimates)),
            ("assumptions", .strings(assumptions)),
        ]).text
    }

    private func json(_ row: Row) -> OrderedJSON {
        let range = [OrderedJSON.int(row.layers.lowerBound), .int(row.layers.upperBound - 1)]
        return .object([
            ("name", .node(row.node)),
            ("address", row.address.map(OrderedJSON.string) ?? .null),
            ("device", .string(row.device)),
            ("layers", row.layers.isEmpty ? .null : .array(range)),
            ("weights_bytes", .int(Int(row.load.weights))),
            ("kv_bytes", .int(Int(row.load.cache))),
            ("buffers_bytes", .int(Int(row.load.buffers))),
            (
                "stored_bytes",
                stored.first { $0.node == row.node }.map { .int(Int(clamping: $0.bytes)) } ?? .null
            ),
            ("limit_bytes", row.limit.map { .int(Int(clamping: $0)) } ?? .null),
            ("seconds_per_token", .optional(row.time.map { $0 / .seconds(1) })),
        ])
    }

    private var estimates: [String] {
        shape.estimates
            + placement.request.context.uncounted.map { "\($0) is not counted" }
    }

    // MARK: Text

    /// The plan for people: a bar for each node.
    package var text: String {
        let context = placement.request.context
        let memory = ModelMemory(shape: shape, context: context)
        var lines = [
            "\(model): \(shape.architecture), \(plural(shape.blockCount, "layer")) and the output "
                + "layer, \(MemorySize.text(shape.tensorBytes)), mostly \(shape.storage).",
            "Context \(context.paddedContext) tokens in \(plural(context.slots, "slot")), "
                + "\(MemorySize.text(memory.cacheBytesPerToken)) of KV cache a token. "
                + "Layers are placed by \(placement.strategy.rawValue), "
                + "\(placement.request.participants.rawValue).", "",
        ]
        lines += bars(nodes + [coordinator])
        lines += [
            "", "    # weights (exact)   = KV cache (exact)   ~ buffers (bound)   . free", "",
        ]
        lines.append(fits ? verdictThatFits : "It does not fit:")
        lines += advice.shortages.map { "  - \($0)" }
        if !advice.changes.isEmpty {
            lines += ["", "Each of these alone would make it fit:"]
            lines += advice.changes.map { "  - \($0)" }
        } else if !fits {
            lines += ["", "No single change makes it fit: \(needAndLimit)."]
        }
        lines += shardComplaint.map { [""] + $0.about("error: \(Node.coordinator)").lines } ?? []
        lines += storage
        if let warning { lines += ["", "Warning: \(warning)."] }
        lines += speed
        if !spareNotices.isEmpty { lines += [""] + spareNotices }
        if !estimates.isEmpty {
            lines += ["", "Not exact:"] + estimates.map { "  - \($0)" }
        }
        if !assumptions.isEmpty {
            lines += ["", "Assumed, since this plan asked no host:"]
            lines += assumptions.map { "  - \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var verdictThatFits: String {
        let known = (nodes + [coordinator]).filter { $0.load.total > 0 }
        guard known.allSatisfy({ $0.limit != nil }) else {
            return "Nothing is known to hold too much; limits that are not known are not checked."
        }
        return "It fits."
    }

    private static let barWidth = 32

    private func bars(_ nodes: [Row]) -> [String] {
        // Bars share one scale, so that nodes can be compared; a coordinator with much memory and
        // few layers would make all others small.
        let scale =
            nodes.map { node in
                max(node.load.total, node.device == "CPU" ? 0 : node.limit ?? 0)
            }.max() ?? 1
        let names = nodes.map { "\($0.node) \($0.device)" }
        let ranges = nodes.map { Self.range($0.layers) }
        let width = names.map(\.count).max() ?? 0
        let rangeWidth = ranges.map(\.count).max() ?? 0
        return nodes.enumerated().map { index, node in
            let name = names[index].padded(to: width)
            let layers = ranges[index].padded(to: rangeWidth)
            return "\(name)  \(layers)  \(Self.bar(node.load, node.limit, scale))  "
                + Self.numbers(node.load, node.limit)
        }
    }

    private static func range(_ layers: Range<Int>) -> String {
        LayerDistribution.text(layers)
    }

    private static func bar(_ load: ModelMemory.Load, _ limit: UInt64?, _ scale: UInt64) -> String {
        func column(_ bytes: UInt64) -> Int {
            let columns = Double(bytes) / Double(max(1, scale)) * Double(barWidth)
            return Int(min(columns, Double(barWidth)).rounded())
        }
        var bar = ""
        func fill(_ letter: String, to bytes: UInt64) {
            bar += String(repeating: letter, count: max(0, column(bytes) - bar.count))
        }
        fill("#", to: load.weights)
        fill("=", to: load.weights + load.cache)
        fill("~", to: load.total)
        if let limit {
            let end = column(limit)
            if load.total > limit, end < bar.count {
                let cut = bar.index(bar.startIndex, offsetBy: end)
                bar = bar[..<cut] + "|" + bar[cut...].dropFirst()
            }
            fill(".", to: limit)
        }
        return "[\(bar.padded(to: barWidth))]"
    }

    private static func numbers(_ load: ModelMemory.Load, _ limit: UInt64?) -> String {
        let parts = [load.weights, load.cache, load.buffers].map(MemorySize.text)
        let sum = "\(MemorySize.text(load.total)) of \(limit.map(MemorySize.text) ?? "unknown")"
        return "\(sum) (\(parts.joined(separator: " + ")))"
    }
}
