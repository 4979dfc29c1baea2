/// A file of a tensor cache or of a folder of shards, as it has to be there.
package struct StoredFile: Hashable, Sendable {
    /// In a tensor cache as rpc-server calls it; of a piece of the skeleton `FILE@BLOCK`.
    package var name: String
    /// Its bytes.
    package var byteCount: UInt64

    /// A file of that name and size.
    package init(name: String, byteCount: UInt64) {
        self.name = name
        self.byteCount = byteCount
    }

    /// A piece of a file of the skeleton.
    ///
    /// - Parameter block: bytes of the blocks that are counted.
    package init(pieceOf file: String, _ range: Range<UInt64>, block: UInt64) {
        name = "\(file)@\(range.lowerBound / block)"
        byteCount = range.upperBound - range.lowerBound
    }
}
