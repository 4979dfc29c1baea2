import Basics
import Remote
import Sharding
import Survey

/// A file that is sent to a host.
struct ShardItem {
    /// What it is made of.
    enum Content {
        /// The bytes of a file of the model.
        case tensor(ShardedTensor)
        /// A piece of a file of the skeleton.
        case piece(SkeletonFile, part: Int, Range<UInt64>)
        case manifest([UInt8])
    }

    var content: Content
    /// Its name there and its bytes.
    var file: StoredFile

    init(_ tensor: ShardedTensor) {
        content = .tensor(tensor)
        file = StoredFile(name: tensor.fileName, byteCount: tensor.byteCount)
    }

    init(_ skeleton: SkeletonFile, part: Int, _ range: Range<UInt64>) {
        content = .piece(skeleton, part: part, range)
        file = StoredFile(pieceOf: skeleton.name, range, block: SkeletonFile.block)
    }

    init(_ manifest: ShardManifest) {
        let bytes = Array(manifest.text.utf8)
        content = .manifest(bytes)
        file = StoredFile(
            name: ShardManifest.fileName, byteCount: UInt64(bytes.count))
    }

    /// So many of its bytes, from that one on.
    ///
    /// - Throws: `ShardSource.Problem`.
    func bytes(
        of source: ShardSource, from offset: UInt64, _ count: Int
    ) throws(ShardSource.Problem) -> [UInt8] {
        switch content {
        case .tensor(let tensor):
            return try source.read(part: tensor.part, tensor.range.lowerBound + offset, count)
        case .piece(let skeleton, let part, let range):
            let start = range.lowerBound + offset
            var bytes = try source.read(part: part, start, count)
            skeleton.conceal(&bytes, from: start)
            return bytes
        case .manifest(let bytes):
            return Array(bytes[Int(offset)..<(Int(offset) + count)])
        }
    }
}

extension ShardLayout {
    /// What a node is to have, but for its manifest.
    func items(of node: Node) -> [ShardItem] {
        if node.isWorker { return tensors(of: node).map { ShardItem($0) } }
        return skeleton.enumerated().flatMap { part, file in
            file.runs.map { ShardItem(file, part: part, $0) }
        }
    }
}

extension ShardItem {
    /// Which file of the model it is of; nil for a manifest.
    var part: Int? {
        switch content {
        case .tensor(let tensor): tensor.part
        case .piece(_, let part, _): part
        case .manifest: nil
        }
    }

    /// What people call it.
    var subject: String {
        switch content {
        case .tensor(let tensor): tensor.name
        case .piece(let skeleton, _, let range): "\(skeleton.name), byte \(range.lowerBound)"
        case .manifest: file.name
        }
    }

    /// How it is fetched; nil for a manifest.
    var fetch: ShardScript.Fetch? {
        switch content {
        case .tensor(let tensor):
            ShardScript.Fetch(file, part: tensor.part, first: tensor.range.lowerBound)
        case .piece(let skeleton, let part, let range):
            ShardScript.Fetch(
                file, part: part, first: range.lowerBound, patches: skeleton.patches(in: range))
        case .manifest: nil
        }
    }
}
