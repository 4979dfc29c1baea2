import Model

/// What each layer adds to the device that holds it; looked up once, since many starts and ends are
/// tried on all devices.
struct LayerNeeds {
    let blockCount: Int
    /// Weights, adapters and cache.
    let bytes: [UInt64]
    /// The largest tensor.
    let largest: [UInt64]
    /// What the first layer of a device brings along.
    let shared: ModelShape.Weights
    /// The embedding, where it is moved to the device of that layer.
    let input: ModelShape.Weights
    let firstLayer: Int?
    /// With and without the output layer.
    let buffers: (with: UInt64, without: UInt64)

    init(_ memory: ModelMemory, firstLayer: Int) {
        blockCount = memory.shape.blockCount
        let weights = (0...blockCount).map { memory.weights(withLayer: $0) }
        bytes = weights.enumerated().map { layer, weights in
            weights.bytes + memory.adapters(ofLayer: layer)
                + (memory.context.cacheOnCoordinator ? 0 : memory.cache(ofLayer: layer))
        }
        largest = weights.map(\.largest)
        shared = memory.shape.shared
        input = memory.shape.input
        // A tied model's embedding is the output, which counts already.
        self.firstLayer = memory.overridesEmbedding && !memory.shape.isTied ? firstLayer : nil
        buffers = (
            memory.computeBytes(withOutput: true), memory.computeBytes(withOutput: false)
        )
    }
}
