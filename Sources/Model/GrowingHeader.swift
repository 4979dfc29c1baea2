/// The header of a GGUF on another host, fetched in pieces that double: only the header crosses the
/// network, and a vocabulary of ten megabytes costs five questions, not a hundred.
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
    private static let mebibyte = 1 << 20
    /// As `GGUFByteReader` bounds it.
    private static let largest = 256

    private let fileSize: UInt64
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// Nothing is known but the size of the file.
    package init(fileSize: UInt64) { self.fileSize = fileSize }

    /// Takes what was fetched; fewer bytes than asked for are the end of the file.
    package mutating func append(_ piece: [UInt8], askedFor count: Int) {
        bytes += piece
        isAtEnd = piece.count < count * Self.mebibyte
    }

    /// Reads what is there.
    package var step: Step {
        let have = bytes.count / Self.mebibyte
        if bytes.isEmpty && !isAtEnd { return .fetch(offset: 0, count: 1) }
        do {
            let header = try GGUFHeader(fileSize: fileSize) { offset, count in
                let start = Int(min(offset, UInt64(bytes.count)))
                let end = min(start + count, bytes.count)
                // Whether a piece ends early is known only at the end of the file.
                guard end - start == count || isAtEnd else { throw NeedsMore() }
                return Array(bytes[start..<end])
            }
            return .header(header)
        } catch let error as GGUFError {
            return .refused(error)
        } catch {
            guard have < Self.largest else {
                return .refused(
                    GGUFError(
                        offset: UInt64(bytes.count),
                        problem: "a header of more than 256 MiB is refused"))
            }
            return .fetch(offset: have, count: min(have, Self.largest - have))
        }
    }
}
