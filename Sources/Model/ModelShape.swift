import Basics

/// What a model needs where: bytes of every layer, and what its KV cache is made of.
///
/// Made of headers only. Weights are exact for every architecture, since tensors are placed by
/// their names. What depends on rules that llama.cpp hard-codes for an architecture is exact for
/// those listed in `AttentionRules`, else a bound, and `estimates` says so.
package struct ModelShape: Codable, Equatable, Sendable {
    /// What a part of the model weighs.
    package struct Weights: Codable, Equatable, Sendable {
        /// Bytes of its tensors, each padded to 32 as llama.cpp's buffers are.
        package var bytes: UInt64 = 0
        /// Bytes of the largest of them: loading needs that much more for a moment.
        package var largest: UInt64 = 0

        mutating func add(_ tensor: UInt64) {
            bytes += (tensor + 31) / 32 * 32
            largest = max(largest, tensor)
        }

        static func + (left: Weights, right: Weights) -> Weights {
            Weights(bytes: left.bytes + right.bytes, largest: max(left.largest, right.largest))
        }
    }

    /// One of the layers 0..<`blockCount`.
    package struct Layer: Codable, Equatable, Sendable {
        /// Its tensors.
        package var weights = Weights()
        /// Those of its experts, which `weights` counts, too; nil in a layer without.
        package var experts: Weights?
        /// Elements that one token adds to the K cache; 0 for a layer without attention.
        package var keyElements = 0
        /// Elements that one token adds to the V cache.
        package var valueElements = 0
        /// Tokens that it looks back, or nil for all.
        package var window: Int?
        /// Bytes of recurrent state of one sequence, whatever its length.
        package var stateBytes: UInt64 = 0
    }

    /// `llama`, `qwen3`, …; empty when the header names none.
    package var architecture: String
    /// Its size in the usual words: `q4_K`, the type that most bytes are stored in.
    package var storage: String
    /// How the embedding is stored.
    package var embeddingStorage: String
    /// The layers without the output layer.
    package var layers: [Layer]
    /// Embeddings and whatever else llama.cpp keeps on the coordinator's CPU.
    package var input: Weights
    /// Norm and matrix of the output; a tied model's embedding once more.
    package var output: Weights
    /// What every device with a layer gets a copy of: `rope_freqs`.
    package var shared: Weights
    /// Whether the output is the embedding again, without a tensor of its own.
    package var isTied: Bool
    /// Bytes of all tensors in the file, unpadded.
    package var tensorBytes: UInt64
    /// Elements of all tensors in the file.
    package var elements: UInt64
    /// Bytes of all headers: vocabulary, merges, chat template.
    package var headerBytes: UInt64
    /// Elements of a token's embedding.
    package var embedding: Int
    /// Elements between the matrices of a feed-forward block, all experts used together.
    package var feedForward: Int
    /// Elements of the widest query of a token.
    package var query: Int
    /// Heads of the widest query.
    package var heads: Int
    /// Tokens known.
    package var vocabulary: Int
    /// Experts of a layer; 0 for a dense model.
    package var experts: Int
    /// Tokens of context that it was trained with, where that is said.
    package var trainedContext: Int?
    /// What is not exact, one clause each.
    package var estimates: [String]
    /// The sizes of its tensors that rpc-server caches, each once; nil in what a former release
    /// has recorded.
    package var cachedSizes: [UInt64]?
    /// Whether weights are a bound, too: some tensors may not be loaded.
    package var hasUnusedTensors: Bool?
    /// How many of the last layers may not be loaded, since they predict more than one token; nil:
    /// none, or a former release has recorded it.
    package var unusedLayers: Int?
    /// Bytes that adapters add to each layer and, last, to the output layer.
    package var adapters: [UInt64]?

    /// The layers without the output layer.
    package var blockCount: Int { layers.count }

    /// Whether it is one that `init` could have made, for a recorded one.
    package var isPlausible: Bool {
        let parts = layers.map(\.weights) + layers.compactMap(\.experts) + [input, output, shared]
        let numbers = [embedding, feedForward, query, vocabulary, heads, experts]
        let elements = layers.flatMap { [$0.keyElements, $0.valueElements] }
        return (1...512).contains(layers.count)
            && parts.allSatisfy { $0.bytes < 1 << 53 && $0.largest <= $0.bytes }
            && max(tensorBytes, self.elements) <= Outside.bytes.upperBound
            && (0...Self.longestContext).contains(trainedContext ?? 0)
            && Outside.isPlain(([architecture, storage, embeddingStorage] + estimates).joined())
            && (numbers + elements).allSatisfy { (0...(1 << 24)).contains($0) }
            && layers.allSatisfy {
                $0.stateBytes <= 1 << 34 && (0...(1 << 32)).contains($0.window ?? 0)
            }
            && headerBytes <= 1 << 40
            && (cachedSizes ?? []).allSatisfy { (1...(1 << 53)).contains($0) }
            && (adapters ?? []).allSatisfy { $0 < 1 << 53 }
            && (0...layers.count).contains(unusedLayers ?? 0)
    }

    /// Whether it turns texts into vectors only: it has neither an output matrix nor a KV cache.
    package var isEncoder: Bool { Self.encoders.contains(architecture) }

    /// Whether it has an encoder and a decoder, whose layers of one number lie together.
    package var isEncoderDecoder: Bool { architecture == "t5" }

    /// Architectures of `llama-model.cpp` (0.7.0) for which no memory is created.
    static let encoders: Set<String> = [
        "bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "neo-bert",
        "modern-bert", "eurobert",
    ]

    /// How many of the first layers keep their experts on the CPU when so many layers that have
    /// some are to: models may begin with dense layers.
    package func layersUpToExperts(_ count: Int) -> Int {
        let indices = layers.indices.filter { layers[$0].experts != nil }
        guard count > 0, let last = indices.prefix(count).last else { return 0 }
        return last + 1
    }

    /// Layers that have experts.
    package var expertLayers: Int { layers.count { $0.experts != nil } }
}

