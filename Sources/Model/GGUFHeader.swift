import Basics

/// A value of a GGUF's metadata; long strings and arrays only by their length, since vocabularies
/// and chat templates are large and nobody here needs them.
package enum GGUFValue: Equatable, Sendable {
    /// Any of the unsigned types, or a signed one that is not negative.
    case unsigned(UInt64)
    /// A negative value of a signed type.
    case negative(Int64)
    /// f32 or f64.
    case float(Double)
    /// bool.
    case bool(Bool)
    /// string of at most `longestText` bytes.
    case string(String)
    /// A longer string.
    case longString(byteCount: UInt64)
    /// array of integers or bools (0 and 1), at most `longestList` of them: values per layer.
    case integers([Int64])
    /// Any other array, by its number of elements.
    case array(count: UInt64)

    /// The longest string that is kept.
    static let longestText: UInt64 = 4096
    /// The longest array that is kept: llama.cpp's `LLAMA_MAX_LAYERS`.
    static let longestList: UInt64 = 512

    /// Bytes that it holds besides itself.
    var keptBytes: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .integers(let list): list.count * 8
        default: 0
        }
    }
}

/// One tensor of a GGUF, as the header describes it.
package struct GGUFTensor: Equatable, Sendable {
    /// `blk.0.attn_q.weight`, shorter than 64 bytes.
    package var name: String
    /// One to four extents, the innermost first.
    package var dimensions: [UInt64]
    /// How its elements are stored.
    package var type: GGUFTensorType
    /// Where its data begin, in bytes from `GGUFHeader.dataOffset`.
    package var offset: UInt64
    /// Bytes of its data, without padding.
    package var byteCount: UInt64

    /// How many elements it has: at most 2^50.
    var elements: UInt64 { dimensions.reduce(1, *) }
}

/// What the header of a GGUF says; tensor data are never read.
///
/// The format is that of ggml's documentation. What llama.cpp's own loader refuses (`gguf.cpp`,
/// 0.7.0) is refused here, so that a hostile or truncated file ends in a clear error.
package struct GGUFHeader: Equatable, Sendable {
    /// 2 or 3.
    package var version: UInt32
    package var metadata: [String: GGUFValue]
    /// The tensors in the file's order.
    package var tensors: [GGUFTensor]
    /// Where the tensor data begin, in bytes.
    package var dataOffset: UInt64

    /// `general.architecture`: `llama`, `qwen3`, …
    package var architecture: String? {
        if case .string(let name) = metadata["general.architecture"] { name } else { nil }
    }

    /// `ARCHITECTURE.block_count`: the layers without the output layer, 1…512.
    package var blockCount: Int? {
        guard let architecture, case .unsigned(let count) = metadata["\(architecture).block_count"]
        else { return nil }
        return Int(exactly: count)
    }

    /// Nothing yet.
    init() {
        version = 0
        metadata = [:]
        tensors = []
        dataOffset = 0
    }

    /// Reads a header.
    ///
    /// - Parameters:
    ///   - fileSize: bytes of the whole file.
    ///   - source: bytes from an offset, fewer than asked for only at the end of the file.
    /// - Throws: `GGUFError`, or what `source` throws.
    package init(fileSize: UInt64, source: @escaping (UInt64, Int) throws -> [UInt8]) throws {
        var reader = GGUFHeaderReader(fileSize: fileSize, source: source)
        self = try reader.read()
    }
}
