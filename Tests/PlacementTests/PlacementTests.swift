import Testing

@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples

@Suite struct PlacementTests {
    private static let mebibyte: UInt64 = 1 << 20

    private static func devices(_ limits: [UInt64?]) -> [PlacementDevice] {
        limits.enumerated().map { index, limit in
            PlacementDevice(
                node: .worker(index + 1), name: "RPC\(index)",
                address: "10.0.0.\(index + 1):50052", limit: limit.map { $0 * mebibyte })
        }
    }

    private static func request(
        _ limits: [UInt64?], _ model: RandomModel = .init(),
        strategy: PlacementStrategy = .memoryAware,
        participants: PlacementParticipants = .withCoordinator, coordinator: UInt64? = nil
    ) throws -> PlacementRequest {
        PlacementRequest(
            shape: try model.shape(), context: .sample(), strategy: strategy,
            participants: participants, devices: devices(limits),
            coordinatorLimit: coordinator.map { $0 * mebibyte })
    }

    /// 24 layers of 17 MiB, 8 MiB of cache each.
    private static let large = RandomModel.with {
        $0.layers = 24
        $0.embedding = 1024
        $0.feedForward = 2048
        $0.heads = 16
        $0.keyValueHeads = 8
    }

    @Test func everyLayerIsPlacedOnceInOrder() throws {
        for limits: [UInt64?] in [
            [400], [400, 400], [300, 900, 200], [50, 50, 50, 50], [1, 1000],
        ] {
            for strategy in [PlacementStrategy.even, .memoryAware, .fastest] {
                let placement = try Placement.of(
                    Self.request(limits, Self.large, strategy: strategy))
                #expect(placement.coordinatorLayers == 0)
                #expect(placement.ranges.flatMap { Array($0) } == Array(0...24))
                // What llama.cpp makes of the counts is what is planned.
                let byRule = LayerPlacement.devices(
                    blockCount: 24, gpuLayers: 25, tensorSplit: placement.counts.map { Float($0) })
                let planned = placement.ranges.enumerated().flatMap { index, range in
                    range.map { _ in Int?.some(index) }
                }
                #expect(byRule == planned)
            }
        }
    }

    /// No other distribution in this order makes the fullest device less full: of what buffers
    /// leave where all fits, of all where it does not. Where all fits, every device gets a layer
    /// that can hold one, as 50 MiB just can.
    @Test(
        arguments: [
            [60, 60, 60], [40, 90, 60], [200, 50, 70], [64, 64, 500], [400, 900, 300],
            [2000, 100, 300],
        ] as [[UInt64]])
    func theFullestDeviceIsAsEmptyAsPossible(limits: [UInt64]) throws {
        let model = RandomModel.with {
            $0.layers = 9
            $0.vocabulary = 20_000
        }
        let request = try Self.request(limits, model)
        func fullest(_ placement: ModelPlacement, besideBuffers: Bool) -> Double {
            zip(placement.loads, limits).map { load, limit in
                let layers = Double(load.weights + load.cache)
                let (all, buffers) = (Double(limit * Self.mebibyte), Double(load.buffers))
                if layers == 0 { return 0 }
                if !besideBuffers { return (layers + buffers) / all }
                return buffers < all ? layers / (all - buffers) : .infinity
            }.max() ?? 0
        }
        var others: [ModelPlacement] = []
        for first in 0...10 {
            for second in 0...(10 - first) {
                let counts = [first, second, 10 - first - second]
                others.append(
                    ModelPlacement(
                        request, strategy: .manual, coordinatorLayers: 0, counts: counts))
            }
        }
        let fits = others.contains { $0.fits }
        let found = try Placement.of(request)
        #expect(found.fits == fits)
        if fits {
            others.removeAll { zip($0.counts, limits).contains { $0 == 0 && $1 >= 50 } }
            #expect(!zip(found.counts, limits).contains { $0 == 0 && $1 >= 50 })
        }
        let best = others.map { fullest($0, besideBuffers: fits) }.min() ?? 0
        #expect(fullest(found, besideBuffers: fits) <= best * 1.000001, "\(found.counts)")
    }

    /// Buffers weigh more than the layers of a small model; they must not decide.
    @Test func aWorkerWithLessMemoryGetsItsShareOfASmallModel() throws {
        let placement = try Placement.of(Self.request([24 << 10, 16 << 10]))
        #expect(placement.counts == [5, 4])
    }

    @Test func equalMemoryGivesAnEvenPlacement() throws {
        let placement = try Placement.of(Self.request([2000, 2000, 2000], Self.large))
        // Eight layers each; the output layer of a small vocabulary weighs next to nothing.
        #expect(placement.counts == [8, 8, 9])
        #expect(placement.fits && placement.notes == [])
    }

    @Test func unevenMemoryGivesAnUnevenOne() throws {
        let placement = try Placement.of(Self.request([300, 900], Self.large))
        #expect(placement.counts[0] < 8 && placement.counts.reduce(0, +) == 25)
        #expect(placement.fits)
        let tiny = try Placement.of(Self.request([1, 2000], Self.large))
        #expect(tiny.counts == [0, 25])
        #expect(tiny.loads[0].total == 0 && tiny.fits)
        #expect(tiny.notes.map { $0.prefix(31) } == ["worker-1 (RPC0) gets no layer: "])
    }

