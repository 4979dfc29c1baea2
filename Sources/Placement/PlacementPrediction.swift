import Basics

/// How long a token will take with a placement, from what was measured of its devices.
///
/// For a context that is still empty: attention over a long one takes time of its own.
package struct PlacementPrediction: Equatable, Sendable {
    /// Of each device, in device order: its layers and the way there and back.
    package let devices: [Duration]
    /// Of the layers on the coordinator's CPU.
    package let coordinator: Duration

    /// A prediction, or nil where the pace of something that holds layers is not measured.
    package init?(_ placement: ModelPlacement) {
        let request = placement.request
        let blockCount = request.shape.blockCount
        guard let paces = request.measuredPaces, !paces.isEmpty else { return nil }
        devices = zip(paces, placement.ranges).map { $0.time(of: $1, blockCount: blockCount) }
        if placement.coordinatorLayers == 0 {
            coordinator = .zero
        } else if let pace = request.coordinatorPace {
            coordinator = pace.layer * placement.coordinatorLayers
        } else {
            return nil
        }
    }

    /// Of one token.
    package var total: Duration { devices.reduce(coordinator, +) }

    /// Tokens a second of one request.
    package var tokensPerSecond: Double { .seconds(1) / max(total, .nanoseconds(1)) }
}

/// What would give more tokens a second, each tried by planning it.
package struct PlacementSuggestion: Equatable, Sendable {
    /// The change and its gain.
    package let text: String
    /// What is predicted with it.
    package let tokensPerSecond: Double

    /// Gains below this drown in what measurements differ by.
    private static let least = 1.02

    /// What helps this placement, the most first; none where nothing is predicted.
    package static func all(_ placement: ModelPlacement) -> [PlacementSuggestion] {
        guard placement.fits, let now = PlacementPrediction(placement)?.tokensPerSecond else {
            return []
        }
        let request = placement.request
        let changes = strategy(request) + without(request) + cache(request)
        return changes.compactMap { what, changed in
            guard let other = try? Placement.of(changed), other.fits,
                let then = PlacementPrediction(other)?.tokensPerSecond, then >= now * least
            else { return nil }
            return PlacementSuggestion(
                text: "\(what): \(gain(then / now))", tokensPerSecond: then)
        }.sorted { $0.tokensPerSecond > $1.tokensPerSecond }
    }

    /// `18 % faster`, `2.1 times as fast`.
    private static func gain(_ ratio: Double) -> String {
        guard ratio >= 2 else { return "\(Int((ratio - 1) * 100)) % faster" }
        let tenths = Int(min(ratio, 1e6) * 10)
        return "\(tenths / 10).\(tenths % 10) times as fast"
    }

    private typealias Change = (String, PlacementRequest)

    private static func strategy(_ request: PlacementRequest) -> [Change] {
        guard request.strategy != .fastest else { return [] }
        var changed = request
        changed.strategy = .fastest
        return [("layers where they take the least time, strategy fastest", changed)]
    }

    /// A worker less; the fastest placement leaves out by itself whom it does not need.
    private static func without(_ request: PlacementRequest) -> [Change] {
        guard ![.fastest, .manual].contains(request.strategy) else { return [] }
        let nodes = request.devices.map(\.node).unique { $0 }
        guard nodes.count > 1 else { return [] }
        return nodes.map { left in
            var changed = request
            changed.devices.removeAll { $0.node == left }
            return ("without \(left)", changed)
        }
    }

    /// A smaller cache leaves more room on the fastest devices.
    private static func cache(_ request: PlacementRequest) -> [Change] {
        PlacementAdvice.smallerCaches(request).map { name, changed in
            ("a KV cache in \(name)", changed)
        }
    }
}