extension ModelShape {
    /// Bytes of all files of the model: the first part of a split one is smaller than the headers
    /// and tensors of all of them.
    package func fileBytes(ofFirst size: Int64) -> Int64 {
        max(size, Int64(clamping: tensorBytes + headerBytes))
    }

    /// Why headers are no model.
    package struct Problem: Error, Equatable, Sendable {
        /// What is wrong and what to do, as part of a sentence.
        package var message: String
    }

    /// The shape of a model of one header, or of the headers of all its parts in order.
    ///
    /// - Throws: `Problem` when there is no block count, or the parts do not belong together.
    package init(_ headers: [GGUFHeader]) throws(Problem) {
        try Self.checkParts(headers)
        guard let first = headers.first, let blockCount = first.blockCount else {
            throw Problem(message: "the header says no block_count, so this is no language model")
        }
        let tensors = headers.flatMap(\.tensors)
        let rules = AttentionRules(first, blockCount: blockCount, tensors: tensors)
        architecture = first.architecture ?? ""
        layers = rules.layers
        input = Weights()
        output = Weights()
        shared = Weights()
        tensorBytes = 0
        elements = 0
        try Self.checkNames(tensors)
        try Self.checkSize(tensors)
        var byType: [String: UInt64] = [:]
        var beyond = 0
        for tensor in tensors {
            tensorBytes += tensor.byteCount
            elements += tensor.elements
            byType[tensor.type.name, default: 0] += tensor.byteCount
            switch TensorPlace(tensor.name) {
            case .input: input.add(tensor.byteCount)
            case .output: output.add(tensor.byteCount)
            case .everywhere: shared.add(tensor.byteCount)
            case .layer(let index) where index < blockCount:
                layers[index].weights.add(tensor.byteCount)
                if TensorPlace.isExperts(tensor.name) {
                    layers[index].experts = layers[index].experts ?? Weights()
                    layers[index].experts?.add(tensor.byteCount)
                }
            case .layer: beyond += 1
            }
        }
        let embeddings = tensors.first { $0.name == "token_embd.weight" }
        embeddingStorage = embeddings?.type.name ?? "none"
        isTied =
            embeddings != nil && !tensors.contains { $0.name == "output.weight" }
            && !Self.encoders.contains(architecture)
        if isTied, let embeddings { output.add(embeddings.byteCount) }
        storage =
            byType.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "none"
        headerBytes = headers.reduce(0) { $0 + $1.dataOffset }
        let extent = embeddings?.dimensions ?? []
        embedding = Self.bounded(
            first.integer("\(architecture).embedding_length") ?? Int(extent.first ?? 0))
        vocabulary = Self.bounded(Int(extent.count > 1 ? extent[1] : 0))
        query = rules.query
        heads = rules.heads
        experts = Self.bounded(first.integer("\(architecture).expert_count") ?? 0)
        feedForward = rules.feedForward
        trainedContext = first.integer("\(architecture).context_length").map {
            min($0, Self.longestContext)
        }
        estimates = rules.estimates
        cachedSizes = Set(tensors.map(\.byteCount)).filter { $0 > Self.smallestCached }.sorted()
        addEstimates(first, beyond: beyond)
    }

