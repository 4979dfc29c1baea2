import Testing

@testable import Model
@testable import Placement
@testable import Samples

@Suite struct EvenPlacementTests {
    @Test func splitsEvenlyAndGivesTheRestToTheFirst() throws {
        #expect(try EvenPlacement.counts(blockCount: 24, devices: 2) == [13, 12])
        #expect(try EvenPlacement.counts(blockCount: 2, devices: 3) == [1, 1, 1])
        #expect(try EvenPlacement.counts(blockCount: 80, devices: 4) == [21, 20, 20, 20])
        #expect(try EvenPlacement.counts(blockCount: 3, devices: 1) == [4])
    }

    @Test func everyCountOfLayersAndDevices() throws {
        for blockCount in 1...512 {
            for devices in 1...LayerPlacement.maxDevices where blockCount + 1 >= devices {
                let counts = try EvenPlacement.counts(blockCount: blockCount, devices: devices)
                #expect(counts.reduce(0, +) == blockCount + 1)
                #expect(counts == counts.sorted(by: >))
                #expect((counts.first ?? 0) - (counts.last ?? 0) <= 1)
                #expect((counts.last ?? 0) >= 1)
            }
        }
    }

    @Test func fewerLayersThanDevicesIsAnErrorWithBothNumbers() {
        let error = PlanError.fewerLayersThanDevices(layers: 3, devices: 5)
        #expect(throws: error) { try EvenPlacement.counts(blockCount: 2, devices: 5) }
        #expect(
            error.message
                == "the model has 3 layers (its output layer included), fewer than the 5 devices "
                + "of rpc_backends: a device would get none. Remove 2 of the backends or use a "
                + "larger model.")
    }

    /// llama.cpp's rule in 32-bit floats gives back exactly the layer counts in `-ts`, zeros
    /// included, for any `-ngl`.
    @Test func integerCountsAreReproduced() {
        var random = SplitMix64(state: 20_260_901)
        for _ in 0..<10_000 {
            let blockCount = random.next(in: 1...512)
            let devices = random.next(in: 1...LayerPlacement.maxDevices)
            let all = random.next(in: 0...1) == 0
            let offloaded = all ? blockCount + 1 : random.next(in: 1...(blockCount + 1))
            var counts = [Int](repeating: 0, count: devices)
            var left = offloaded
            while left > 0 {
                let part = random.next(in: 1...left)
                counts[random.next(in: 0...(devices - 1))] += part
                left -= part
            }
            let kept = [Int?](repeating: nil, count: blockCount + 1 - offloaded)
            let expected =
                kept + counts.enumerated().flatMap { [Int?](repeating: $0, count: $1) }
            let actual = LayerPlacement.devices(
                blockCount: blockCount, gpuLayers: all ? 999 : offloaded,
                tensorSplit: counts.map(Float.init))
            #expect(actual == expected)
        }
    }

    /// The planned ranges are those of the rule, for every even split there is.
    @Test func evenSplitsAreReproduced() throws {
        for blockCount in 1...512 {
            for devices in 1...LayerPlacement.maxDevices where blockCount + 1 >= devices {
                let counts = try EvenPlacement.counts(blockCount: blockCount, devices: devices)
                let ranges = LayerPlacement.ranges(counts: counts)
                let actual = LayerPlacement.devices(
                    blockCount: blockCount, gpuLayers: blockCount + 1,
                    tensorSplit: counts.map(Float.init))
                let planned = (0...blockCount).map { layer in
                    ranges.firstIndex { $0.contains(layer) }
                }
                if actual != planned { Issue.record("\(blockCount) blocks, \(devices) devices") }
            }
        }
    }

    @Test func sharesByMemoryFollowTheRule() {
        // 4 blocks and the output over 3:1: cumulative shares 0.75 and 1.
        let devices = LayerPlacement.devices(
            blockCount: 4, gpuLayers: 5, tensorSplit: [3, 1])
        #expect(devices == [0, 0, 0, 0, 1])
        // Two layers offloaded: the first three stay.
        #expect(
            LayerPlacement.devices(blockCount: 4, gpuLayers: 2, tensorSplit: [1, 1])
                == [nil, nil, nil, 0, 1])
    }
}
