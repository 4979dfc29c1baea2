import Basics

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
