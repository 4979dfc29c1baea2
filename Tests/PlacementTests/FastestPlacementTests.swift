import Foundation
import Testing

@testable import Basics
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples

@Suite struct FastestPlacementTests {
    /// 500 here; `deploy/dev/optimal` looks at as many more as wanted, and at larger ones.
    private static let instances =
        number("SOLLOL_PLACEMENT_INSTANCES") ?? 500
    private static let isLarge = number("SOLLOL_PLACEMENT_INSTANCES") != nil

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    /// All ways to share out so many layers.
    private static func shares(_ layers: Int, _ devices: Int) -> [[Int]] {
        guard devices > 1 else { return [[layers]] }
        return (0...layers).flatMap { first in
            shares(layers - first, devices - 1).map { [first] + $0 }
        }
    }

    /// The best of all placements that fit, each looked at as a whole.
    private static func enumerated(_ request: PlacementRequest) -> PlacementCost? {
        let layers = request.shape.blockCount + 1
        let mayKeep = request.participants == .withCoordinator && request.coordinatorLimit != nil
        var best: PlacementCost?
        for kept in 0...(mayKeep ? layers - 1 : 0) {
            for counts in shares(layers - kept, request.devices.count) {
                let placement = ModelPlacement(
                    request, strategy: .fastest, coordinatorLayers: kept, counts: counts)
                let cost = PlacementCost(placement)
                if let best, best <= cost { continue }
                if placement.fits { best = cost }
            }
        }
        return best
    }

    private static func instance(_ seed: UInt64) throws -> PlacementRequest {
        var generator = SeededGenerator(seed: seed)
        func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        let devices = pick(1...(isLarge ? 6 : 3))
        let model = RandomModel.with {
            $0.layers = pick(1...(isLarge ? 24 : 6))
            $0.embedding = 256 * pick(1...4)
            $0.heads = 4
            $0.keyValueHeads = 4
            $0.isTied = pick(0...1) == 1
        }
        let shape = try model.shape()
        let all = Int(shape.tensorBytes >> 20) + 1
        var request = PlacementRequest(
            shape: shape, context: .sample(), strategy: .fastest,
            participants: pick(0...1) == 0 ? .withCoordinator : .workersOnly,
            devices: (0..<devices).map { index in
                PlacementDevice(
                    node: .worker(index + 1), name: "RPC\(index)",
                    address: "10.0.0.\(index + 1):50052",
                    limit: pick(0...9) == 0
                        ? nil : UInt64(20 + pick(0...2 * all / devices + 80)) << 20,
                    isProcess: pick(0...2) > 0, takesAnyEmbedding: true)
            }, coordinatorLimit: pick(0...1) == 0 ? nil : UInt64(60 + pick(0...all)) << 20)
        let isMeasured = pick(0...3) > 0
        for index in request.devices.indices {
            // Few values, so that many placements are equally fast.
            let milliseconds = pick(1...5)
            if isMeasured {
                request.devices[index].pace = DevicePace(
                    layer: .milliseconds(milliseconds),
                    outputLayer: .milliseconds(pick(1...9)), hop: .microseconds(200 * pick(0...9))
                ).with(
                    promptLayer: .zero,
                    bytesPerSecond: pick(0...2) == 0 ? nil : 1e6 * Double(pick(1...9)))
            } else {
                request.devices[index].speed = Double(milliseconds)
            }
        }
        if isMeasured, pick(0...1) == 0 {
            request.coordinatorPace = DevicePace(layer: .milliseconds(pick(1...9)))
        }
        if pick(0...1) == 0 {
            request.possibleSpares = request.devices.map(\.node).filter { _ in pick(0...3) > 0 }
        }
        return request
    }

