import Basics
import Foundation
import Status

/// The lines of the history from some time on, out of its files, a piece at a time: however long it
/// is, and however slowly somebody reads, no more than a piece is in memory.
final class HistoryBody {
    /// Bytes that are read at a time.
    private static let piece = 32 << 10

    private var files: [Descriptor]
    /// Bytes that are still to come; what is appended meanwhile is not among them.
    private(set) var left: Int

    /// - Parameters:
    ///   - paths: the files, oldest first.
    ///   - since: lines before are left out; nil: none is.
    init(_ paths: [String], since: Timestamp?) {
        files = []
        left = 0
        for path in paths {
            guard let file = try? Descriptor(opening: path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
            else { continue }
            var status = stat()
            guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                continue
            }
            let size = Int(status.st_size)
            // In the order of their times: once a line counts, all that follow it do.
            let start = files.isEmpty ? since.map { Self.start(of: $0, in: file, size) } ?? 0 : 0
            guard start < size else { continue }
            lseek(file.number, off_t(start), SEEK_SET)
            files.append(file)
            left += size - start
        }
    }

    /// The next piece; nil at the end.
    func next() -> [UInt8]? {
        while left > 0, let file = files.first {
            var buffer = [UInt8](repeating: 0, count: min(Self.piece, left))
            let count = file.read(&buffer)
            guard count > 0 else {
                files.removeFirst()
                continue
            }
            left -= count
            return Array(buffer[..<count])
        }
        return nil
    }

    /// Where the first line from that time on begins.
    private static func start(of since: Timestamp, in file: Descriptor, _ size: Int) -> Int {
        // By halves: 1 MiB is 20 looks. A line begins at `low`, or it is the beginning.
        var (low, high) = (0, size)
        while high - low > piece {
            let middle = (low + high) / 2
            guard let (place, time) = line(after: middle, in: file), place < high else {
                high = middle
                continue
            }
            if time < since { low = place } else { high = middle }
        }
        var place = low
        while place < size, let (found, time) = line(after: place, in: file, isStart: true) {
            if time >= since { return found }
            place = found + 1
            guard let (following, _) = line(after: place, in: file) else { return size }
            place = following
        }
        return size
    }

    /// The first line that begins behind a place and tells its time.
    private static func line(
        after place: Int, in file: Descriptor, isStart: Bool = false
    ) -> (place: Int, time: Timestamp)? {
        var offset = place
        var isBeginning = isStart
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = retrying { pread(file.number, &buffer, buffer.count, off_t(offset)) }
            guard count > 0 else { return nil }
            let bytes = buffer[..<count]
            guard isBeginning else {
                guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
                    offset += count
                    continue
                }
                offset += end + 1
                isBeginning = true
                continue
            }
            if let time = time(of: bytes) { return (offset, time) }
            isBeginning = false
        }
    }

    /// Of a line as `HistoryEntry` writes it, which begins with its time.
    private static func time(of line: ArraySlice<UInt8>) -> Timestamp? {
        let head = Array(#"{"time": ""#.utf8)
        guard line.starts(with: head) else { return nil }
        return Timestamp(String(decoding: line.dropFirst(head.count).prefix(20), as: UTF8.self))
    }
}
