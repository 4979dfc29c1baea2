import Basics

/// The header of a GGUF on another host, fetched in pieces that double up to a few MiB: only the
/// header crosses the network, a vocabulary of ten megabytes costs five questions, not a hundred,
/// and a piece is let go once it is read.
package struct GrowingHeader {
    /// What to do next.
    package enum Step {
        /// Fetch that many MiB from that offset, in MiB, and `append` them.
        case fetch(offset: Int, count: Int)
        case header(GGUFHeader)
        /// llama.cpp would not load it.
        case refused(GGUFError)
    }

    private struct NeedsMore: Error {}

    /// What is there of the file.
    private final class Window {
        /// Where `bytes` begin in the file.
        var start: UInt64 = 0
        var bytes: [UInt8] = []
        var isAtEnd = false

        /// Fewer bytes than asked for at the end of the file only.
        func read(_ offset: UInt64, _ count: Int) throws -> [UInt8] {
            let first = offset < start ? bytes.count : Int(min(offset - start, UInt64(bytes.count)))
            let end = min(first + count, bytes.count)
            // Whether a piece ends early is known only at the end of the file.
            guard end - first == count || isAtEnd else { throw NeedsMore() }
            return Array(bytes[first..<end])
        }

        func append(_ piece: [UInt8], keepingFrom position: UInt64) {
            let passed = Int(min(max(position, start) - start, UInt64(bytes.count)))
            // One that begins later is not moved.
            bytes = Array(bytes[passed...]) + piece
            start += UInt64(passed)
        }
    }

    private static let mebibyte = 1 << 20
    private static let largest = Bounds.headerBytes / mebibyte
    private static let largestPiece = Bounds.headerPieceBytes / mebibyte

    private let window: Window
    private var reader: GGUFHeaderReader
    /// MiB that were asked for.
    private var fetched = 0

    /// Nothing is known but the size of the file.
    package init(fileSize: UInt64) {
        let window = Window()
        self.window = window
        reader = GGUFHeaderReader(fileSize: fileSize) { try window.read($0, $1) }
    }

    /// Takes what was fetched; fewer bytes than asked for are the end of the file.
    package mutating func append(_ piece: [UInt8], askedFor count: Int) {
        window.append(
            Array(piece.prefix(count * Self.mebibyte)), keepingFrom: reader.position)
        window.isAtEnd = piece.count < count * Self.mebibyte
        fetched += count
    }

    /// Reads what is there.
    package mutating func step() -> Step {
        if fetched == 0 { return .fetch(offset: 0, count: 1) }
        do {
            return .header(try reader.read())
        } catch let error as GGUFError {
            return .refused(error)
        } catch {
            guard fetched < Self.largest else {
                return .refused(
                    GGUFError(
                        offset: UInt64(fetched) << 20,
                        problem: "a header of more than \(Self.largest) MiB is refused"))
            }
            let count = min(fetched, Self.largestPiece, Self.largest - fetched)
            return .fetch(offset: fetched, count: count)
        }
    }
}
