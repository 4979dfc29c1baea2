import Testing

@testable import Basics
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples

/// What is predicted of a placement besides tokens a second of an empty context.
@Suite struct PlacementPredictionTests {
    /// Eight layers on two workers, each with 100 MB/s to it.
    private static func request(_ change: (inout RandomModel) -> Void = { _ in }) throws
        -> PlacementRequest
    {
        let model = RandomModel.with {
            $0.layers = 8
            change(&$0)
        }
        var request = PlacementRequest(
            shape: try model.shape(), context: .sample(), strategy: .manual,
            participants: .withCoordinator,
            devices: (0..<2).map {
                PlacementDevice(
                    node: .worker($0 + 1), name: "RPC\($0)", address: "10.0.0.\($0):50052")
            }, manual: [4, 5])
        for index in request.devices.indices {
            request.devices[index].pace = DevicePace(
                layer: .milliseconds(2), outputLayer: .milliseconds(3), hop: .milliseconds(1)
            ).with(promptLayer: .microseconds(100), bytesPerSecond: 100e6)
        }
        return request
    }

    private static func prediction(_ request: PlacementRequest) throws -> PlacementPrediction {
        try #require(PlacementPrediction(Placement.of(request)))
    }

    @Test func aFullContextIsReadAsFastAsWeights() throws {
        let request = try Self.request()
        let prediction = try Self.prediction(request)
        let memory = ModelMemory(shape: request.shape, context: request.context)
        let cache = (0..<8).reduce(0.0) { $0 + Double(memory.cache(ofLayer: $1)) }
        let weights = Double(request.shape.layers[4].weights.bytes)
        let perSlot = cache / Double(request.context.slots)
        // Beside it the mask, two bytes a cell to each of two workers.
        let mask = Double(2 * 2 * request.context.cells) / 100e6
        let attention = try #require(prediction.attention) - .seconds(mask)
        #expect(abs(attention / .milliseconds(2) / (perSlot / weights) - 1) < 0.001)
        let full = try #require(prediction.tokensPerSecondFull)
        #expect(full < prediction.tokensPerSecond)
    }

    @Test func promptsAndLoadsTakeTheirWays() throws {
        let request = try Self.request()
        let placement = try Placement.of(request)
        let prediction = try Self.prediction(request)
        let bytes = placement.loads.reduce(0.0) { $0 + Double($1.weights) }
        #expect(abs(try #require(prediction.loadSeconds) / (bytes / 100e6) - 1) < 0.001)
        // Eight layers, two ways for each batch, 4 bytes of each activation three times to the
        // first device, once to the other one, once back from each, and 2 bytes for each mask.
        let batch = Double(request.context.microBatch)
        let way = (6 * 4 * Double(request.shape.embedding) + 2 * 2 * batch) / 100e6
        let seconds = 8 * 0.0001 + 2 * 0.001 / batch + way
        #expect(abs(try #require(prediction.promptTokensPerSecond) * seconds - 1) < 0.001)
    }

