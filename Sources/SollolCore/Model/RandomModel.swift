/// A small model with random weights that llama.cpp loads: for a first try and for tests.
///
/// Architecture `llama`, one token for each byte. Its answers mean nothing, but the same seed gives
/// the same answers, so that two clusters can be compared token for token.
public struct RandomModel: Equatable, Sendable {
    /// How the matrices are stored.
    public enum Storage: String, Sendable, CaseIterable {
        /// 2 bytes an element.
        case f16
        /// 34 bytes for 32 elements.
        case q8_0
    }

    /// Layers without the output layer.
    public var layers = 8
    /// Elements of a token's embedding; a multiple of `heads` and of 32.
    public var embedding = 256
    /// Attention heads.
    public var heads = 8
    /// Key and value heads; divides `heads`.
    public var keyValueHeads = 4
    /// Elements of the feed-forward layers; a multiple of 32.
    public var feedForward = 768
    /// How the matrices are stored.
    public var storage = Storage.f16
    /// Whether the output layer is the embedding again, without a tensor of its own.
    public var isTied = false
    /// Equal seeds give equal files.
    public var seed: UInt64 = 1

    /// A model of 13 MB.
    public init() {}

    /// What is wrong with these numbers, or nil.
    public var problem: String? {
        let numbers = [layers, embedding, heads, keyValueHeads, feedForward]
        if !numbers.allSatisfy({ (1...65536).contains($0) }) || layers > 512 {
            return "all numbers are 1 to 65536, layers at most 512"
        }
        if embedding % heads != 0 || embedding / heads % 2 != 0 {
            return "the embedding is to be an even multiple of the heads"
        }
        if heads % keyValueHeads != 0 { return "the key-value heads are to divide the heads" }
        if embedding % 32 != 0 || feedForward % 32 != 0 {
            return "embedding and feed-forward length are to be multiples of 32"
        }
        return nil
    }