    /// A worker that was configured is to be of use.
    @Test func everyDeviceGetsALayerOrThePlanIsRefused() throws {
        let limits = [UInt64](repeating: 2000, count: 15)
        for layers in [14, 15, 16, 17, 29] {
            let model = RandomModel.with { $0.layers = layers }
            for strategy in [PlacementStrategy.even, .memoryAware, .fastest] {
                let placement = try Placement.of(Self.request(limits, model, strategy: strategy))
                #expect(placement.counts.allSatisfy { $0 > 0 }, "\(placement.counts)")
            }
        }
        let model = RandomModel.with { $0.layers = 13 }
        for strategy in [PlacementStrategy.even, .memoryAware, .fastest] {
            #expect(throws: PlanError.fewerLayersThanDevices(layers: 14, devices: 15)) {
                try Placement.of(Self.request(limits, model, strategy: strategy))
            }
        }
    }

    @Test func unknownMemoryFallsBackToEvenAndSaysSo() throws {
        let placement = try Placement.of(Self.request([400, nil, nil], Self.large))
        #expect(placement.strategy == .even)
        #expect(placement.counts == [9, 8, 8])
        #expect(placement.notes.count == 1)
        #expect(placement.notes[0].hasPrefix("the memory of worker-2, worker-3 is not known"))
    }

    @Test func theSameRequestGivesTheSamePlacement() throws {
        let request = try Self.request([333, 777, 512], Self.large)
        let placement = try Placement.of(request)
        for _ in 0..<5 { #expect(try Placement.of(request) == placement) }
    }

    // MARK: Participants

    @Test func theCoordinatorTakesOnlyWhatOthersCannotHold() throws {
        let roomy = try Placement.of(Self.request([900, 900], Self.large, coordinator: 4000))
        #expect(roomy.coordinatorLayers == 0)
        let tight = try Placement.of(Self.request([300, 300], Self.large, coordinator: 4000))
        #expect(tight.coordinatorLayers > 0 && tight.fits)
        #expect(tight.ranges[0].lowerBound == tight.coordinatorLayers)
        #expect(tight.ranges.flatMap { Array($0) } == Array(tight.coordinatorLayers...24))
        // One layer fewer there, and a worker would hold too much.
        let request = try Self.request([300, 300], Self.large, coordinator: 4000)
        for first in 0...(25 - tight.coordinatorLayers + 1) {
            let kept = tight.coordinatorLayers - 1
            let other = ModelPlacement(
                request, strategy: .manual, coordinatorLayers: kept,
                counts: [first, 25 - kept - first])
            #expect(!other.fits, "\(first)")
        }
        let byRule = LayerPlacement.devices(
            blockCount: 24, gpuLayers: 25 - tight.coordinatorLayers,
            tensorSplit: tight.counts.map { Float($0) })
        #expect(byRule.prefix(tight.coordinatorLayers).allSatisfy { $0 == nil })
        #expect(byRule.count { $0 == 0 } == tight.counts[0])
    }

    @Test func workersOnlyLeavesTheCoordinatorNoWeights() throws {
        let placement = try Placement.of(
            Self.request(
                [300, 300], Self.large, participants: .workersOnly, coordinator: 4000))
        #expect(placement.coordinatorLayers == 0 && !placement.fits)
        #expect(placement.coordinatorLoad.weights == 0)
        #expect(placement.embeddingDevice == 0)
        let tied = RandomModel.with { $0.isTied = true }
        let both = try Placement.of(
            Self.request([400, 400], tied, participants: .workersOnly))
        #expect(both.embeddingDevice == 1)
    }

    @Test func aCoordinatorAloneHoldsEverything() throws {
        let placement = try Placement.of(Self.request([], coordinator: 4000))
        #expect(placement.counts == [] && placement.fits)
        let shape = placement.request.shape
        let all = shape.layers.reduce(0) { $0 + $1.weights.bytes } + shape.input.bytes
        #expect(placement.coordinatorLoad.weights == all + shape.output.bytes)
        #expect(!(try Placement.of(Self.request([], coordinator: 50)).fits))
    }

    // MARK: Manual

    @Test func countsByHandAreChecked() throws {
        var request = try Self.request([900, 900], Self.large, strategy: .manual)
        request.manual = [20, 5]
        #expect(try Placement.of(request).ranges == [0..<20, 20..<25])
        request.manual = [10, 5]
        let left = try Placement.of(request)
        #expect(left.coordinatorLayers == 10 && left.ranges == [10..<20, 20..<25])
        request.participants = .workersOnly
        for counts in [[10, 5], [25], [25, 1], [0, 0], []] {
            request.manual = counts
            #expect(throws: PlanError.self, "\(counts)") { try Placement.of(request) }
        }
    }

    /// 200 layers over 15 devices; how long it takes is measured by `deploy/dev/benchmark`.
    @Test func manyLayersOverManyDevices() throws {
        let model = RandomModel.with {
            $0.layers = 200
            $0.embedding = 256
        }
        let limits: [UInt64?] = (0..<15).map { UInt64(60 + 10 * $0) }
        let placement = try Placement.of(Self.request(limits, model))
        #expect(placement.counts.reduce(0, +) == 201)
        #expect(placement.counts == placement.counts.sorted())
    }
}