    private static func checkNames(_ tensors: [GGUFTensor]) throws(Problem) {
        var names = Set<String>()
        for tensor in tensors where !names.insert(tensor.name).inserted {
            throw Problem(
                message: "the tensor \(printable(tensor.name)) is in two parts of the model")
        }
    }

    /// What all tensors together may be, in bytes and in elements: far more than there is, and
    /// whatever is added up of them still fits.
    private static func checkSize(_ tensors: [GGUFTensor]) throws(Problem) {
        guard tensors.count <= Bounds.modelTensors else {
            throw Problem(
                message: "its parts have more than \(Bounds.modelTensors) tensors together")
        }
        let largest = UInt64(Outside.bytes.upperBound)
        var (bytes, elements): (UInt64, UInt64) = (0, 0)
        for tensor in tensors {
            bytes += min(tensor.byteCount, largest)
            elements += min(tensor.elements, largest)
            guard max(bytes, elements) < largest else {
                throw Problem(message: "its tensors are larger together than any model can be")
            }
        }
    }

    /// More tokens than any model knows how to attend to.
    static let longestContext = 1 << 40

    /// Hostile numbers cannot overflow what is made of them.
    static func bounded(_ value: Int) -> Int { max(0, min(value, 1 << 24)) }

    private static func checkParts(_ headers: [GGUFHeader]) throws(Problem) {
        guard let first = headers.first, let split = GGUFSplit(first) else { return }
        guard split.number == 0 else {
            throw Problem(
                message: "this is part \(split.number + 1) of \(split.count) of a split model; "
                    + "name the first, …-00001-of-….gguf")
        }
        guard headers.count > 1 else {
            throw Problem(
                message: "it is the first of \(split.count) parts of a split model, and llama.cpp "
                    + "finds the others only where its name ends in "
                    + "\(GGUFSplit.ending(ofFirst: split.count)): give all parts their names back, "
                    + "or join them with llama-gguf-split --merge")
        }
        guard headers.count == split.count else {
            throw Problem(
                message: "\(headers.count) of \(split.count) parts of the split model are here")
        }
        for (index, header) in headers.enumerated() where GGUFSplit(header)?.number != index {
            throw Problem(
                message: "what lies in the place of part \(index + 1) of \(split.count) of the "
                    + "split model is another file: copy the right one there")
        }
        let tensors = headers.reduce(0) { $0 + $1.tensors.count }
        if let count = split.tensorCount, count != tensors {
            throw Problem(
                message: "the parts of the split model have \(tensors) tensors together, not the "
                    + "\(count) that the first announces, so one of them is another model's: "
                    + "copy all of them again from one place")
        }
    }
}

extension ModelShape {
    /// A tensor of more bytes is handed over by its hash first (`HASH_THRESHOLD`, ggml-rpc.cpp);
    /// with a margin, should a release lower it.
    private static let smallestCached: UInt64 = 1 << 20

    /// The same model in another quantisation: matrices weigh that part.
    package func scaled(by factor: Double) -> ModelShape {
        func scaled(_ weights: Weights) -> Weights {
            Weights(
                bytes: UInt64(Double(weights.bytes) * factor),
                largest: UInt64(Double(weights.largest) * factor))
        }
        var shape = self
        for index in layers.indices { shape.layers[index].weights = scaled(layers[index].weights) }
        shape.input = scaled(input)
        shape.output = scaled(output)
        shape.tensorBytes = UInt64(Double(tensorBytes) * factor)
        return shape
    }
}
