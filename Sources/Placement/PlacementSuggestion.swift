import Basics

/// What would give more tokens a second, each tried by planning it.
package struct PlacementSuggestion: Equatable, Sendable {
    /// The change and its gain.
    package let text: String
    /// What is predicted with it.
    package let tokensPerSecond: Double
    /// When that was measured which only the change makes count, in seconds since 1970; nil where
    /// there is no such thing.
    package let measuredAt: Int?

    /// Gains below this drown in what measurements differ by.
    private static let least = 1.02

    /// What helps this placement, the most first; none where nothing is predicted.
    package static func all(_ placement: ModelPlacement) -> [PlacementSuggestion] {
        guard placement.fits, let now = PlacementPrediction(placement)?.tokensPerSecond else {
            return []
        }
        let request = placement.request
        let changes =
            strategy(request) + without(request) + transport(request) + cache(request)
        return changes.compactMap { change in
            guard let other = try? Placement.of(change.request), other.fits,
                let then = PlacementPrediction(other)?.tokensPerSecond, then >= now * least
            else { return nil }
            return PlacementSuggestion(
                text: "\(change.what): \(gain(then / now))", tokensPerSecond: then,
                measuredAt: change.measuredAt)
        }.sorted { $0.tokensPerSecond > $1.tokensPerSecond }
    }

    /// `18 % faster`, `2.1 times as fast`.
    private static func gain(_ ratio: Double) -> String {
        guard ratio >= 2 else { return "\(Int((ratio - 1) * 100)) % faster" }
        let tenths = Int(min(ratio, 1e6) * 10)
        return "\(tenths / 10).\(tenths % 10) times as fast"
    }

    private struct Change {
        var what: String
        var request: PlacementRequest
        var measuredAt: Int?
    }

    private static func strategy(_ request: PlacementRequest) -> [Change] {
        guard request.strategy != .fastest else { return [] }
        var changed = request
        changed.strategy = .fastest
        let what = "layers where they take the least time, strategy fastest"
        return [Change(what: what, request: changed)]
    }

    /// A worker less; the fastest placement leaves out by itself whom it does not need.
    private static func without(_ request: PlacementRequest) -> [Change] {
        guard ![.fastest, .manual].contains(request.strategy) else { return [] }
        let nodes = request.devices.map(\.node).unique { $0 }
        guard nodes.count > 1 else { return [] }
        return nodes.map { left in
            var changed = request
            changed.devices.removeAll { $0.node == left }
            return Change(what: "without \(left)", request: changed)
        }
    }

    /// A worker that is reached through ssh, of which both ways have been measured. The other way
    /// round nobody gains.
    private static func transport(_ request: PlacementRequest) -> [Change] {
        request.devices.filter { $0.directPace != nil }.map(\.node).unique { $0 }.map { node in
            var changed = request
            var times: [Int] = []
            for index in changed.devices.indices where changed.devices[index].node == node {
                guard let direct = changed.devices[index].directPace else { continue }
                changed.devices[index].pace = direct
                times += [direct.measuredAt].compactMap(\.self)
            }
            let what =
                "transport direct for \(node), whose rpc-server then listens on the network "
                + "without any authentication"
            return Change(what: what, request: changed, measuredAt: times.min())
        }
    }

    /// A smaller cache leaves more room on the fastest devices.
    private static func cache(_ request: PlacementRequest) -> [Change] {
        PlacementAdvice.smallerCaches(request).map { name, changed in
            Change(what: "a KV cache in \(name)", request: changed)
        }
    }
}
