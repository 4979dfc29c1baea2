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
    ///
    /// - Parameter isStored: whether layers stay where they are because workers store them.
    package static func all(
        _ placement: ModelPlacement, isStored: Bool = false
    ) -> [PlacementSuggestion] {
        guard placement.fits, let now = PlacementPrediction(placement)?.tokensPerSecond else {
            return []
        }
        let request = placement.request
        let moved = Change(what: "layers placed anew, by `sollol shard`", request: request)
        // What that gives is no merit of any other change, each of which places anew.
        let fresh = rate(moved) ?? now
        let changes =
            strategy(request) + without(request) + alone(request) + transport(request)
            + cache(request)
        let all = (isStored ? [(moved, now)] : []) + changes.map { ($0, max(now, fresh)) }
        return all.compactMap { change, before in
            guard let then = rate(change), then >= before * least else { return nil }
            return PlacementSuggestion(
                text: "\(change.what): \(gain(then / now))", tokensPerSecond: then,
                measuredAt: change.measuredAt)
        }.sorted { $0.tokensPerSecond > $1.tokensPerSecond }
    }

    /// Tokens a second with a change, or nil where that does not fit or is not known.
    private static func rate(_ change: Change) -> Double? {
        guard let placement = try? Placement.of(change.request), placement.fits else { return nil }
        return PlacementPrediction(placement, mayBeAlone: true)?.tokensPerSecond
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
        var changed = request
        guard request.strategy != .fastest else {
            guard request.configuredPaces != nil else { return [] }
            for index in changed.devices.indices { changed.devices[index].speed = nil }
            return [Change(what: "layers by what was measured, no `speed`", request: changed)]
        }
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

    /// One machine with all layers: is it worth spreading at all?
    private static func alone(_ request: PlacementRequest) -> [Change] {
        let nodes = request.devices.map(\.node).unique { $0 }
        let mayHold = request.participants == .withCoordinator && request.coordinatorLimit != nil
        // Of two workers each is alone without the other.
        let workers = request.strategy == .memoryAware && nodes.count > 2 ? nodes : []
        return (workers.filter(\.isWorker) + (mayHold ? [.coordinator] : [])).map { node in
            var changed = request
            changed.devices.removeAll { $0.node != node }
            return Change(what: "\(node) alone", request: changed)
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
