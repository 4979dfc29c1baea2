import Basics

/// A tensor that one worker stores, and that is a hole in the skeleton.
package struct ShardedTensor: Equatable, Sendable {
    /// `blk.0.ffn_up.weight`.
    package var name: String
    /// Who stores it.
    package var holder: Node
    /// Which file of the model it is in, from 0.
    package var part: Int
    /// Where its bytes are in that file.
    package var range: Range<UInt64>
    /// What the hole begins with; zeros follow.
    package var mark: [UInt8]
    /// The name of its file in the holder's tensor cache: the hash of the hole.
    package var fileName: String

    /// Bytes of it.
    package var byteCount: UInt64 { range.upperBound - range.lowerBound }

    /// A tensor of the model `id`, with its hole.
    ///
    /// - Parameter number: another one gives another hole, should two have the same hash.
    init(
        _ name: String, of id: ModelID, holder: Node, part: Int, range: Range<UInt64>, number: Int
    ) {
        self.name = name
        self.holder = holder
        self.part = part
        self.range = range
        var digest = SHA256()
        digest.add(Array("sollol \(id) \(number) \(name)".utf8))
        mark = Array(digest.digest.prefix(Self.markLength))
        var hash = TensorHash()
        hash.add(mark)
        hash.add(zeros: range.upperBound - range.lowerBound - UInt64(mark.count))
        fileName = hash.fileName
    }

    /// Bytes of a mark: enough that no two are the same.
    static let markLength = 16

    /// A tensor of more bytes is offered by its hash first (`HASH_THRESHOLD`, `ggml-rpc.cpp`,
    /// 0.7.0), so that only such a one can be taken from a worker's disk.
    package static let threshold: UInt64 = 10 << 20
}
