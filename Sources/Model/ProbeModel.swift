/// A model of the same shape as another, but of few layers, and with zeros as weights: a header of
/// a few KiB and a hole.
///
/// What a layer takes is the difference between two such models, divided by the difference of
/// their layers. A device computes zeros as fast as other weights (measured with llama.cpp 0.7.0 on
/// a CPU, q4_K, loaded without mmap: 1.14 and 1.18 s for the same tokens).
package struct ProbeModel: Equatable, Sendable {
    /// Layers, the output layer not counted.
    package let layers: Int
    /// The file's beginning; zeros follow up to `fileSize`.
    package let header: [UInt8]
    /// Bytes of the file, of which all but the header is a hole.
    package let fileSize: UInt64

    /// Why a model has no probes.
    package enum Problem: Error, Equatable, Sendable {
        /// There is no difference between one layer and fewer.
        case tooFewLayers
        /// The header says too little.
        case unreadable
        /// The header of the probe is larger than `Bounds.probeHeaderBytes`.
        case tooLarge
    }

    /// Bytes that the further layers of the larger probe have together, where the model has as
    /// many: more than the caches of processors take, out of which layers are computed twice as
    /// fast.
    private static let differenceBytes: UInt64 = 384 << 20

    /// The counts of layers for a model with that many of them, of which some leading ones are
    /// unlike the others: both at least one more than these, with a difference of at least four
    /// where there are as many.
    ///
    /// - Parameter layerBytes: of one layer, on average.
    static func counts(
        blockCount: Int, leading: Int, layerBytes: UInt64
    ) -> (small: Int, large: Int)? {
        guard blockCount >= 2 else { return nil }
        let small = min(max(1, leading) + 1, blockCount - 1)
        let difference = max(4, differenceBytes / max(1, layerBytes))
        return (small, small + min(Int(clamping: difference), blockCount - small))
    }

    /// One that computes next to nothing, to measure what a token takes for the way to a device.
    package static let tiny = made(layers: 1, inner: 64)

    /// One that computes little and weighs 48 MiB, to measure how much the way takes in a second.
    /// Its tensors have 8 MiB: from 10 on a server may have them in its cache.
    package static let weighty = made(layers: 2, inner: 32 << 10)

    /// Bytes of a row of the probes that are made without a model.
    package static let rowBytes = 4 * madeWidth
    private static let madeWidth: UInt64 = 64

    /// One whose matrices have so many rows: those of its layer, and its output.
    package static func of(rows: UInt64, outputRows: UInt64) -> ProbeModel {
        made(layers: 1, inner: rows, vocabulary: outputRows)
    }

    private static func made(
        layers: Int, inner: UInt64, vocabulary: UInt64 = madeWidth
    ) -> ProbeModel {
        let width = madeWidth
        let square = [width, width]
        let words = [width, vocabulary]
        let layer: [(String, [UInt64])] = [
            ("attn_norm", [width]), ("attn_q", square), ("attn_k", square), ("attn_v", square),
            ("attn_output", square), ("ffn_norm", [width]), ("ffn_gate", [width, inner]),
            ("ffn_up", [width, inner]), ("ffn_down", [inner, width]),
        ]
        let named =
            [("token_embd", words), ("output_norm", [width]), ("output", words)]
            + (0..<layers).flatMap { number in layer.map { ("blk.\(number).\($0)", $1) } }
        let numbers: [(String, UInt64)] = [
            ("block_count", UInt64(layers)), ("context_length", 512), ("embedding_length", width),
            ("feed_forward_length", inner), ("attention.head_count", 2),
            ("attention.head_count_kv", 2), ("vocab_size", vocabulary),
        ]
        let metadata: [(String, GGUFValue)] =
            [
                ("general.architecture", .string("llama")),
                ("tokenizer.ggml.model", .string("none")),
                ("llama.attention.layer_norm_rms_epsilon", .float(1e-5)),
            ] + numbers.map { ("llama.\($0)", .unsigned($1)) }
        return ProbeModel(
            layers: layers, metadata: metadata,
            tensors: named.map { ("\($0).weight", $1, 0, 4 * $1.reduce(1, *)) })
    }

    /// Two probes of a model.
    ///
    /// - Parameters:
    ///   - headers: of all its files.
    ///   - longest: bytes that a probe's header may have.
    package static func pair(
        of headers: [GGUFHeader], longest: Int
    ) throws(Problem) -> (small: ProbeModel, large: ProbeModel) {
        guard let first = headers.first, let name = first.architecture,
            let blockCount = first.blockCount
        else { throw .unreadable }
        let bytes = headers.flatMap(\.tensors).reduce(UInt64(0)) {
            layer(of: $1.name) == nil ? $0 : $0 &+ $1.byteCount
        }
        // Layers that predict further tokens are the last ones, and computed for nothing here.
        let predicting = first.integer("\(name).nextn_predict_layers") ?? 0
        let counts = counts(
            blockCount: blockCount - min(blockCount, predicting),
            leading: first.integer("\(name).leading_dense_block_count") ?? 0,
            layerBytes: bytes / UInt64(max(1, blockCount)))
        guard let (fewer, most) = counts else { throw .tooFewLayers }
        let small = try ProbeModel(headers, name, layers: fewer)
        var more = most
        var large = try ProbeModel(headers, name, layers: more)
        while large.header.count > longest, more > fewer + 4 {
            more = fewer + max(4, (more - fewer) / 2)
            large = try ProbeModel(headers, name, layers: more)
        }
        guard max(small.header.count, large.header.count) <= longest else { throw .tooLarge }
        return (small, large)
    }

    private init(
        _ headers: [GGUFHeader], _ architecture: String, layers: Int
    ) throws(Problem) {
        let all = headers.flatMap(\.tensors)
        guard let embedding = all.first(where: { $0.name == "token_embd.weight" }),
            embedding.dimensions.count == 2
        else { throw .unreadable }
        let tensors = all.filter { Self.layer(of: $0.name).map { $0 < layers } ?? true }
        let metadata = Self.metadata(
            headers[0].metadata, architecture, layers: layers,
            vocabulary: embedding.dimensions[1])
        self.init(
            layers: layers, metadata: metadata,
            tensors: tensors.map { ($0.name, $0.dimensions, $0.type.id, $0.byteCount) })
    }

    private init(
        layers: Int, metadata: [(String, GGUFValue)],
        tensors: [(name: String, dimensions: [UInt64], type: Int32, byteCount: UInt64)]
    ) {
        var bytes = GGUFBytes()
        bytes.raw(Array("GGUF".utf8))
        bytes.integer(UInt32(3))
        bytes.integer(UInt64(tensors.count))
        bytes.integer(UInt64(metadata.count))
        for (key, value) in metadata { bytes.pair(key, value) }
        var offset: UInt64 = 0
        for tensor in tensors {
            bytes.tensor(
                tensor.name, dimensions: tensor.dimensions, type: tensor.type, at: offset)
            offset += (tensor.byteCount + 31) / 32 * 32
        }
        bytes.raw([UInt8](repeating: 0, count: (32 - bytes.bytes.count % 32) % 32))
        self.layers = layers
        header = bytes.bytes
        fileSize = UInt64(header.count) + offset
    }

    /// The layer in a name such as `blk.12.attn_q.weight`.
    private static func layer(of name: String) -> Int? {
        let parts = name.split(separator: ".", maxSplits: 2)
        guard parts.count == 3, parts[0] == "blk" else { return nil }
        return Int(parts[1])
    }

    /// What describes the shape, in the order of the keys; no vocabulary, no template, no parts.
    private static func metadata(
        _ all: [String: GGUFValue], _ architecture: String, layers: Int, vocabulary: UInt64
    ) -> [(String, GGUFValue)] {
        var kept = all.filter { $0.key.hasPrefix("\(architecture).") }
        kept["general.architecture"] = .string(architecture)
        kept["\(architecture).block_count"] = .unsigned(UInt64(layers))
        kept["\(architecture).vocab_size"] = .unsigned(vocabulary)
        // Layers that predict further tokens are the last ones, which a probe has not.
        kept["\(architecture).nextn_predict_layers"] = nil
        // Tokens are numbers then (llama-vocab.cpp).
        kept["tokenizer.ggml.model"] = .string("none")
        let blockCount = all["\(architecture).block_count"]
        return kept.compactMap { key, value -> (String, GGUFValue)? in
            switch value {
            case .longString, .array: nil
            case .integers(let list) where .unsigned(UInt64(list.count)) == blockCount:
                (key, .integers(Array(list.prefix(layers))))
            default: (key, value)
            }
        }.sorted { $0.0 < $1.0 }
    }
}

extension GGUFBytes {
    /// A key with its value, as llama.cpp's converter types them: whole numbers have 32 bits.
    fileprivate mutating func pair(_ name: String, _ value: GGUFValue) {
        switch value {
        case .unsigned(let number) where number <= UInt32.max:
            key(name, type: 4)
            integer(UInt32(number))
        case .unsigned(let number):
            key(name, type: 10)
            integer(number)
        case .negative(let number):
            key(name, type: 5)
            integer(Int32(clamping: number))
        case .float(let number):
            key(name, type: 6)
            integer(Float(number).bitPattern)
        case .bool(let isTrue):
            key(name, type: 7)
            raw([isTrue ? 1 : 0])
        case .string(let text):
            key(name, type: 8)
            string(text)
        case .integers(let list):
            // Which layers have a window is told by bools.
            let isPattern = name.hasSuffix("_pattern")
            key(name, type: 9)
            integer(Int32(isPattern ? 7 : 5))
            integer(UInt64(list.count))
            for number in list {
                if isPattern {
                    raw([number == 0 ? 0 : 1])
                } else {
                    integer(Int32(clamping: number))
                }
            }
        case .longString, .array: break
        }
    }
}
