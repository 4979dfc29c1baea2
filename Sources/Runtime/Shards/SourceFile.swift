import Basics
import Foundation

/// A file of a model that is read in any order, on this machine or on another host.
enum SourceFile {
    /// Opened once: another file in its place later is none of its.
    case here(Descriptor, path: String, byteCount: UInt64)
    case there(HostFiles, path: String, byteCount: UInt64)
    /// A file of the skeleton that was not put together yet.
    case pieces([Piece], path: String, byteCount: UInt64)

    /// A part of a file that is in another one.
    struct Piece {
        /// Where it is in the whole.
        var range: Range<UInt64>
        /// What has it, from that byte on.
        var file: SourceFile
        var first: UInt64
    }

    /// Opens a file.
    ///
    /// - Parameter files: of another host; nil: it is on this machine.
    /// - Throws: `ShardSource.Problem`.
    init(_ path: String, on files: HostFiles?) throws(ShardSource.Problem) {
        if let files {
            self = .there(files, path: path, byteCount: try files.size(of: path))
            return
        }
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
        } catch {
            throw ShardSource.Problem(description: "\(path): cannot be read: \(error.reason)")
        }
        var status = stat()
        guard fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ShardSource.Problem(description: "\(path): is not a regular file")
        }
        self = .here(descriptor, path: path, byteCount: UInt64(max(0, status.st_size)))
    }

    /// Its size when it was opened.
    var byteCount: UInt64 {
        switch self {
        case .here(_, _, let count), .there(_, _, let count), .pieces(_, _, let count): count
        }
    }

    /// What people call it.
    var shown: String {
        switch self {
        case .here(_, let path, _), .pieces(_, let path, _): path
        case .there(let files, let path, _): files.location.shown(path)
        }
    }

    /// Reads bytes of it.
    ///
    /// - Throws: `ShardSource.Problem` where there are fewer, since it was changed meanwhile.
    func read(_ offset: UInt64, _ count: Int) throws(ShardSource.Problem) -> [UInt8] {
        switch self {
        case .here(let file, let path, _): try Self.read(file, path, offset, count)
        case .there(let files, let path, _): try files.read(path, offset, count)
        case .pieces(let pieces, _, _):
            try Self.read(pieces, offset..<(offset + UInt64(count)))
        }
    }

    private static func read(
        _ pieces: [Piece], _ wanted: Range<UInt64>
    ) throws(ShardSource.Problem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: wanted.count)
        for piece in pieces where piece.range.overlaps(wanted) {
            let part = piece.range.clamped(to: wanted)
            let place = Int(part.lowerBound - wanted.lowerBound)
            bytes.replaceSubrange(
                place..<(place + part.count),
                with: try piece.file.read(
                    piece.first + part.lowerBound - piece.range.lowerBound, part.count))
        }
        return bytes
    }

    /// The SHA-256 of a part of it.
    ///
    /// - Throws: `ShardSource.Problem`.
    func digest(of range: Range<UInt64>) throws(ShardSource.Problem) -> String {
        try ShardDigests.digest(of: range, read)
    }

    private static func read(
        _ file: Descriptor, _ path: String, _ offset: UInt64, _ count: Int
    ) throws(ShardSource.Problem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                retrying {
                    pread(
                        file.number, buffer.baseAddress.map { $0 + filled }, count - filled,
                        off_t(offset) + off_t(filled))
                }
            }
            guard got > 0 else {
                throw ShardSource.Problem(
                    description: got == 0
                        ? "\(path): it has become shorter meanwhile"
                        : "\(path): cannot be read: \(SystemError("read").reason)")
            }
            filled += got
        }
        return bytes
    }
}
