import Basics

/// The parts of a header, each read whole or not at all.
extension GGUFHeaderReader {
    static func readMagic(_ bytes: inout GGUFByteReader) throws -> UInt32 {
        let magic = try bytes.take(4)
        guard magic == Array("GGUF".utf8) else {
            let isText = magic.allSatisfy { (0x20..<0x7F).contains($0) }
            let shown = isText ? "\"\(String(decoding: magic, as: UTF8.self))\"" : "\(magic)"
            throw GGUFError(
                offset: 0,
                problem: "this is no GGUF: it begins with \(shown) instead of \"GGUF\"",
                remedy: remedy(String(decoding: magic, as: UTF8.self)))
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

    /// What to do about a file that begins with these four characters.
    private static func remedy(_ beginning: String) -> String {
        switch beginning {
        case "vers":
            "It may be the pointer that Git leaves where Git LFS was not asked for the file: "
                + "git lfs pull."
        case "<!do", "<!DO", "<htm", "<HTM":
            "It is a web page: of a download that wants a login, or of Hugging Face's `blob` in "
                + "an address where `resolve` has to stand. Download the file itself."
        default: "Convert the model to GGUF, or name another file."
        }
    }

    static func readScalar(
        _ bytes: inout GGUFByteReader, _ type: Int32
    ) throws -> GGUFValue {
        switch type {
        case 0: return .unsigned(UInt64(try bytes.integer() as UInt8))
        case 1: return signed(Int64(try bytes.integer() as Int8))
        case 2: return .unsigned(UInt64(try bytes.integer() as UInt16))
        case 3: return signed(Int64(try bytes.integer() as Int16))
        case 4: return .unsigned(UInt64(try bytes.integer() as UInt32))
        case 5: return signed(Int64(try bytes.integer() as Int32))
        case 6: return .float(Double(Float(bitPattern: try bytes.integer())))
        case 7: return .bool(try bytes.integer() as UInt8 != 0)
        case 10: return .unsigned(try bytes.integer())
        case 11: return signed(try bytes.integer())
        case 12: return .float(Double(bitPattern: try bytes.integer()))
        default:
            throw GGUFError(
                offset: bytes.position - 4, problem: "value type \(type) is not known")
        }
    }

    static func signed(_ value: Int64) -> GGUFValue {
        value < 0 ? .negative(value) : .unsigned(UInt64(value))
    }

    /// The elements of a short array of integers or bools, or nil for any other.
    static func readList(
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

    static func alignment(
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

    static func readTensor(
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

    static func padded(
        _ start: UInt64, plus count: UInt64, to alignment: UInt64, at offset: UInt64
    ) throws -> UInt64 {
        let (sum, overflow) = start.addingReportingOverflow(count)
        guard !overflow, sum < 1 << 62 else {
            throw GGUFError(offset: offset, problem: "the tensors are impossibly large")
        }
        return (sum + alignment - 1) & ~(alignment - 1)
    }
}