    @Test func noOtherDistributionIsFaster() throws {
        var fitted = 0
        for seed in 0..<UInt64(Self.instances) {
            let request = try Self.instance(seed)
            let placement = (try? Placement.of(request)).flatMap { $0.fits ? $0 : nil }
            let cost = placement.map(PlacementCost.init)
            let better = ExhaustiveSearch.least(request, below: cost)
            #expect(better == nil, "instance \(seed): \(placement?.counts ?? [])")
            guard let placement else { continue }
            fitted += 1
            #expect(placement.strategy == .fastest, "instance \(seed)")
            #expect(
                placement.counts.reduce(placement.coordinatorLayers, +)
                    == request.shape.blockCount + 1)
        }
        #expect(fitted > Self.instances / 2, "too few instances fit to tell anything: \(fitted)")
        if Self.isLarge { print("\(Self.instances) instances, of which \(fitted) fit") }
    }

    /// The search gives up nothing that would have been better.
    @Test(.enabled(if: !isLarge))
    func theSearchFindsWhatLookingAtEachPlacementFinds() throws {
        for seed in 0..<UInt64(Self.instances) {
            let request = try Self.instance(seed)
            let least = Self.enumerated(request)
            #expect(ExhaustiveSearch.least(request, below: nil) == least, "instance \(seed)")
            guard var more = least else { continue }
            #expect(ExhaustiveSearch.least(request, below: more) == nil, "instance \(seed)")
            more.time += .nanoseconds(1)
            #expect(ExhaustiveSearch.least(request, below: more) == least, "instance \(seed)")
        }
    }

    static func request(
        _ limits: [UInt64?], milliseconds: [Int], hop: Duration = .zero
    ) throws -> PlacementRequest {
        // 24 layers of 17 MiB, 8 MiB of cache each.
        let model = RandomModel.with {
            $0.layers = 24
            $0.embedding = 1024
            $0.feedForward = 2048
            $0.heads = 16
            $0.keyValueHeads = 8
        }
        return PlacementRequest(
            shape: try model.shape(), context: .sample(), strategy: .fastest,
            participants: .withCoordinator,
            devices: zip(limits, milliseconds).enumerated().map { index, device in
                var placed = PlacementDevice(
                    node: .worker(index + 1), name: "RPC\(index)",
                    address: "10.0.0.\(index + 1):50052", limit: device.0.map { $0 << 20 })
                placed.pace = DevicePace(layer: .milliseconds(device.1), hop: hop)
                return placed
            })
    }

    /// What llama.cpp does with one of two workers at a quarter: everything on the fast one gives
    /// the most tokens a second, and filling it first comes next.
    @Test func theFastestDeviceIsFilledFirst() throws {
        let all = try Placement.of(Self.request([2000, 2000], milliseconds: [4, 1]))
        #expect(all.counts == [0, 25])
        let part = try Placement.of(Self.request([2000, 400], milliseconds: [4, 1]))
        #expect(part.fits && part.counts[1] > 10 && part.counts[0] > 0, "\(part.counts)")
        var more = part.request
        more.devices[1].limit = 427 << 20
        #expect(try Placement.of(more).counts[1] == part.counts[1] + 1)
    }

    @Test func equallyFastDevicesAreFilledInTheirOrder() throws {
        let placement = try Placement.of(
            Self.request([400, 400, 400], milliseconds: [2, 2, 2]))
        #expect(placement.fits && placement.counts[2] == 0, "\(placement.counts)")
        var larger = placement.request
        larger.devices[0].limit = 500 << 20
        #expect(try Placement.of(larger).counts[0] > placement.counts[0])
    }

    /// A device that is a little faster is not worth its hop for two layers.
    @Test func aHopIsWeighed() throws {
        let near = try Placement.of(
            Self.request([2000, 120], milliseconds: [10, 9], hop: .milliseconds(1)))
        #expect(near.counts[1] > 0)
        let far = try Placement.of(
            Self.request([2000, 120], milliseconds: [10, 9], hop: .milliseconds(50)))
        #expect(far.counts == [25, 0])
    }

    @Test func withoutEveryPaceMemoryDecidesAndThatIsSaid() throws {
        var request = try Self.request([900, 900], milliseconds: [1, 4])
        request.devices[1].pace = nil
        let unknown = try Placement.of(request)
        #expect(unknown.strategy == .memoryAware)
        #expect(unknown.notes.joined().contains("worker-2"), "\(unknown.notes)")
        request.devices[1].speed = 3
        #expect(try Placement.of(request).notes.joined().contains("some devices are measured"))
        request.devices[0].speed = 1
        request.devices[0].pace = nil
        #expect(try Placement.of(request).counts == [0, 25])
    }

    /// By speeds a GPU of the coordinator's own, which has none, comes last and is told.
    @Test func aSpeedOfEachBackendIsEnough() throws {
        var request = try Self.request([2000, 2000, 2000], milliseconds: [1, 1, 1])
        for index in 0...1 { request.devices[index].speed = Double(index + 1) }
        for index in 0...2 { request.devices[index].pace = nil }
        request.devices[2] = PlacementDevice(
            node: .coordinator, name: "CUDA0", limit: 2000 << 20, isProcess: false)
        let placement = try Placement.of(request)
        #expect(placement.strategy == .fastest && placement.counts == [0, 25, 0])
        #expect(placement.notes.joined().contains("coordinator (CUDA0) has no `speed`"))
        (request.devices[0].limit, request.devices[1].limit) = (300 << 20, 200 << 20)
        let full = try Placement.of(request)
        #expect(full.strategy == .fastest && full.fits)
        #expect(!full.counts.contains(0), "\(full.counts)")
        request.devices[0].speed = nil
        #expect(try Placement.of(request).strategy == .memoryAware)
    }

    /// A speed has no unit: seconds of the coordinator's CPU do not count beside it.
    @Test func speedsAndSecondsDoNotMix() throws {
        var request = try Self.request([900, 900], milliseconds: [1, 4])
        for index in 0...1 { request.devices[index].speed = Double(1 + 9 * index) }
        request.participants = .withCoordinator
        request.coordinatorLimit = 4 << 30
        request.coordinatorPace = DevicePace(layer: .nanoseconds(1))
        let placement = try Placement.of(request)
        #expect(placement.coordinatorLayers == 0 && placement.counts == [0, 25])
        for index in 0...1 { request.devices[index].speed = nil }
        #expect(try Placement.of(request).coordinatorLayers > 0)
    }

    /// How layers were shared out before this strategy: in proportion to speeds.
    private static func proportional(_ layers: Int, _ paces: [Duration]) -> [Int] {
        let speeds = paces.map { Duration.seconds(1) / $0 }
        let sum = speeds.reduce(0, +)
        var counts = speeds.map { Int(Double(layers) * $0 / sum) }
        counts[speeds.indices.max { speeds[$0] < speeds[$1] } ?? 0] += layers - counts.reduce(0, +)
        return counts
    }

    @Test func sharesInProportionToSpeedAreNeverFaster() throws {
        for milliseconds in [[1, 4], [2, 3], [5, 5], [1, 2, 8], [7, 3, 3]] {
            let request = try Self.request(
                milliseconds.map { _ in 4000 }, milliseconds: milliseconds)
            let before = ModelPlacement(
                request, strategy: .manual, coordinatorLayers: 0,
                counts: Self.proportional(25, milliseconds.map { .milliseconds($0) }))
            #expect(before.fits)
            #expect(try PlacementCost(Placement.of(request)) <= PlacementCost(before))
        }
    }

    /// The buffers of two devices were counted for one that is alone in the end, so that a slow
    /// worker got layers which the fast one could hold.
    @Test func aSpareTakesNoMemoryFromWhoIsLeft() throws {
        var alone = try Self.request([4000], milliseconds: [1])
        let load = try #require(try Placement.of(alone).loads.first)
        alone.devices[0].limit = load.total
        #expect(try Placement.of(alone).fits)
        var request = try Self.request([4000, 4000], milliseconds: [1, 50])
        request.devices[0].limit = load.total
        #expect(try Placement.of(request).counts[1] > 0)
        request.possibleSpares = ["worker-2"]
        let placement = try Placement.of(request)
        #expect(placement.counts == [25, 0] && placement.fits)
        #expect(placement.without(["worker-2"]).loads.first == load)
        #expect(RecordedPlacement(placement).again(request)?.counts == [25, 0])
    }

    /// Experts on the coordinator leave a device less to do, and ask for a way there and back in
    /// each layer: nothing of that is measured.
    @Test func expertsOnTheCoordinatorAreNotPredicted() throws {
        var model = RandomModel.with { $0.layers = 8 }
        (model.architecture, model.experts) = (.qwen3moe, 8)
        var request = try Self.request([4000, 4000], milliseconds: [1, 2])
        request.shape = try model.shape()
        #expect(PlacementPrediction(try Placement.of(request)) != nil)
        request.cpuExperts = 2
        let placement = try Placement.of(request)
        #expect(placement.strategy == .memoryAware && PlacementPrediction(placement) == nil)
        #expect(placement.notes.joined().contains("cpu_experts"), "\(placement.notes)")
        #expect(PlacementStrategy.standard(for: request.devices) == .fastest)
        #expect(PlacementStrategy.standard(for: request.devices, cpuExperts: 2) == .memoryAware)
    }

    @Test func olderNamesAreUnderstood() throws {
        let word = Data(#"["speed_aware", "fastest"]"#.utf8)
        #expect(
            try JSONDecoder().decode([PlacementStrategy].self, from: word) == [.fastest, .fastest])
    }
}
