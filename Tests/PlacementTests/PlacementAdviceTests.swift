import Testing

@testable import Basics
@testable import Model
@testable import Placement
@testable import Samples

@Suite struct PlacementAdviceTests {
    /// 24 layers of 100 MiB and an output layer of 200; 8192 tokens take 32 MiB a layer.
    private func request(_ gibibytes: [Double], tokens: Int = 8192) -> PlacementRequest {
        PlacementRequest(
            shape: SampleSpecs.shape(layers: 24), context: .sample(tokens: tokens),
            strategy: .memoryAware, participants: .withCoordinator,
            devices: gibibytes.enumerated().map { index, size in
                PlacementDevice(
                    node: .worker(index + 1), name: "RPC\(index)", address: "-",
                    limit: UInt64(size * 1_073_741_824))
            })
    }

    private func advice(_ request: PlacementRequest) throws -> PlacementAdvice {
        PlacementAdvice(try Placement.of(request))
    }

    @Test func whatFitsNeedsNone() throws {
        let advice = try advice(request([4, 4]))
        #expect(advice.shortages == [] && advice.changes == [])
    }

    @Test func saysWhereAndHowMuchIsMissing() throws {
        let placement = try Placement.of(request([1, 1]))
        let advice = PlacementAdvice(placement)
        #expect(advice.shortages.count == 2)
        let missing = MemorySize.text(placement.excess(of: 0))
        #expect(advice.shortages[0].hasPrefix("worker-1 (RPC0) would hold "))
        #expect(advice.shortages[0].hasSuffix("\(missing) more than the 1.00 GiB that it may"))
    }

    /// Each change that is named makes it fit, and a smaller one of its kind does not.
    @Test func theSmallestContextThatFitsIsNamed() throws {
        let request = request([2.5, 2.5], tokens: 65536)
        let text = try #require(try advice(request).changes.first { $0.contains("--ctx-size") })
        let tokens = try #require(text.split(separator: " ").last.flatMap { Int($0) })
        for (size, fits) in [(tokens, true), (tokens + 256, false)] {
            var changed = request
            changed.context.contextSize = size
            #expect(try Placement.of(changed).fits == fits, "\(size)")
        }
    }

    @Test func theFewestLayersWhoseExpertsLeaveTheDevicesAreNamed() throws {
        var request = request([1.5, 1.5])
        // Models begin with dense layers.
        for index in 3..<24 {
            request.shape.layers[index].experts = .init(bytes: 80 << 20, largest: 20 << 20)
        }
        let text = try #require(try advice(request).changes.first { $0.contains("cpu_experts") })
        let number = text.split(separator: " ").last?.filter(\.isNumber)
        let count = try #require(number.flatMap { Int($0) })
        #expect(
            text == "experts of the first \(count) layers that have some on the coordinator's CPU: "
                + "\"placement\": {\"cpu_experts\": \(count)}")
        for (layers, fits) in [(count, true), (count - 1, false)] {
            var changed = request
            changed.cpuExperts = layers
            #expect(try Placement.of(changed).fits == fits, "\(layers)")
        }
    }

    @Test func theSmallestWorkerThatFitsIsNamed() throws {
        let request = request([1, 1])
        let text = try #require(
            try advice(request).changes.first { $0.contains("one more worker") })
        let words = text.split(separator: " ")
        let size = try #require(Double(words[words.count - 2]))
        for (gibibytes, fits) in [(size, true), (size - 1, false)] {
            let changed = self.request([1, 1, gibibytes])
            #expect(try Placement.of(changed).fits == fits, "\(gibibytes)")
        }
    }

    @Test func aSmallerCacheTypeIsNamedBeforeASmallerModel() throws {
        let changes = try advice(request([4.2, 4.2], tokens: 65536)).changes
        let cache = try #require(
            changes.firstIndex { $0.contains("\"-ctk\", \"q8_0\"") }, "\(changes)")
        let model = changes.firstIndex { $0.contains("a smaller quantisation") }
        #expect(model.map { cache < $0 } != false)
        #expect(!changes.contains { $0.contains("\"strategy\"") })
    }

    @Test func smallerBuffersAreNamedWhereTheyAreEnough() throws {
        var request = request([4, 4])
        let fits = try Placement.of(request)
        for device in request.devices.indices {
            request.devices[device].limit = fits.loads[device].total - 1
        }
        let changes = try advice(request).changes
        #expect(
            changes.contains {
                $0.hasPrefix("256 tokens of a prompt at a time instead of 512: ")
                    && $0.contains("[\"-ub\", \"256\"]")
            }, "\(changes)")
        request.context.microBatch = 256
        #expect(try Placement.of(request).fits)
    }

    @Test func anotherStrategyIsNamedFirst() throws {
        var request = request([1, 8])
        request.strategy = .even
        let changes = try advice(request).changes
        #expect(
            changes.first == "distribute by memory: \"placement\": {\"strategy\": \"memory_aware\"}"
        )
        request = self.request([1, 1])
        request.participants = .workersOnly
        request.coordinatorLimit = 64 << 30
        #expect(
            try advice(request).changes.first?.hasPrefix("let the coordinator hold layers") == true)
    }

    @Test func nothingHelpsWhereTheLimitIsBelowTheBuffers() throws {
        var request = request([0.001])
        request.devices = (0..<15).map {
            PlacementDevice(node: .worker($0 + 1), name: "RPC\($0)", address: "-", limit: 1)
        }
        let advice = try advice(request)
        #expect(advice.changes == [] && !advice.shortages.isEmpty)
    }
}
