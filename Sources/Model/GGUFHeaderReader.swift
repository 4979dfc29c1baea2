import Basics

/// Reads a GGUF's header, one key and one tensor after the other, and goes on where it was when
/// `source` had to throw for want of bytes: what was passed is never asked for again.
struct GGUFHeaderReader {
    /// An array or a string that is passed over.
    private enum Passing {
        /// Bytes up to there.
        case bytes(end: UInt64, key: String, value: GGUFValue)
        /// So many strings more.
        case strings(left: UInt64, key: String, value: GGUFValue)
    }

    private let fileSize: UInt64
    private var bytes: GGUFByteReader
    private var header = GGUFHeader()
    private var hasBegun = false
    private var keysLeft = 0
    private var tensorsLeft = 0
    /// Known once all keys are.
    private var alignment: UInt64?
    private var passing: Passing?
    /// Bytes of the metadata that is kept.
    private var kept = 0
    private var names = Set<String>()
    /// Where the next tensor has to begin.
    private var end: UInt64 = 0

    init(fileSize: UInt64, source: @escaping (UInt64, Int) throws -> [UInt8]) {
        self.fileSize = fileSize
        bytes = GGUFByteReader(fileSize: fileSize, source: source)
    }

    /// What comes before it is not needed any more.
    var position: UInt64 { bytes.position }

    /// Reads on to the end of the header.
    ///
    /// - Throws: `GGUFError`, or what `source` throws; then it may be called again.
    mutating func read() throws -> GGUFHeader {
        if !hasBegun { try whole { try $0.begin() } }
        while keysLeft > 0 || passing != nil {
            if passing != nil { try pass() } else { try whole { try $0.readKey() } }
        }
        let alignment = try self.alignment ?? Self.alignment(header.metadata, at: bytes.position)
        self.alignment = alignment
        while tensorsLeft > 0 { try whole { try $0.readTensor(alignment) } }
        let offset = bytes.position
        header.dataOffset = try Self.padded(offset, plus: 0, to: alignment, at: offset)
        try checkBlockCount(at: offset)
        try checkSize()
        return header
    }

    /// Does what changes nothing but the position until it has succeeded.
    private mutating func whole(_ body: (inout Self) throws -> Void) throws {
        let start = bytes.position
        do { try body(&self) } catch {
            bytes.goBack(to: start)
            throw error
        }
    }

    private mutating func begin() throws {
        let version = try Self.readMagic(&bytes)
        let tensors = try bytes.count("tensors", atMost: Bounds.modelTensors)
        keysLeft = try bytes.count("keys", atMost: Bounds.headerKeys)
        tensorsLeft = tensors
        header.version = version
        header.tensors.reserveCapacity(tensors)
        hasBegun = true
    }

    private func checkBlockCount(at offset: UInt64) throws {
        guard let architecture = header.architecture else { return }
        guard Outside.name(architecture, atMost: 64) != nil else {
            throw GGUFError(
                offset: offset,
                problem: "general.architecture is \(printable(architecture)), no name that "
                    + "llama.cpp has")
        }
        guard header.metadata["\(architecture).block_count"] != nil else { return }
        guard let count = header.blockCount, (1...512).contains(count) else {
            throw GGUFError(
                offset: offset,
                problem: "block_count of \(printable(architecture)) is not within 1…512")
        }
    }

    private func checkSize() throws {
        let last = header.tensors.last.map { $0.offset + $0.byteCount } ?? 0
        let (need, overflow) = last.addingReportingOverflow(header.dataOffset)
        guard !overflow, need <= fileSize else {
            throw GGUFError(
                offset: fileSize,
                problem: "the file ends here, but its tensors need \(last) bytes after byte "
                    + "\(header.dataOffset)",
                remedy: GGUFByteReader.incomplete)
        }
    }

    // MARK: Keys

    private mutating func readKey() throws {
        let start = bytes.position
        let key = try bytes.string(atMost: 65535)
        let type: Int32 = try bytes.integer()
        // llama.cpp aborts on any other type of this key.
        if key == "general.alignment", type != 4 {
            throw GGUFError(
                offset: bytes.position - 4, problem: "general.alignment is to be a u32")
        }
        guard header.metadata[key] == nil else {
            throw GGUFError(offset: start, problem: "the key \(printable(key)) is there twice")
        }
        switch type {
        case 8: try readText(of: key)
        case 9: try readArray(of: key)
        default: try keep(try Self.readScalar(&bytes, type), of: key, at: start)
        }
    }

    /// The last step of reading a key: nothing is kept of one that was not read whole.
    private mutating func keep(_ value: GGUFValue, of key: String, at offset: UInt64) throws {
        kept += key.utf8.count + value.keptBytes
        guard kept <= Bounds.headerKeptBytes else {
            throw GGUFError(
                offset: offset,
                problem: "keys and short values of more than \(Bounds.headerKeptBytes >> 20) MiB")
        }
        header.metadata[key] = value
        keysLeft -= 1
        passing = nil
    }

    private mutating func readText(of key: String) throws {
        let start = bytes.position
        let length: UInt64 = try bytes.integer()
        guard length <= GGUFValue.longestText else {
            let end = try bytes.end(ofSkipping: length)
            passing = .bytes(end: end, key: key, value: .longString(byteCount: length))
            return
        }
        let text = String(decoding: try bytes.take(Int(length)), as: UTF8.self)
        try keep(.string(text), of: key, at: start)
    }

    private mutating func readArray(of key: String) throws {
        let start = bytes.position
        let type: Int32 = try bytes.integer()
        let count: UInt64 = try bytes.integer()
        if let list = try Self.readList(&bytes, type: type, count: count) {
            return try keep(.integers(list), of: key, at: start)
        }
        let value = GGUFValue.array(count: count)
        let width: UInt64
        switch type {
        case 8:
            passing = .strings(left: count, key: key, value: value)
            return
        case 0, 1, 7: width = 1
        case 2, 3: width = 2
        case 4, 5, 6: width = 4
        case 10, 11, 12: width = 8
        default:
            throw GGUFError(offset: start, problem: "an array of value type \(type) is not allowed")
        }
        passing = .bytes(
            end: try bytes.end(ofSkipping: count, times: width), key: key, value: value)
    }

    /// Passes over what is not kept. Each string takes 8 bytes at least, so a count that lies ends
    /// at the end of the file.
    private mutating func pass() throws {
        switch passing {
        case .bytes(let end, let key, let value)?:
            try bytes.skip(to: end)
            try keep(value, of: key, at: bytes.position)
        case .strings(var left, let key, let value)?:
            do {
                while left > 0 {
                    try bytes.skipString()
                    left -= 1
                }
            } catch {
                passing = .strings(left: left, key: key, value: value)
                throw error
            }
            try keep(value, of: key, at: bytes.position)
        case nil: break
        }
    }

    // MARK: Tensors

    private mutating func readTensor(_ alignment: UInt64) throws {
        let start = bytes.position
        let tensor = try Self.readTensor(&bytes, expectedOffset: end)
        let next = try Self.padded(tensor.offset, plus: tensor.byteCount, to: alignment, at: start)
        guard names.insert(tensor.name).inserted else {
            throw GGUFError(
                offset: start, problem: "the tensor \(printable(tensor.name)) is there twice")
        }
        end = next
        header.tensors.append(tensor)
        tensorsLeft -= 1
    }
}
