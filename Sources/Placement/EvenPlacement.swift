/// An even distribution of layers by their count.
package enum EvenPlacement {
    /// How many layers each device gets, in device order.
    ///
    /// There are `blockCount + 1` layers to place, since `-ngl all` offloads the output layer too.
    /// What does not divide evenly goes to the first devices, one each: the last device holds the
    /// output layer, which with a large vocabulary weighs as much as several others.
    ///
    /// `blockCount` 24 over two devices: `[13, 12]`; 2 over three: `[1, 1, 1]`.
    ///
    /// - Parameters:
    ///   - blockCount: the model's `block_count`, 1…512.
    ///   - devices: 1…15.
    /// - Throws: `PlanError.fewerLayersThanDevices` when a device would get nothing.
    package static func counts(blockCount: Int, devices: Int) throws(PlanError) -> [Int] {
        let layers = blockCount + 1
        guard layers >= devices else {
            throw .fewerLayersThanDevices(layers: layers, devices: devices)
        }
        let (share, extra) = layers.quotientAndRemainder(dividingBy: devices)
        return (0..<devices).map { $0 < extra ? share + 1 : share }
    }
}

/// The rule by which llama.cpp places layers (`llama_model::load_tensors`).
package enum LayerPlacement {
    /// Devices that one llama.cpp process can use: `GGML_SCHED_MAX_BACKENDS` 16, less the CPU.
    package static let maxDevices = 15

    /// Consecutive ranges of these lengths, from layer 0.
    package static func ranges(counts: [Int]) -> [Range<Int>] {
        var start = 0
        return counts.map { count in
            defer { start += count }
            return start..<(start + count)
        }
    }

    /// The device of every layer 0…`blockCount` (the last is the output layer), or nil where it
    /// stays on the coordinator's CPU.
    ///
    /// Computed in 32-bit floats like llama.cpp does. Integer layer counts that sum to the number
    /// of offloaded layers come out exactly: their sums are exact, and two quotients of integers
    /// up to 513 by the same divisor differ by far more than a float's rounding, or are equal.
    ///
    /// - Parameters:
    ///   - blockCount: the model's `block_count`.
    ///   - gpuLayers: `-ngl`; `all` is `blockCount + 1`.
    ///   - tensorSplit: `-ts`, one for each device; not all zero.
    package static func devices(
        blockCount: Int, gpuLayers: Int, tensorSplit: [Float]
    ) -> [Int?] {
        var cumulative: [Float] = []
        var sum: Float = 0
        for share in tensorSplit {
            sum += share
            cumulative.append(sum)
        }
        let bounds = cumulative.map { $0 / sum }
        let start = max(blockCount + 1 - gpuLayers, 0)
        let offloaded = min(gpuLayers, blockCount + 1)
        return (0...blockCount).map { layer in
            guard layer >= start else { return nil }
            let position = Float(layer - start) / Float(offloaded)
            return bounds.firstIndex { $0 > position }
        }
    }
}
