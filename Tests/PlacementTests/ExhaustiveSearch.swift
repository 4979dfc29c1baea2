@testable import Basics
@testable import Model
@testable import Placement

/// What decides, as `FastestPlacement` says it: layers where nobody knows the pace, time, devices
/// that have layers.
struct PlacementCost: Comparable {
    var unknown = 0
    var time = Duration.zero
    var devices = 0

    /// What the first layers cost on the coordinator's CPU.
    init(_ request: PlacementRequest, kept: Int) {
        unknown = request.coordinatorPace == nil ? kept : 0
        time = request.coordinatorPace.map { $0.layer * kept } ?? .zero
    }

    init(_ placement: ModelPlacement) {
        self.init(placement.request, kept: placement.coordinatorLayers)
        let traffic = TokenTraffic(placement.request)
        for (pace, layers) in zip(placement.request.paces ?? [], placement.ranges) {
            add(layers, pace, traffic)
        }
    }

    /// What a device costs besides.
    mutating func add(_ layers: Range<Int>, _ pace: DevicePace, _ traffic: TokenTraffic) {
        time += pace.time(of: layers, traffic)
        devices += layers.isEmpty ? 0 : 1
    }

    static func < (left: PlacementCost, right: PlacementCost) -> Bool {
        (left.unknown, left.time, left.devices) < (right.unknown, right.time, right.devices)
    }
}

/// Looks at all placements of a request that could cost less than a given one, device by device.
///
/// A beginning is given up only where nothing that it could become costs less: where its cost and
/// the least that the rest can take, all on the fastest devices left and nothing in the way, are no
/// less already; or where another beginning with the same layers on the same devices costs no more,
/// since what follows is the same for both. What a device holds is what `ModelPlacement` says.
struct ExhaustiveSearch {
    private let request: PlacementRequest
    private let paces: [DevicePace]
    private let traffic: TokenTraffic
    /// Of the model, the output layer included.
    private let layers: Int
    private var kept = 0
    private var best: PlacementCost?
    private var isBetter = false
    /// Whether a device may hold a range, by device, begin and end; nil: nobody has looked.
    private var fitting: [Bool?] = []
    /// The least that a beginning has cost so far, by its devices and layers.
    private var reached: [PlacementCost?] = []

    private init(_ request: PlacementRequest, below cost: PlacementCost?) {
        self.request = request
        paces = request.paces ?? []
        traffic = TokenTraffic(request)
        layers = request.shape.blockCount + 1
        best = cost
    }

    /// The least that a placement costs which fits, where that is less than the given cost.
    static func least(_ request: PlacementRequest, below cost: PlacementCost?) -> PlacementCost? {
        var search = ExhaustiveSearch(request, below: cost)
        let mayKeep =
            request.participants == .withCoordinator && request.coordinatorLimit != nil
        for kept in 0...(mayKeep ? search.layers - 1 : 0) { search.search(kept) }
        return search.isBetter ? search.best : nil
    }

    private mutating func search(_ kept: Int) {
        let count = paces.count
        self.kept = kept
        fitting = Array(repeating: nil, count: count * (layers + 1) * (layers + 1))
        reached = Array(repeating: nil, count: count * (layers + 1))
        extend(from: kept, on: 0, PlacementCost(request, kept: kept))
    }

    private mutating func extend(from start: Int, on device: Int, _ cost: PlacementCost) {
        if start == layers {
            if let best, best <= cost { return }
            (best, isBetter) = (cost, true)
            return
        }
        guard device < paces.count else { return }
        if let best, best <= leastTotal(from: start, on: device, cost) { return }
        let place = device * (layers + 1) + start
        if let former = reached[place], former <= cost { return }
        reached[place] = cost
        // What is left for the last device is all that is left.
        let shortest = device == paces.count - 1 ? layers : start
        for end in shortest...layers {
            guard end == start || fits(device, start, end) else {
                // One more layer makes a device hold less only where it is then alone.
                if start == kept { continue }
                break
            }
            var next = cost
            next.add(start..<end, paces[device], traffic)
            extend(from: end, on: device + 1, next)
        }
    }

    /// No more than what any placement costs that begins so.
    private func leastTotal(
        from start: Int, on device: Int, _ cost: PlacementCost
    ) -> PlacementCost {
        let left = paces[device...]
        var total = cost
        total.time += (left.map(\.layer).min() ?? .zero) * (layers - 1 - start)
        total.time += left.map(\.outputLayer).min() ?? .zero
        total.time += left.map(\.hop).min() ?? .zero
        total.devices += 1
        return total
    }

    private mutating func fits(_ device: Int, _ start: Int, _ end: Int) -> Bool {
        let place = (device * (layers + 1) + start) * (layers + 1) + end
        if let known = fitting[place] { return known }
        var counts = Array(repeating: 0, count: paces.count)
        counts[device] = end - start
        // What others hold decides only whether it is the first, the last or the only one that
        // holds something.
        if start > kept { counts[device - 1] = start - kept }
        if end < layers { counts[device + 1] = layers - end }
        let placement = placement(counts)
        let fits = placement.excess(of: device) == 0 && placement.coordinatorExcess == 0
        fitting[place] = fits
        return fits
    }

    private func placement(_ counts: [Int]) -> ModelPlacement {
        ModelPlacement(request, strategy: .fastest, coordinatorLayers: kept, counts: counts)
    }
}
