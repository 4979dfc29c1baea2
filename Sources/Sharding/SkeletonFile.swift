/// A file of the skeleton: as long as the model's, with its header and small tensors, and holes
/// where tensors are stored elsewhere.
package struct SkeletonFile: Equatable, Sendable {
    /// Its name: `skeleton.gguf`, or `skeleton-00001-of-00003.gguf`, as llama.cpp finds parts.
    package let name: String
    /// Bytes, the holes included.
    package let byteCount: UInt64
    /// The tensors that are not there, by their place.
    package let holes: [ShardedTensor]

    /// What is stored of it, in whole blocks but for the end of the file: everything but the
    /// inside of holes. Each is short enough to be sent again when a connection breaks.
    package let runs: [Range<UInt64>]

    /// Bytes of a block: runs begin at a multiple, so that dd(1) can put them in their place, and
    /// file systems leave holes out in such.
    package static let block: UInt64 = 4096
    /// The longest run.
    package static let longestRun: UInt64 = 64 << 20

    /// The file of that part.
    init(part: Int, of count: Int, byteCount: UInt64, holes: [ShardedTensor]) {
        name =
            count == 1
            ? "skeleton.gguf" : "skeleton-\(Self.five(part + 1))-of-\(Self.five(count)).gguf"
        self.byteCount = byteCount
        self.holes = holes.sorted { $0.range.lowerBound < $1.range.lowerBound }
        runs = Self.runs(byteCount, self.holes)
    }

    private static func five(_ number: Int) -> String {
        String(String(100_000 + number).suffix(5))
    }

    private static func runs(_ byteCount: UInt64, _ holes: [ShardedTensor]) -> [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        var start: UInt64 = 0
        func add(to end: UInt64) {
            while start < end {
                let next = min(end, start + longestRun)
                runs.append(start..<next)
                start = next
            }
        }
        for hole in holes {
            let markEnd = hole.range.lowerBound + UInt64(ShardedTensor.markLength)
            add(to: (markEnd + block - 1) / block * block)
            start = max(start, hole.range.upperBound / block * block)
        }
        add(to: byteCount)
        return runs
    }

    /// Bytes of all runs.
    package var storedBytes: UInt64 { runs.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }

    /// Makes of the model's bytes from that offset on what the skeleton has there.
    package func conceal(_ bytes: inout [UInt8], from offset: UInt64) {
        let end = offset + UInt64(bytes.count)
        for hole in holes where hole.range.overlaps(offset..<end) {
            let inside = hole.range.clamped(to: offset..<end)
            for place in inside {
                let index = place - hole.range.lowerBound
                bytes[Int(place - offset)] =
                    index < UInt64(hole.mark.count) ? hole.mark[Int(index)] : 0
            }
        }
    }
}