    private static let tokens: [[UInt8]] =
        ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }
        + (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return Array("<0x\(digits.count == 1 ? "0" : "")\(digits)>".utf8)
        }

    private struct Tensor {
        var name: String
        var columns: Int
        /// 0: a vector of ones, stored as f32.
        var rows: Int
        var scale: Float
    }

    private var tensors: [Tensor] {
        let vocabulary = Self.tokens.count
        let keyValue = embedding / heads * keyValueHeads
        let byEmbedding = 1 / Float(embedding).squareRoot()
        func norm(_ name: String) -> Tensor {
            Tensor(name: name, columns: embedding, rows: 0, scale: 0)
        }
        func matrix(_ name: String, rows: Int) -> Tensor {
            Tensor(name: name, columns: embedding, rows: rows, scale: byEmbedding)
        }
        var all = [
            Tensor(name: "token_embd.weight", columns: embedding, rows: vocabulary, scale: 1),
            norm("output_norm.weight"),
        ]
        if !isTied { all.append(matrix("output.weight", rows: vocabulary)) }
        for layer in 0..<layers {
            let prefix = "blk.\(layer)."
            all += [
                norm(prefix + "attn_norm.weight"), norm(prefix + "ffn_norm.weight"),
                matrix(prefix + "attn_q.weight", rows: embedding),
                matrix(prefix + "attn_k.weight", rows: keyValue),
                matrix(prefix + "attn_v.weight", rows: keyValue),
                matrix(prefix + "attn_output.weight", rows: embedding),
                matrix(prefix + "ffn_gate.weight", rows: feedForward),
                matrix(prefix + "ffn_up.weight", rows: feedForward),
                Tensor(
                    name: prefix + "ffn_down.weight", columns: feedForward, rows: embedding,
                    scale: 1 / Float(feedForward).squareRoot()),
            ]
        }
        return all
    }

    /// Hands out the file piece by piece, so that a large one never is in memory.
    public func write(_ put: ([UInt8]) throws -> Void) rethrows {
        let tensors = tensors
        var header = GGUFBytes()
        header.raw(Array("GGUF".utf8))
        header.integer(UInt32(3))
        header.integer(UInt64(tensors.count))
        addMetadata(to: &header)
        var offset: UInt64 = 0
        for tensor in tensors {
            header.string(tensor.name)
            header.integer(UInt32(tensor.rows == 0 ? 1 : 2))
            header.integer(UInt64(tensor.columns))
            if tensor.rows > 0 { header.integer(UInt64(tensor.rows)) }
            header.integer(typeID(tensor))
            header.integer(offset)
            offset += UInt64(padded(rowBytes(tensor) * max(1, tensor.rows)))
        }
        header.raw([UInt8](repeating: 0, count: padded(header.bytes.count) - header.bytes.count))
        try put(header.bytes)
        var generator = SeededGenerator(seed: seed)
        for tensor in tensors {
            var size = 0
            for _ in 0..<max(1, tensor.rows) {
                let row = row(of: tensor, using: &generator)
                size += row.count
                try put(row)
            }
            if padded(size) > size { try put([UInt8](repeating: 0, count: padded(size) - size)) }
        }
    }

    private func addMetadata(to header: inout GGUFBytes) {
        let numbers: [(String, Int)] = [
            ("llama.block_count", layers), ("llama.context_length", 4096),
            ("llama.embedding_length", embedding), ("llama.feed_forward_length", feedForward),
            ("llama.attention.head_count", heads),
            ("llama.attention.head_count_kv", keyValueHeads),
            ("llama.rope.dimension_count", embedding / heads),
            ("llama.vocab_size", Self.tokens.count), ("tokenizer.ggml.bos_token_id", 1),
            ("tokenizer.ggml.eos_token_id", 2), ("tokenizer.ggml.unknown_token_id", 0),
        ]
        header.integer(UInt64(numbers.count + 6))
        header.key("general.architecture", type: 8)
        header.string("llama")
        for (key, number) in numbers {
            header.key(key, type: 4)
            header.integer(UInt32(number))
        }
        header.key("llama.attention.layer_norm_rms_epsilon", type: 6)
        header.integer(Float(1e-5).bitPattern)
        header.key("tokenizer.ggml.model", type: 8)
        header.string("llama")
        header.key("tokenizer.ggml.tokens", type: 9)
        header.integer(Int32(8))
        header.integer(UInt64(Self.tokens.count))
        for token in Self.tokens {
            header.integer(UInt64(token.count))
            header.raw(token)
        }
        header.key("tokenizer.ggml.scores", type: 9)
        header.integer(Int32(6))
        header.integer(UInt64(Self.tokens.count))
        for _ in Self.tokens { header.integer(Float(0).bitPattern) }
        header.key("tokenizer.ggml.token_type", type: 9)
        header.integer(Int32(5))
        header.integer(UInt64(Self.tokens.count))
        // Unknown, control, control, then bytes (llama.h, llama_token_type).
        for kind in [2, 3, 3] + [Int32](repeating: 6, count: 256) { header.integer(kind) }
    }

    // MARK: Weights

    private func padded(_ count: Int) -> Int { (count + 31) / 32 * 32 }

    private func typeID(_ tensor: Tensor) -> Int32 {
        tensor.rows == 0 ? 0 : storage == .f16 ? 1 : 8
    }

    private func rowBytes(_ tensor: Tensor) -> Int {
        if tensor.rows == 0 { return tensor.columns * 4 }
        return storage == .f16 ? tensor.columns * 2 : tensor.columns / 32 * 34
    }

    private func row(of tensor: Tensor, using generator: inout SeededGenerator) -> [UInt8] {
        var row = GGUFBytes()
        row.bytes.reserveCapacity(rowBytes(tensor))
        if tensor.rows == 0 {
            for _ in 0..<tensor.columns { row.integer(Float(1).bitPattern) }
        } else if storage == .f16 {
            for _ in 0..<tensor.columns / 4 {
                for value in Self.four(generator.next()) {
                    row.integer(HalfPrecision.bits(of: value * tensor.scale))
                }
            }
        } else {
            // Uniform in the 8 bits of each element; the block's scale makes the deviation right.
            let scale = HalfPrecision.bits(of: tensor.scale * Float(3).squareRoot() / 127)
            for _ in 0..<tensor.columns / 32 {
                row.integer(scale)
                for _ in 0..<4 { row.integer(generator.next()) }
            }
        }
        return row.bytes
    }

    /// Four values of mean 0 and deviation 1, uniform in ±√3: enough of a spread for weights.
    private static func four(_ bits: UInt64) -> [Float] {
        (0..<4).map { index in
            let part = UInt16(truncatingIfNeeded: bits >> (16 * UInt64(index)))
            return (Float(part) / 32767.5 - 1) * Float(3).squareRoot()
        }
    }
}

/// IEEE 754 half precision, since `Float16` is not on every platform that Swift runs on.
enum HalfPrecision {
    /// The bits of a value of ordinary size (2⁻¹⁴ ≤ |x| < 65504), rounded towards zero; smaller
    /// ones become 0.
    static func bits(of value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let exponent = Int(bits >> 23 & 0xFF) - 127 + 15
        guard exponent > 0 else { return sign }
        return sign | UInt16(min(exponent, 30)) << 10
            | UInt16(truncatingIfNeeded: bits >> 13 & 0x3FF)
    }
}

/// Little-endian values of a GGUF, one after the other.
struct GGUFBytes {
    var bytes: [UInt8] = []

    mutating func raw(_ more: [UInt8]) { bytes += more }

    mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func string(_ text: String) {
        integer(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func key(_ key: String, type: Int32) {
        string(key)
        integer(type)
    }
}
