import Basics
import Model

extension RandomModel {
    private static let tokens: [[UInt8]] =
        ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }
        + (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return Array("<0x\(digits.count == 1 ? "0" : "")\(digits)>".utf8)
        }

    /// Hands out the file piece by piece, so that a large one never is in memory.
    package func write(_ put: ([UInt8]) throws -> Void) rethrows {
        let tensors = tensors
        var header = GGUFBytes()
        header.raw(Array("GGUF".utf8))
        header.integer(UInt32(3))
        header.integer(UInt64(tensors.count))
        addMetadata(to: &header)
        var offset: UInt64 = 0
        for tensor in tensors {
            header.tensor(
                tensor.name, dimensions: tensor.dimensions.map(UInt64.init),
                type: layout(of: tensor).typeID, at: offset)
            offset += UInt64(padded(layout(of: tensor).rowBytes * tensor.rows))
        }
        header.raw([UInt8](repeating: 0, count: padded(header.bytes.count) - header.bytes.count))
        try put(header.bytes)
        var generator = SeededGenerator(seed: seed)
        for tensor in tensors {
            var size = 0
            let halves = layout(of: tensor).kind == .f16 ? Self.halves(tensor.scale) : []
            for _ in 0..<tensor.rows {
                let row = row(of: tensor, halves, using: &generator)
                size += row.count
                try put(row)
            }
            if padded(size) > size { try put([UInt8](repeating: 0, count: padded(size) - size)) }
        }
    }

    private func addMetadata(to header: inout GGUFBytes) {
        let name = architecture.rawValue
        var numbers: [(String, Int)] = [
            ("\(name).block_count", layers), ("\(name).context_length", Self.trainedContext),
            ("\(name).embedding_length", embedding), ("\(name).feed_forward_length", feedForward),
            ("\(name).attention.head_count", heads),
            ("\(name).attention.head_count_kv", keyValueHeads),
            ("\(name).attention.key_length", lengthOfHead),
            ("\(name).attention.value_length", lengthOfHead),
            ("\(name).rope.dimension_count", lengthOfHead), ("\(name).vocab_size", vocabulary),
            ("tokenizer.ggml.bos_token_id", 1), ("tokenizer.ggml.eos_token_id", 2),
            ("tokenizer.ggml.unknown_token_id", 0),
        ]
        if experts > 0 {
            numbers += [
                ("\(name).expert_count", experts), ("\(name).expert_used_count", expertsUsed),
                ("\(name).expert_feed_forward_length", feedForward),
            ]
        }
        switch architecture {
        case .gemma2, .gemma3: numbers.append(("\(name).attention.sliding_window", window))
        case .t5: numbers.append(("t5.attention.relative_buckets_count", 32))
        case .bert:
            numbers += [("bert.pooling_type", 1), ("tokenizer.ggml.token_type_count", 2)]
        default: break
        }
        header.integer(UInt64(numbers.count + (architecture == .bert ? 8 : 6)))
        header.key("general.architecture", type: 8)
        header.string(name)
        for (key, number) in numbers {
            header.key(key, type: 4)
            header.integer(UInt32(number))
        }
        header.key("\(name).attention.layer_norm_rms_epsilon", type: 6)
        header.integer(Float(1e-5).bitPattern)
        if architecture == .bert {
            header.key("bert.attention.layer_norm_epsilon", type: 6)
            header.integer(Float(1e-5).bitPattern)
            header.key("bert.attention.causal", type: 7)
            header.raw([0])
        }
        addVocabulary(to: &header)
    }

    private func addVocabulary(to header: inout GGUFBytes) {
        let unused = (Self.tokens.count..<vocabulary).map { Array("<unused\($0)>".utf8) }
        header.key("tokenizer.ggml.model", type: 8)
        header.string("llama")
        header.key("tokenizer.ggml.tokens", type: 9)
        header.integer(Int32(8))
        header.integer(UInt64(vocabulary))
        for token in Self.tokens + unused {
            header.integer(UInt64(token.count))
            header.raw(token)
        }
        header.key("tokenizer.ggml.scores", type: 9)
        header.integer(Int32(6))
        header.integer(UInt64(vocabulary))
        for _ in 0..<vocabulary { header.integer(Float(0).bitPattern) }
        header.key("tokenizer.ggml.token_type", type: 9)
        header.integer(Int32(5))
        header.integer(UInt64(vocabulary))
        // Unknown, control, control, bytes, unused (llama.h, llama_token_type).
        let kinds = [2, 3, 3] + [Int32](repeating: 6, count: 256) + unused.map { _ in 5 }
        for kind in kinds { header.integer(kind) }
    }

    // MARK: Weights

    private enum Layout {
        case f32, f16, q8_0, q4_K, q6_K
    }

    private func padded(_ count: Int) -> Int { (count + 31) / 32 * 32 }

    private func layout(of tensor: Tensor) -> (kind: Layout, typeID: Int32, rowBytes: Int) {
        let columns = tensor.dimensions[0]
        if tensor.dimensions.count == 1 || tensor.isPlain { return (.f32, 0, columns * 4) }
        switch storage {
        case .f16: return (.f16, 1, columns * 2)
        case .q8_0: return (.q8_0, 8, columns / 32 * 34)
        case .mixed where tensor.isSpared: return (.q6_K, 14, columns / 256 * 210)
        case .q4_K, .mixed: return (.q4_K, 12, columns / 256 * 144)
        }
    }

    /// - Parameter halves: for f16, `Self.halves` of its scale.
    private func row(
        of tensor: Tensor, _ halves: [UInt16], using generator: inout SeededGenerator
    ) -> [UInt8] {
        let (kind, _, size) = layout(of: tensor)
        let columns = tensor.dimensions[0]
        var row = GGUFBytes()
        row.bytes.reserveCapacity(size)
        switch kind {
        case .f32 where tensor.dimensions.count == 1:
            for _ in 0..<columns { row.integer(tensor.filling.bitPattern) }
        case .f32:
            for _ in 0..<columns / 4 {
                for value in Self.four(generator.next()) {
                    row.integer((value * tensor.scale).bitPattern)
                }
            }
        case .f16:
            return [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
                for index in 0..<columns / 4 {
                    var bits = generator.next()
                    for part in 0..<4 {
                        let half = halves[Int(truncatingIfNeeded: bits & 0xFFFF)]
                        bytes[8 * index + 2 * part] = UInt8(truncatingIfNeeded: half)
                        bytes[8 * index + 2 * part + 1] = UInt8(truncatingIfNeeded: half &>> 8)
                        bits &>>= 16
                    }
                }
                count = columns / 4 * 8
            }
        case .q8_0:
            // Uniform in the 8 bits of each element; the block's scale makes the deviation right.
            let scale = HalfPrecision.bits(of: tensor.scale * Float(3).squareRoot() / 127)
            for _ in 0..<columns / 32 {
                row.integer(scale)
                for _ in 0..<4 { row.integer(generator.next()) }
            }
        case .q4_K:
            for _ in 0..<columns / 256 { addQ4K(to: &row, tensor.scale, using: &generator) }
        case .q6_K:
            // 6 bits of each element uniform around 0, all of the 16 inner scales 4.
            let scale = HalfPrecision.bits(of: tensor.scale * Float(3).squareRoot() / (32 * 4))
            for _ in 0..<columns / 256 {
                for _ in 0..<24 { row.integer(generator.next()) }
                row.raw([UInt8](repeating: 4, count: 16))
                row.integer(scale)
            }
        }
        return row.bytes
    }

    /// A block of ggml's `block_q4_K`: element = scale · inner · (0…15) - minimum · inner.
    private func addQ4K(
        to row: inout GGUFBytes, _ scale: Float, using generator: inout SeededGenerator
    ) {
        let step = scale * Float(3).squareRoot() / (7.5 * 32)
        row.integer(HalfPrecision.bits(of: step))
        row.integer(HalfPrecision.bits(of: step * 7.5))
        // Eight scales and eight minima of 6 bits, all 32: the first four of each lie in the low
        // bits of eight bytes; of the others 4 bits are 0, and the upper two lie above those.
        row.raw([UInt8](repeating: 0b1010_0000, count: 8) + [UInt8](repeating: 0, count: 4))
        for _ in 0..<16 { row.integer(generator.next()) }
    }

    /// Four values of mean 0 and deviation 1.
    private static func four(_ bits: UInt64) -> [Float] {
        (0..<4).map { value(UInt16(truncatingIfNeeded: bits &>> (16 * UInt64($0)))) }
    }

    /// Uniform in ±√3: enough of a spread for weights.
    private static func value(_ part: UInt16) -> Float {
        (Float(part) / 32767.5 - 1) * Float(3).squareRoot()
    }

    /// For each 16 random bits the value times `scale` as f16, since there are fewer of them than
    /// elements in most tensors.
    private static func halves(_ scale: Float) -> [UInt16] {
        (0...UInt16.max).map { HalfPrecision.bits(of: value($0) * scale) }
    }
}

extension RandomModel.Tensor {
    /// Rows of all matrices that are stacked in it.
    var rows: Int { dimensions.dropFirst().reduce(1, *) }
}
