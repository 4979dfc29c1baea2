import Basics

/// Where layers were placed, kept so that they stay there when memory differs a little at the next
/// start.
package struct RecordedPlacement: Codable, Equatable, Sendable {
    /// Digests of what the placement was made for, but for the memory that was free, by what people
    /// call it.
    package var purpose: [String: String]
    /// How the layers were distributed in the end.
    package var strategy: PlacementStrategy
    /// Leading layers on the coordinator's CPU.
    package var coordinatorLayers: Int
    /// Layers of each device.
    package var counts: [Int]

    /// What is to be kept of a placement.
    package init(_ placement: ModelPlacement) {
        purpose = Self.purpose(placement.request)
        strategy = placement.strategy
        coordinatorLayers = placement.coordinatorLayers
        counts = placement.counts
    }

    /// The placement again, if it was made for the same, still fits, and a token takes hardly
    /// longer than with the one that would be made now.
    package func again(_ request: PlacementRequest) -> ModelPlacement? {
        guard changes(request).isEmpty else { return nil }
        // A placement that was even because nobody knew the memory ends when somebody does.
        let isKnown = request.devices.allSatisfy { $0.limit != nil }
        // Nor does one by memory, once the pace of every device is known.
        let isByMemory =
            strategy == .memoryAware
            && (request.strategy != .fastest || request.paces == nil)
        guard strategy == request.strategy || isByMemory || !isKnown,
            let placement = fitting(request)
        else { return nil }
        guard strategy == .fastest, let before = PlacementPrediction(placement),
            let fresh = try? Placement.of(request), let now = PlacementPrediction(fresh)
        else { return placement }
        return before.total / now.total <= Self.slack ? placement : nil
    }

    /// For so little nothing moves: free memory differs at each start.
    private static let slack = 1.05

    /// The placement again where what it was made for has changed, but what is stored lies so; nil
    /// if it is no longer possible, does not fit, or somebody gives out the layers by hand.
    package func stored(_ request: PlacementRequest) -> ModelPlacement? {
        guard request.strategy != .manual,
            coordinatorLayers == 0 || request.participants == .withCoordinator
        else { return nil }
        return fitting(request)
    }

    /// The same layers at the same places, if that is possible and fits.
    private func fitting(_ request: PlacementRequest) -> ModelPlacement? {
        guard isPossible(request) else { return nil }
        let placement = ModelPlacement(
            request, strategy: strategy, coordinatorLayers: coordinatorLayers, counts: counts)
        return placement.fits ? placement : nil
    }

    /// Whether the layers lie where they lay.
    package func isSame(as placement: ModelPlacement) -> Bool {
        counts == placement.counts && coordinatorLayers == placement.coordinatorLayers
    }

    /// Why layers cannot stay where they were.
    package func reasonToMove(_ request: PlacementRequest) -> String {
        var changed = changes(request)
        // Of other devices everything that is said of each is another list.
        if changed.contains("the devices") {
            changed.subtract(["memory_limit", "speed", "what was measured"])
        }
        let lost =
            strategy == .fastest
            ? request.devices.filter { $0.pace == nil }.map(\.node).unique { $0 } : []
        let reasons = Self.reasons.filter { changed.contains($0.key) }.map { reason in
            guard reason.key == "what was measured", !lost.isEmpty else { return reason.text }
            return "what was measured of \(Node.list(lost)) no longer counts (another model, "
                + "build, environment or number of threads; `sollol measure` looks again)"
        }
        return reasons.isEmpty
            ? fitting(request) == nil
                ? "there is not enough free memory where they were"
                : "with the memory that is free now a token takes less time"
            : "since the last start \(reasons.joined(separator: ", and "))"
    }

    /// What is not as it was, by its name among the reasons.
    private func changes(_ request: PlacementRequest) -> Set<String> {
        let now = Self.purpose(request)
        var changed = Set(now.keys.filter { now[$0] != purpose[$0] })
        // Former releases wrote down a strategy that nobody had named.
        let former = [PlacementStrategy.memoryAware, .fastest].map {
            Self.purpose(request, naming: $0)["placement"]
        }
        if request.isStandard, former.contains(purpose["placement"]) { changed.remove("placement") }
        return changed
    }

    /// What has changed, as a sentence goes on that begins with since when.
    private static let reasons = [
        (key: "the model", text: "the model has become another one"),
        (key: "the devices", text: "workers or their devices have changed"),
        (key: "the context", text: "the context, its slots or its types have changed"),
        (key: "placement", text: "`placement` has been changed in the configuration"),
        (key: "memory_limit", text: "a `memory_limit` has been changed in the configuration"),
        (key: "speed", text: "a `speed` has been changed in the configuration"),
        (key: "what was measured", text: "the pace of a device has been measured anew"),
        (key: "llama.cpp", text: "another llama.cpp has been installed"),
    ]

    private func isPossible(_ request: PlacementRequest) -> Bool {
        let possible = 0...request.shape.blockCount + 1
        return counts.count == request.devices.count && possible.contains(coordinatorLayers)
            && counts.allSatisfy(possible.contains)
            && counts.reduce(coordinatorLayers, +) == request.shape.blockCount + 1
    }

    /// - Parameter named: the strategy to write down; nil: the one that somebody has named.
    private static func purpose(
        _ request: PlacementRequest, naming named: PlacementStrategy? = nil
    ) -> [String: String] {
        let strategy = named ?? (request.isStandard ? nil : request.strategy)
        let shape = request.shape
        let context = request.context
        let devices = request.devices
        let words: [String: [String]] = [
            "the model": [shape.architecture, "\(shape.blockCount)", "\(shape.tensorBytes)"],
            "the context": [
                "\(context.cells)", "\(context.streams)", context.keyType.name,
                context.valueType.name, "\(context.microBatch)",
            ],
            "placement": [strategy?.rawValue ?? "", request.participants.rawValue]
                + request.manual.map(String.init)
                + (request.cpuExperts > 0 ? ["experts \(request.cpuExperts)"] : []),
            "llama.cpp": ["\(request.canOverride)"],
            "the devices": devices.map { "\($0.node.key) \($0.name) \($0.address ?? "")" },
            "memory_limit": devices.map { "\($0.configured ?? 0)" },
            "speed": devices.map { "\($0.speed ?? 0)" },
            "what was measured": devices.map { "\($0.pace.map(String.init(describing:)) ?? "")" },
        ]
        return words.mapValues { SHA256.short($0.joined(separator: "\n")) }
    }
}
