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

    /// Reads a header.
    ///
    /// - Parameters:
    ///   - fileSize: bytes of the whole file.
    ///   - source: bytes from an offset, fewer than asked for only at the end of the file.
    /// - Throws: `GGUFError`, or what `source` throws.
    package init(fileSize: UInt64, source: @escaping (UInt64, Int) throws -> [UInt8]) throws {
        var bytes = GGUFByteReader(fileSize: fileSize, source: source)
        version = try Self.readMagic(&bytes)
        let tensorCount = try bytes.count("tensors", atMost: 1 << 16)
        let keyCount = try bytes.count("keys", atMost: 1 << 16)
        metadata = [:]
        for _ in 0..<keyCount { try Self.readKey(&bytes, into: &metadata) }
        let alignment = try Self.alignment(metadata, at: bytes.position)
        tensors = []
        tensors.reserveCapacity(tensorCount)
        var names = Set<String>()
        var end: UInt64 = 0
        for _ in 0..<tensorCount {
            let start = bytes.position
            let tensor = try Self.readTensor(&bytes, expectedOffset: end)
            guard names.insert(tensor.name).inserted else {
                throw GGUFError(
                    offset: start, problem: "the tensor \(printable(tensor.name)) is there twice")
            }
            end = try Self.padded(tensor.offset, plus: tensor.byteCount, to: alignment, at: start)
            tensors.append(tensor)
        }
        dataOffset = try Self.padded(bytes.position, plus: 0, to: alignment, at: bytes.position)
        try checkBlockCount(at: bytes.position)
        let last = tensors.last.map { $0.offset + $0.byteCount } ?? 0
        guard !last.addingReportingOverflow(dataOffset).overflow, last + dataOffset <= fileSize
        else {
            throw GGUFError(
                offset: fileSize,
                problem: "the file ends here, but its tensors need \(last) bytes after byte "
                    + "\(dataOffset). It is not complete: copy or download it again.")
        }
    }

    private func checkBlockCount(at offset: UInt64) throws {
        guard let architecture, metadata["\(architecture).block_count"] != nil else { return }
        guard let count = blockCount, (1...512).contains(count) else {
            throw GGUFError(
                offset: offset,
                problem: "block_count of \(printable(architecture)) is not within 1…512")
        }
    }

    // MARK: Parts

    private static func readMagic(_ bytes: inout GGUFByteReader) throws -> UInt32 {
        let magic = try bytes.take(4)
        guard magic == Array("GGUF".utf8) else {
            let isText = magic.allSatisfy { (0x20..<0x7F).contains($0) }
            let shown = isText ? "\"\(String(decoding: magic, as: UTF8.self))\"" : "\(magic)"
            throw GGUFError(
                offset: 0,
                problem: "this is no GGUF: it begins with \(shown) instead of \"GGUF\". "
                    + "Convert the model to GGUF, or name another file.")
        }
        let version: UInt32 = try bytes.integer()
        switch version {
        case 2, 3: return version
        case 0x0200_0000, 0x0300_0000:
            throw GGUFError(
                offset: 4, problem: "this GGUF is big-endian; llama.cpp takes little-endian here")
        default:
            throw GGUFError(
                offset: 4, problem: "GGUF version \(version) is not known; 2 and 3 are")
        }
    }

    private static func readKey(
        _ bytes: inout GGUFByteReader, into metadata: inout [String: GGUFValue]
    ) throws {
        let start = bytes.position
        let key = try bytes.string(atMost: 65535)
        let value = try readValue(&bytes, of: key)
        guard metadata.updateValue(value, forKey: key) == nil else {
            throw GGUFError(offset: start, problem: "the key \(printable(key)) is there twice")
        }
    }

    private static func readValue(
        _ bytes: inout GGUFByteReader, of key: String
    ) throws -> GGUFValue {
        let start = bytes.position
        let type: Int32 = try bytes.integer()
        // llama.cpp aborts on any other type of this key.
        if key == "general.alignment", type != 4 {
            throw GGUFError(offset: start, problem: "general.alignment is to be a u32")
        }
        switch type {
        case 0: return .unsigned(UInt64(try bytes.integer() as UInt8))
        case 1: return signed(Int64(try bytes.integer() as Int8))
        case 2: return .unsigned(UInt64(try bytes.integer() as UInt16))
        case 3: return signed(Int64(try bytes.integer() as Int16))
        case 4: return .unsigned(UInt64(try bytes.integer() as UInt32))
        case 5: return signed(Int64(try bytes.integer() as Int32))
        case 6: return .float(Double(Float(bitPattern: try bytes.integer())))
        case 7: return .bool(try bytes.integer() as UInt8 != 0)
        case 8: return try readText(&bytes)
        case 9: return try readArray(&bytes)
        case 10: return .unsigned(try bytes.integer())
        case 11: return signed(try bytes.integer())
        case 12: return .float(Double(bitPattern: try bytes.integer()))
        default: throw GGUFError(offset: start, problem: "value type \(type) is not known")
        }
    }

    private static func signed(_ value: Int64) -> GGUFValue {
        value < 0 ? .negative(value) : .unsigned(UInt64(value))
    }

    private static func readText(_ bytes: inout GGUFByteReader) throws -> GGUFValue {
        let length: UInt64 = try bytes.integer()
        guard length <= GGUFValue.longestText else {
            try bytes.skip(length)
            return .longString(byteCount: length)
        }
        return .string(String(decoding: try bytes.take(Int(length)), as: UTF8.self))
    }

    private static func readArray(_ bytes: inout GGUFByteReader) throws -> GGUFValue {
        let start = bytes.position
        let type: Int32 = try bytes.integer()
        let count: UInt64 = try bytes.integer()
        if let list = try readList(&bytes, type: type, count: count) { return .integers(list) }
        switch type {
        case 8:
            // Each string takes 8 bytes at least, so a count that lies ends at the end of file.
            for _ in 0..<count { try bytes.skip(try bytes.integer()) }
        case 0, 1, 7: try bytes.skip(count)
        case 2, 3: try bytes.skip(count, times: 2)
        case 4, 5, 6: try bytes.skip(count, times: 4)
        case 10, 11, 12: try bytes.skip(count, times: 8)
        default:
            throw GGUFError(offset: start, problem: "an array of value type \(type) is not allowed")
        }
        return .array(count: count)
    }

    /// The elements of a short array of integers or bools, or nil for any other.
    private static func readList(
        _ bytes: inout GGUFByteReader, type: Int32, count: UInt64
    ) throws -> [Int64]? {
        guard count <= GGUFValue.longestList else { return nil }
        func list<Value: FixedWidthInteger>(of _: Value.Type) throws -> [Int64] {
            try (0..<count).map { _ in Int64(clamping: try bytes.integer() as Value) }
        }
        switch type {
        case 0, 7: return try list(of: UInt8.self)
        case 1: return try list(of: Int8.self)
        case 2: return try list(of: UInt16.self)
        case 3: return try list(of: Int16.self)
        case 4: return try list(of: UInt32.self)
        case 5: return try list(of: Int32.self)
        case 10: return try list(of: UInt64.self)
        case 11: return try list(of: Int64.self)
        default: return nil
        }
    }

    private static func alignment(
        _ metadata: [String: GGUFValue], at offset: UInt64
    ) throws -> UInt64 {
        guard let value = metadata["general.alignment"] else { return 32 }
        guard case .unsigned(let alignment) = value, alignment > 0, alignment <= 1 << 20,
            alignment & (alignment - 1) == 0
        else {
            throw GGUFError(offset: offset, problem: "general.alignment is no power of two")
        }
        return alignment
    }

    private static func readTensor(
        _ bytes: inout GGUFByteReader, expectedOffset: UInt64
    ) throws -> GGUFTensor {
        let start = bytes.position
        let name = try bytes.string(atMost: 63)
        let shown = printable(name)
        let rank: UInt32 = try bytes.integer()
        guard (1...4).contains(rank) else {
            throw GGUFError(
                offset: start, problem: "\(shown) has \(rank) dimensions; 1 to 4 are allowed")
        }
        var dimensions: [UInt64] = []
        var elements: UInt64 = 1
        for _ in 0..<rank {
            let extent: UInt64 = try bytes.integer()
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard extent > 0, !overflow, product <= 1 << 50 else {
                throw GGUFError(offset: start, problem: "\(shown) has an impossible size")
            }
            dimensions.append(extent)
            elements = product
        }
        let id: Int32 = try bytes.integer()
        guard let type = GGUFTensorType.withID(id) else {
            throw GGUFError(
                offset: start, problem: "\(shown) has the tensor type \(id), which is not known")
        }
        guard dimensions[0] % type.blockElements == 0 else {
            throw GGUFError(
                offset: start,
                problem: "\(shown) has rows of \(dimensions[0]) elements, no multiple of the "
                    + "\(type.blockElements) of a block of \(type.name)")
        }
        let offset: UInt64 = try bytes.integer()
        guard offset == expectedOffset else {
            throw GGUFError(
                offset: start,
                problem: "\(shown) is said to begin at \(offset), not \(expectedOffset)")
        }
        // At most 2^50 elements of at most 8 bytes: no overflow.
        let byteCount = elements / type.blockElements * type.blockBytes
        return GGUFTensor(
            name: name, dimensions: dimensions, type: type, offset: offset, byteCount: byteCount)
    }

    private static func padded(
        _ start: UInt64, plus count: UInt64, to alignment: UInt64, at offset: UInt64
    ) throws -> UInt64 {
        let (sum, overflow) = start.addingReportingOverflow(count)
        guard !overflow, sum < 1 << 62 else {
            throw GGUFError(offset: offset, problem: "the tensors are impossibly large")
        }
        return (sum + alignment - 1) & ~(alignment - 1)
    }
}
