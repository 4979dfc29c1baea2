import Model

extension ModelShape {
    /// What a token multiplies with the full cache of its slot, as a part of what it multiplies
    /// with the weights of that layer; nil where these are not known.
    ///
    /// Each head multiplies its query with the keys, and what comes of it with the values, whether
    /// or not heads share both. Of experts a token uses some.
    func attentionShare(ofLayer index: Int, _ context: ContextSettings) -> Double? {
        let layer = layers[index]
        guard layer.keyElements > 0 else { return 0 }
        let perElement = Double(tensorBytes) / Double(max(1, elements))
        let unused = layer.experts?.bytes ?? 0
        let used = layer.experts == nil ? 0 : 3 * Double(embedding) * Double(feedForward)
        let weights = Double(layer.weights.bytes - min(layer.weights.bytes, unused)) / perElement
        guard perElement > 0, weights + used > 0 else { return nil }
        return 2 * Double(query) * Double(context.cells(window: layer.window)) / (weights + used)
    }
}
