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
        let attention = try #require(prediction.attention) / .milliseconds(2)
        #expect(abs(attention / (perSlot / weights) - 1) < 0.001)
        let full = try #require(prediction.tokensPerSecondFull)
        #expect(full < prediction.tokensPerSecond)
    }

    @Test func promptsAndLoadsTakeTheirWays() throws {
        let request = try Self.request()
        let placement = try Placement.of(request)
        let prediction = try Self.prediction(request)
        let bytes = placement.loads.reduce(0.0) { $0 + Double($1.weights) }
        #expect(abs(try #require(prediction.loadSeconds) / (bytes / 100e6) - 1) < 0.001)
        // Eight layers, two ways for each batch, and 8 bytes of each activation there and back.
        let batch = Double(request.context.microBatch)
        let way = 2 * 8 * Double(request.shape.embedding) / 100e6
        let seconds = 8 * 0.0001 + 2 * 0.001 / batch + way
        #expect(abs(try #require(prediction.promptTokensPerSecond) * seconds - 1) < 0.001)
    }

    @Test func whatNobodyHasMeasuredIsNotPredicted() throws {
        var request = try Self.request()
        request.devices[1].pace = DevicePace(layer: .milliseconds(2))
        let prediction = try Self.prediction(request)
        #expect(prediction.promptTokensPerSecond == nil && prediction.loadSeconds == nil)
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
