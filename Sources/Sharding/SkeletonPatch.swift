/// What is written over a part of the model's file, so that it is what the skeleton has there.
package struct SkeletonPatch: Equatable, Sendable {
    /// Where in the part.
    package var offset: UInt64
    /// What is written.
    package var mark: [UInt8]
    /// Zeros that follow.
    package var zeros: UInt64
}

extension SkeletonFile {
    /// What `conceal` does to a part of the model, as few bytes: at the most the ends of two holes
    /// for each border of a run.
    package func patches(in part: Range<UInt64>) -> [SkeletonPatch] {
        holes.filter { $0.range.overlaps(part) }.map { hole in
            let inside = hole.range.clamped(to: part)
            let start = Int(min(inside.lowerBound - hole.range.lowerBound, UInt64(hole.mark.count)))
            let count = min(UInt64(hole.mark.count - start), UInt64(inside.count))
            return SkeletonPatch(
                offset: inside.lowerBound - part.lowerBound,
                mark: Array(hole.mark[start..<(start + Int(count))]),
                zeros: UInt64(inside.count) - count)
        }
    }
}
