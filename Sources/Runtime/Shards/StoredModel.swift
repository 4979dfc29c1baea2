import Basics
import Configuration
import Model
import Sharding

/// What hosts store of a model, as the source of what they are to store: for a model that is gone.
///
/// The skeleton has the header and what is small; where it has a hole, a worker has the bytes.
final class StoredModel {
    typealias Problem = ShardSource.Problem

    /// A tensor that a worker has.
    private struct Stored {
        /// Where it is in its file of the model.
        var range: Range<UInt64>
        var file: SourceFile
    }

    /// Headers of all files, with the bytes of each.
    let headers: [(header: GGUFHeader, fileSize: UInt64)]
    private let skeleton: [SourceFile]
    /// Of each file, by their place.
    private let tensors: [[Stored]]
    /// SHA-256 of what workers have, by the names of tensors.
    let digests: [String: String]

    /// Reads the header, of the skeleton.
    ///
    /// - Parameter manifest: the coordinator's.
    /// - Throws: `Problem`, also where a worker is not in the configuration any more.
    init(_ manifest: ShardManifest, _ spec: ClusterSpec) throws(Problem) {
        func place(_ node: Node) -> (files: HostFiles, folder: String) {
            let place = ShardPlace(of: node, in: spec)
            // Each is read by whoever gets a part of it, by the digests, and for its header.
            let files = HostFiles(
                at: place.location, timeouts: spec.timeouts, readers: spec.workers.count + 2)
            let folder = ShardFolder.path(
                base: place.base, node, cluster: spec.name, manifest.id)
            return (files, folder)
        }
        let coordinator = place(.coordinator)
        var digest = SHA256()
        var skeleton: [SourceFile] = []
        var headers: [(header: GGUFHeader, fileSize: UInt64)] = []
        for part in manifest.skeleton {
            let file = try SourceFile(
                "\(coordinator.folder)/\(part.name)", on: coordinator.files)
            headers.append((try ShardSource.header(of: file, into: &digest), file.byteCount))
            skeleton.append(file)
        }
        guard ModelID(digest) == manifest.id else {
            throw Problem(
                description: "the skeleton in "
                    + coordinator.files.location.shown(coordinator.folder)
                    + " has not the header of the model. Try: sollol shard --from FILE")
        }
        var places: [String: (files: HostFiles, folder: String)] = [:]
        for node in spec.workers.filter(\.managed).map(\.node) {
            places[ShardFolder.name(of: node, cluster: spec.name)] = place(node)
        }
        self.headers = headers
        self.skeleton = skeleton
        tensors = try Self.tensors(of: manifest, headers, places)
        digests = Dictionary(
            manifest.tensors.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
    }

    private static func tensors(
        of manifest: ShardManifest, _ headers: [(header: GGUFHeader, fileSize: UInt64)],
        _ places: [String: (files: HostFiles, folder: String)]
    ) throws(Problem) -> [[Stored]] {
        var held: [String: ShardManifest.Tensor] = [:]
        for tensor in manifest.tensors { held[tensor.name] = tensor }
        var all: [[Stored]] = []
        for (header, _) in headers {
            var stored: [Stored] = []
            for tensor in header.tensors {
                guard let entry = held.removeValue(forKey: tensor.name) else { continue }
                guard let place = places[entry.holder], entry.byteCount == tensor.byteCount else {
                    throw Problem(
                        description: "\(entry.holder) has \(tensor.name), and is not in the "
                            + "configuration any more. Put it back until sollol shard has run, or "
                            + "give the model with --from")
                }
                let start = header.dataOffset + tensor.offset
                let path = "\(place.folder)/rpc/\(entry.fileName)"
                stored.append(
                    Stored(
                        range: start..<(start + tensor.byteCount),
                        file: .there(place.files, path: path, byteCount: tensor.byteCount)))
            }
            all.append(stored.sorted { $0.range.lowerBound < $1.range.lowerBound })
        }
        if let name = held.keys.min() {
            throw Problem(description: "the model has no \(name), which a worker stores of it")
        }
        return all
    }

    /// Reads bytes of a file of the model, from whoever has them.
    ///
    /// - Throws: `Problem`.
    func read(part: Int, _ offset: UInt64, _ count: Int) throws(Problem) -> [UInt8] {
        let end = offset + UInt64(count)
        var bytes: [UInt8] = []
        var place = offset
        while place < end {
            let next = tensors[part].first { $0.range.upperBound > place }
            if let next, next.range.contains(place) {
                let stop = min(end, next.range.upperBound)
                bytes += try next.file.read(place - next.range.lowerBound, Int(stop - place))
                place = stop
            } else {
                let stop = min(end, next?.range.lowerBound ?? end)
                bytes += try skeleton[part].read(place, Int(stop - place))
                place = stop
            }
        }
        return bytes
    }
}
