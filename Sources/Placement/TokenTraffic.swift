import Model

/// What one token sends over the way to a device, beside the small messages that each has.
///
/// Measured with llama.cpp build 11669 (system calls of llama-server): for each token every device
/// gets one activation, and answers with one; that of the first layer gets it three times over
/// where the embedding is looked up on the coordinator; that of the output layer answers with the
/// logits of the whole vocabulary. All are 32-bit numbers. At 100 Mbit/s the logits of a vocabulary
/// of 128,000 take 41 ms, more than the layers of many a model. (Behind layers of the coordinator's
/// CPU the activation comes twice, which is counted once.)
struct TokenTraffic {
    let blockCount: Int
    private let activation: Int
    private let logits: Int
    /// Bytes that the mask has for each cell of the cache.
    private let maskCell: Int
    private let movesEmbedding: Bool

    init(_ request: PlacementRequest) {
        let shape = request.shape
        blockCount = shape.blockCount
        activation = 4 * shape.embedding
        logits = 4 * shape.vocabulary
        maskCell = request.context.flashAttention ? 2 : 4
        movesEmbedding = ModelPlacement.movesEmbedding(request)
    }

    /// Bytes to a device whose first layer is this one.
    func arriving(at layer: Int) -> Int {
        activation * (layer == 0 && !movesEmbedding ? 3 : 1)
    }

    /// Bytes from a device that holds layers up to this one, which is not among them.
    func leaving(before layer: Int) -> Int { layer > blockCount ? logits : activation }

    /// Bytes of the mask, to each device, for a token that looks at so many cells of the cache.
    func mask(cells: Int) -> Int { maskCell * cells }

    /// Bytes both ways for one token of a prompt that looks at so many cells of the cache, of which
    /// nothing is answered but the activation.
    func prompt(at layer: Int, cells: Int) -> Int {
        arriving(at: layer) + activation + mask(cells: cells)
    }
}
