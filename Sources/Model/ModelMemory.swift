/// How much memory a model needs on a device, by the rules of llama.cpp.
///
/// Weights and KV cache are exact. Buffers are a bound: what the compute graph reserves (measured
/// with 0.7.0 over shapes, contexts and micro-batches: never more, usually 5 to 25 % less), the
/// tensor that is on its way while loading, and the program itself.
package struct ModelMemory: Equatable, Sendable {
    /// What one device holds, in bytes.
    package struct Load: Equatable, Codable, Sendable {
        /// Exact.
        package var weights: UInt64 = 0
        /// Exact: KV cache and recurrent state.
        package var cache: UInt64 = 0
        /// A bound.
        package var buffers: UInt64 = 0

        package init() {}

        package static func + (left: Load, right: Load) -> Load {
            var sum = left
            sum.weights += right.weights
            sum.cache += right.cache
            sum.buffers += right.buffers
            return sum
        }

        package var total: UInt64 { weights + cache + buffers }
    }

    package let shape: ModelShape
    /// Context, slots and types of the cache.
    package let context: ContextSettings
    /// Whether llama.cpp computes several micro-batches at once, each with buffers of its own: with
    /// two devices or more that hold all layers, and no tensor overridden.
    package var isPipelined: Bool
    /// Whether the embedding lies with a device instead of the coordinator's CPU.
    package var overridesEmbedding: Bool
    /// Leading layers whose experts lie on the coordinator's CPU (`--n-cpu-moe`).
    package var expertsOnCPU = 0

    /// What a program needs besides, whatever the model: rpc-server 6 MiB at rest, llama-server 25
    /// (measured); rounded up for larger builds.
    package static let workerProgram: UInt64 = 16 << 20
    private static let coordinatorProgram: UInt64 = 48 << 20

    package init(
        shape: ModelShape, context: ContextSettings, isPipelined: Bool = false,
        overridesEmbedding: Bool = false
    ) {
        self.shape = shape
        self.context = context
        self.isPipelined = isPipelined
        self.overridesEmbedding = overridesEmbedding
    }

    // MARK: Parts

    /// The KV cache and state of one layer; the output layer has none.
    package func cache(ofLayer index: Int) -> UInt64 {
        index < shape.blockCount ? context.cacheBytes(shape.layers[index]) : 0
    }

    /// The weights of one layer; `blockCount` is the output layer.
    package func weights(ofLayer index: Int) -> ModelShape.Weights {
        index < shape.blockCount ? shape.layers[index].weights : shape.output
    }

    /// Those that lie with the layer.
    package func weights(withLayer index: Int) -> ModelShape.Weights {
        let all = weights(ofLayer: index)
        guard index < expertsOnCPU, let experts = experts(ofLayer: index) else { return all }
        let rest = all.bytes - min(all.bytes, experts.bytes)
        return ModelShape.Weights(bytes: rest, largest: min(all.largest, rest))
    }

    private func experts(ofLayer index: Int) -> ModelShape.Weights? {
        index < shape.blockCount ? shape.layers[index].experts : nil
    }

    /// What adapters add to a layer; they lie with it.
    package func adapters(ofLayer index: Int) -> UInt64 {
        shape.adapters.flatMap { index < $0.count ? $0[index] : nil } ?? 0
    }

    /// Bytes of KV cache that one token of one sequence adds, where no window forgets it.
    package var cacheBytesPerToken: UInt64 {
        shape.layers.reduce(0) { sum, layer in
            sum + context.keyType.rowBytes(layer.keyElements)
                + context.valueType.rowBytes(layer.valueElements)
        }
    }

    /// Elements computed at once, in f32.
    private func activations(_ elements: Int) -> UInt64 {
        4 * UInt64(context.microBatch) * UInt64(elements)
    }

    /// The mask of attention: a row for each token computed, f16 with flash attention, else f32;
    /// a second one for layers with a window.
    private var mask: UInt64 {
        let width: UInt64 = context.flashAttention ? 2 : 4
        let rows = width * UInt64(context.microBatch)
        let windows = Set(shape.layers.compactMap(\.window))
        let cells = windows.reduce(context.cells) { $0 + context.cells(window: $1) }
        return rows * UInt64(cells)
    }

    /// Scores of attention, which only flash attention avoids.
    private var scores: UInt64 {
        guard !context.flashAttention, shape.layers.contains(where: { $0.keyElements > 0 }) else {
            return 0
        }
        let heads = UInt64(max(1, shape.heads))
        return 4 * heads * UInt64(context.microBatch) * UInt64(context.cells)
    }

    /// T5 adds a bias of its own to every score, in f32 and without flash attention. Measured on a
    /// device, pipelined: 13 times these for 4 layers and 512 cells, 24 times for 8 and 4096.
    private var biasedScores: UInt64 {
        guard shape.isEncoderDecoder else { return 0 }
        return 4 * UInt64(max(1, shape.heads)) * UInt64(context.microBatch)
            * UInt64(context.cells)
    }

    /// The buffers grow with details that the rule leaves out: 2 % and 1 MiB.
    private func rounded(_ bytes: UInt64) -> UInt64 { bytes + bytes / 50 + 1 << 20 }

    /// What the compute graph of a device with layers reserves at most.
    package func computeBytes(withOutput: Bool) -> UInt64 {
        let width = max(shape.embedding, shape.query)
        var bytes = activations(3 * shape.feedForward + 4 * width) + mask + scores
        bytes += (isPipelined ? 28 : 12) * biasedScores
        if isPipelined { bytes += 3 * (mask + activations(4 * shape.embedding)) }
        if withOutput { bytes += 4 * UInt64(context.slots) * UInt64(shape.vocabulary) }
        return rounded(bytes)
    }

    /// What the compute graph reserves on the coordinator's CPU at most.
    func hostCompute(holdsLayers: Bool) -> UInt64 {
        if holdsLayers {
            return computeBytes(withOutput: false) + activations(2 * shape.embedding)
        }
        // Without flash attention the mask is there in f16, too.
        let cast = (context.flashAttention ? 0 : mask / 2) + (isPipelined ? 6 : 3) * biasedScores
        if isPipelined { return rounded(4 * mask + cast + activations(10 * shape.embedding)) }
        return rounded(mask + cast + activations(4 * shape.embedding))
    }

    // MARK: Loads

    /// What a device holds with these layers of 0...`blockCount`; nothing without any.
    ///
    /// - Parameters:
    ///   - isProcess: whether the device is the memory of a program of its own: an rpc-server on a
    ///     CPU, not a GPU.
    ///   - holdsEmbedding: whether the embedding was moved to this device.
    package func load(
        ofDevice layers: Range<Int>, isProcess: Bool = true, holdsEmbedding: Bool = false
    ) -> Load {
        var load = Load()
        guard !layers.isEmpty || holdsEmbedding else { return load }
        var weights = layers.reduce(ModelShape.Weights()) { $0 + self.weights(withLayer: $1) }
        if layers.contains(where: { $0 < shape.blockCount }) { weights = weights + shape.shared }
        if holdsEmbedding {
            // A tied model's output is the same tensor, which is there once then.
            weights = weights + (shape.isTied ? untiedInput(layers) : shape.input)
        }
        load.weights = weights.bytes
        if !context.cacheOnCoordinator {
            load.cache = layers.reduce(0) { $0 + cache(ofLayer: $1) }
        }
        let hasOutput = layers.contains(shape.blockCount)
        load.buffers = computeBytes(withOutput: hasOutput)
        load.buffers += layers.reduce(0) { $0 + adapters(ofLayer: $1) }
        if isProcess { load.buffers += Self.workerProgram + weights.largest }
        return load
    }

    private func untiedInput(_ layers: Range<Int>) -> ModelShape.Weights {
        layers.contains(shape.blockCount) ? ModelShape.Weights() : shape.input
    }

    /// What the coordinator's process holds with the first `layers` layers on its CPU.
    package func load(ofCoordinator layers: Int) -> Load {
        var load = Load()
        var weights = (0..<layers).reduce(ModelShape.Weights()) {
            $0 + self.weights(ofLayer: $1)
        }
        if layers > 0 { weights = weights + shape.shared }
        for index in layers..<max(layers, expertsOnCPU) {
            weights = weights + (experts(ofLayer: index) ?? ModelShape.Weights())
        }
        if !overridesEmbedding { weights = weights + shape.input }
        load.weights = weights.bytes
        let cached = context.cacheOnCoordinator ? shape.blockCount : layers
        load.cache = (0..<cached).reduce(0) { $0 + cache(ofLayer: $1) }
        // While loading, up to two tensors of the model are on their way through the coordinator.
        let largest = (0...shape.blockCount).map { self.weights(ofLayer: $0).largest }.max() ?? 0
        load.buffers =
            Self.coordinatorProgram + 2 * max(largest, shape.input.largest)
            + hostCompute(holdsLayers: layers > 0 || expertsOnCPU > 0)
            + (0..<layers).reduce(0) { $0 + adapters(ofLayer: $1) }
            // The vocabulary in maps of its own; the header while it is read.
            + 200 * UInt64(shape.vocabulary) + 2 * shape.headerBytes
            // Logits of every slot.
            + 4 * UInt64(context.slots) * UInt64(shape.vocabulary)
        return load
    }

    /// What the coordinator's process holds besides for this model when it is a draft model, all
    /// on its CPU.
    package var loadAsDraft: Load {
        var load = Load()
        let weights = (0...shape.blockCount).reduce(shape.shared + shape.input) {
            $0 + self.weights(ofLayer: $1)
        }
        // On one device, a tied model's output is the embedding itself.
        let twice = shape.isTied ? (shape.input.largest + 31) / 32 * 32 : 0
        load.weights = weights.bytes - min(weights.bytes, twice)
        load.cache = (0..<shape.blockCount).reduce(0) { $0 + cache(ofLayer: $1) }
        load.buffers =
            hostCompute(holdsLayers: true) + weights.largest
            + 200 * UInt64(shape.vocabulary) + 2 * shape.headerBytes
        return load
    }
}
