import Basics

/// Little-endian values from a source that is read in pieces, with bounded memory.
struct GGUFByteReader {
    /// Bytes of one piece; a vocabulary of 128k tokens is 3 to 10 MB.
    private static let pieceSize = 1 << 16

    /// Where a header has to end: bounds the time that a hostile file can cost.
    private static let largestHeader = UInt64(Bounds.headerBytes)

    private let fileSize: UInt64
    private let source: (UInt64, Int) throws -> [UInt8]
    private var piece: [UInt8] = []
    private var pieceStart: UInt64 = 0
    /// Where the next value begins.
    private(set) var position: UInt64 = 0

    init(fileSize: UInt64, source: @escaping (UInt64, Int) throws -> [UInt8]) {
        self.fileSize = fileSize
        self.source = source
    }

    /// A value of that width.
    mutating func integer<Value: FixedWidthInteger>() throws -> Value {
        let width = Value.bitWidth / 8
        try need(width)
        let start = Int(position - pieceStart)
        var value: Value = 0
        for index in (0..<width).reversed() {
            value = (width == 1 ? 0 : value << 8) | Value(truncatingIfNeeded: piece[start + index])
        }
        position += UInt64(width)
        return value
    }

    /// That many bytes; at most a piece.
    mutating func take(_ count: Int) throws -> [UInt8] {
        try need(count)
        let start = Int(position - pieceStart)
        position += UInt64(count)
        return Array(piece[start..<start + count])
    }

    /// A string after its length.
    mutating func string(atMost longest: UInt64) throws -> String {
        let start = position
        let length: UInt64 = try integer()
        guard length <= longest else {
            throw GGUFError(
                offset: start,
                problem: "a string of \(length) bytes; at most \(longest) are allowed")
        }
        var bytes: [UInt8] = []
        while bytes.count < Int(length) {
            bytes += try take(min(Self.pieceSize, Int(length) - bytes.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A number of things that follow, which must be plausible.
    mutating func count(_ what: String, atMost most: Int) throws -> Int {
        let start = position
        let count: Int64 = try integer()
        guard let plausible = Int(exactly: count), (0...most).contains(plausible) else {
            throw GGUFError(
                offset: start, problem: "\(count) \(what); 0 to \(most) are plausible")
        }
        return plausible
    }

    /// Where so many things of that width end.
    func end(ofSkipping count: UInt64, times width: UInt64 = 1) throws -> UInt64 {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
        let (end, overflows) = position.addingReportingOverflow(bytes)
        guard !overflow, !overflows, end <= fileSize else { throw truncated() }
        return end
    }

    /// Passes over bytes without reading more than the last; may be called again when that one
    /// could not be read.
    mutating func skip(to end: UInt64) throws {
        guard end > position else { return }
        position = end - 1
        _ = try integer() as UInt8
    }

    /// Passes over a string after its length, or over nothing when it throws.
    mutating func skipString() throws {
        let start = position
        do {
            let length: UInt64 = try integer()
            try skip(to: try end(ofSkipping: length))
        } catch {
            position = start
            throw error
        }
    }

    /// Reads from an earlier place again.
    mutating func goBack(to place: UInt64) { position = place }

    private mutating func need(_ count: Int) throws {
        let end = position + UInt64(count)
        guard end <= fileSize else { throw truncated() }
        guard end <= Self.largestHeader else {
            throw GGUFError(offset: position, problem: Self.tooLarge)
        }
        if position >= pieceStart, end <= pieceStart + UInt64(piece.count) { return }
        piece = try source(position, max(count, Self.pieceSize))
        pieceStart = position
        guard piece.count >= count else { throw truncated() }
    }

    private static let tooLarge =
        "a header of more than \(Bounds.headerBytes >> 20) MiB is refused"

    private func truncated() -> GGUFError {
        GGUFError(
            offset: position,
            problem: "the file ends within its header", remedy: Self.incomplete)
    }

    /// What to do about a file that ends too early.
    static let incomplete = "It is not complete: copy or download it again."
}
