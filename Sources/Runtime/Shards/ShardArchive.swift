import Basics
import Sharding

/// The archive of some files, piece by piece.
struct ShardArchive {
    private let source: ShardSource
    private var items: ArraySlice<ShardItem>
    /// Bytes of the first item that were handed out.
    private var offset: UInt64 = 0
    private var hasHeader = false
    private var hasEnd = false
    /// Bytes of the archive that were handed out.
    private var count: UInt64 = 0
    /// Bytes of files that were handed out.
    private(set) var readBytes: UInt64 = 0

    private static let piece = 256 << 10
    /// What tar(1) reads at a time: it waits for the rest of such a record.
    private static let record: UInt64 = 10240

    /// Nothing was handed out yet.
    init(_ items: [ShardItem], of source: ShardSource) {
        self.items = items[...]
        self.source = source
    }

    /// The next bytes; none: it is over.
    ///
    /// - Throws: `ShardSource.Problem`.
    mutating func next() throws(ShardSource.Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.isEmpty, !hasEnd { bytes = try step() }
        count += UInt64(bytes.count)
        return bytes
    }

    private mutating func step() throws(ShardSource.Problem) -> [UInt8] {
        guard let item = items.first else {
            hasEnd = true
            let rest = Int((count + UInt64(TarHeader.end.count)) % Self.record)
            return TarHeader.end
                + [UInt8](repeating: 0, count: rest == 0 ? 0 : Int(Self.record) - rest)
        }
        if !hasHeader {
            hasHeader = true
            return TarHeader.of(file: item.file.name, byteCount: item.file.byteCount)
        }
        guard offset < item.file.byteCount else {
            items.removeFirst()
            (offset, hasHeader) = (0, false)
            return TarHeader.padding(after: item.file.byteCount)
        }
        let count = Int(min(UInt64(Self.piece), item.file.byteCount - offset))
        let bytes = try item.bytes(of: source, from: offset, count)
        offset += UInt64(count)
        readBytes += UInt64(count)
        return bytes
    }
}