    /// Of a model of 8 layers, at its end 8,192 tokens of context took 5.17 ms for a token of a
    /// prompt, an empty context 0.76 (llama-bench on a CPU): mostly multiplications.
    @Test func aFullContextIsMultipliedAsFastAsWeights() throws {
        let request = try Self.request()
        let prediction = try Self.prediction(request)
        let (shape, cells) = (request.shape, Double(request.context.cells))
        let weights = Double(shape.layers[4].weights.bytes) / 2
        let attention = 2 * Double(shape.query) * cells / weights * 8 * 0.0001
        let mask = 2 * 2 * (cells - Double(request.context.microBatch)) / 100e6
        let empty = 1 / (try #require(prediction.promptTokensPerSecond))
        let full = 1 / (try #require(prediction.promptTokensPerSecondFull))
        #expect(abs((full - empty) / (attention + mask) - 1) < 0.01)
    }

    /// Of its experts a token uses some, and tokens beyond a window none: both are counted.
    @Test func whatATokenDoesNotUseIsNotMultiplied() throws {
        func added(_ change: @escaping (inout RandomModel) -> Void) throws -> Double {
            let prediction = try Self.prediction(Self.request(change))
            return 1 / (try #require(prediction.promptTokensPerSecondFull))
                - 1 / (try #require(prediction.promptTokensPerSecond))
        }
        func experts(_ used: Int) throws -> Double {
            try added {
                $0.architecture = .qwen3moe
                ($0.experts, $0.expertsUsed) = (8, used)
            }
        }
        #expect(try experts(8) < experts(1))
        let wide = try added { ($0.architecture, $0.window) = (.gemma2, 4096) }
        #expect(try added { ($0.architecture, $0.window) = (.gemma2, 512) } < wide)
        var request = try Self.request()
        request.context.cacheOnCoordinator = true
        #expect(try Self.prediction(request).promptTokensPerSecondFull == nil)
    }

    /// What a token sends: at 100 Mbit/s the logits took longer than all layers, and tokens/s were
    /// predicted half as high again as they were (62.7 for 41.6).
    @Test func aTokenTakesItsWays() throws {
        let request = try Self.request { $0.vocabulary = 32_000 }
        let layers = 8 * 0.002 + 0.003 + 2 * 0.001
        let bytes = 4 * Double(32_000 + 5 * request.shape.embedding)
        let prediction = try Self.prediction(request)
        let seconds = layers + bytes / 100e6
        #expect(abs(prediction.tokensPerSecond * seconds - 1) < 0.001)
        // Where the embedding is looked up on the first device, the activation comes once.
        var workers = request
        workers.participants = .workersOnly
        let moved = seconds - 2 * 4 * Double(request.shape.embedding) / 100e6
        #expect(abs(try Self.prediction(workers).tokensPerSecond * moved - 1) < 0.001)
    }

    /// The output layer goes where the way is wide.
    @Test func logitsAreWeighed() throws {
        var request = try Self.request { $0.vocabulary = 32_000 }
        (request.strategy, request.manual) = (.fastest, [])
        request.devices[0].pace?.layer = .milliseconds(3)
        request.devices[0].pace?.outputLayer = .milliseconds(3)
        #expect(try Placement.of(request).counts == [0, 9])
        request.devices[1].pace?.bytesPerSecond = 1e6
        #expect(try Placement.of(request).counts == [9, 0])
    }

    private static func suggestions(
        _ request: PlacementRequest, _ counts: [Int]? = nil
    ) throws -> [String] {
        let placement =
            try counts.map {
                ModelPlacement(request, strategy: .fastest, coordinatorLayers: 0, counts: $0)
            } ?? Placement.of(request)
        return PlacementSuggestion.all(placement, isStored: counts != nil).map(\.text)
    }

    /// Is it worth spreading at all?
    @Test func oneMachineAloneIsTried() throws {
        var request = try Self.request()
        (request.strategy, request.manual) = (.fastest, [])
        request.coordinatorLimit = 4 << 30
        #expect(try Self.suggestions(request) == [])
        request.coordinatorPace = DevicePace(
            layer: .microseconds(500), outputLayer: .microseconds(500))
        #expect(try Self.suggestions(request).first?.hasPrefix("coordinator alone: ") == true)
        request.coordinatorLimit = 1 << 20
        #expect(try Self.suggestions(request) == [])
    }

    /// A smaller cache was praised for what any new placement gives.
    @Test func whatIsStoredElsewhereIsPlacedAnew() throws {
        var request = try Self.request()
        (request.strategy, request.manual) = (.fastest, [])
        request.devices[0].pace?.layer = .milliseconds(50)
        let lines = try Self.suggestions(request, [4, 5])
        #expect(lines.count == 1 && lines[0].hasPrefix("layers placed anew, by `sollol shard`: "))
    }

    @Test func whatNobodyHasMeasuredIsNotPredicted() throws {
        var request = try Self.request()
        request.devices[1].pace = DevicePace(layer: .milliseconds(2))
        let prediction = try Self.prediction(request)
        #expect(prediction.promptTokensPerSecond == nil && prediction.loadSeconds == nil)
        #expect(prediction.promptTokensPerSecondFull == nil)
        // How much of a layer a token reads is not known, nor how fast the output layer is read.
        var experts = try Self.request {
            $0.architecture = .qwen3moe
            $0.experts = 8
        }
        #expect(try Self.prediction(experts).tokensPerSecondFull != nil)
        experts.devices[0].pace?.outputLayer = .zero
        #expect(try Self.prediction(experts).tokensPerSecondFull == nil)
        request.devices[1].pace = nil
        #expect(try PlacementPrediction(Placement.of(request)) == nil)
    }
}
