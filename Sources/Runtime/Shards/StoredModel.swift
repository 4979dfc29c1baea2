import Basics
import Configuration
import Model
import Remote
import Sharding

/// What hosts store of a model, as the source of what they are to store: for a model that is gone.
///
/// The skeleton has the header and what is small; where it has a hole, a worker has the bytes.
final class StoredModel {
    typealias Problem = ShardSource.Problem

    /// A tensor that a worker has.
    private struct Stored {
        var entry: ShardManifest.Tensor
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
    private let cluster: String
    /// Whether the skeleton was not put in its place: a part is in `incoming`, and nowhere else.
    private let isBetween: Bool

    /// Reads the header, of the skeleton, and compares all of that with the manifest.
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
        var isBetween = false
        for part in manifest.skeleton {
            let file = try Self.skeleton(part, coordinator.files, coordinator.folder)
            if case .pieces = file { isBetween = true }
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
        self.isBetween = isBetween
        cluster = spec.name
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
                        entry: entry, range: start..<(start + tensor.byteCount),
                        file: .there(place.files, path: path, byteCount: tensor.byteCount)))
            }
            all.append(stored.sorted { $0.range.lowerBound < $1.range.lowerBound })
        }
        if let name = held.keys.min() {
            throw Problem(description: "the model has no \(name), which a worker stores of it")
        }
        return all
    }

    /// A file of the skeleton, in its place or, where a commit was ended, in part in `incoming`.
    ///
    /// What differs from the manifest is refused: digested as it is now, it would become what is
    /// right.
    private static func skeleton(
        _ part: ShardManifest.File, _ files: HostFiles, _ folder: String
    ) throws(Problem) -> SourceFile {
        let path = "\(folder)/\(part.name)"
        let whole = SourceFile.there(files, path: path, byteCount: part.byteCount)
        var pieces: [SourceFile.Piece] = []
        var isWhole = true
        for run in part.runs {
            do throws(Problem) {
                try compare(
                    try whole.digest(of: run.range), run.digest,
                    "\(whole.shown), byte \(run.range.lowerBound)")
                pieces.append(.init(range: run.range, file: whole, first: run.range.lowerBound))
            } catch {
                isWhole = false
                let name = StoredFile(pieceOf: part.name, run.range, block: SkeletonFile.block).name
                let file = SourceFile.there(
                    files, path: "\(folder)/incoming/\(name)",
                    byteCount: UInt64(run.range.count))
                let sum = try? file.digest(of: 0..<file.byteCount)
                guard sum == run.digest else { throw error }
                pieces.append(.init(range: run.range, file: file, first: 0))
            }
        }
        return isWhole ? whole : .pieces(pieces, path: whole.shown, byteCount: part.byteCount)
    }

    private static func compare(
        _ sum: String, _ digest: String, _ what: String
    ) throws(Problem) {
        guard sum != digest else { return }
        throw Problem(
            description: "\(what): it is not what was stored. Give the model with --from: what "
                + "hosts store of it is no source any more")
    }

    /// Compares what becomes a part of the skeleton with the manifest, and sees that what goes to
    /// another worker is where it was stored: whoever has it may drop it once others have theirs.
    ///
    /// - Throws: `Problem`, before anything is changed.
    func check(for layout: ShardLayout) throws(Problem) {
        var holders: [String: String] = [:]
        for tensor in layout.tensors {
            holders[tensor.name] = ShardFolder.name(of: tensor.holder, cluster: cluster)
        }
        if isBetween, layout.tensors.contains(where: { digests[$0.name] == nil }) {
            throw Self.unfinished(skeleton[0].shown)
        }
        for stored in tensors.joined() {
            let holder = holders[stored.entry.name]
            guard holder != stored.entry.holder else { continue }
            guard !isBetween else { throw Self.unfinished(skeleton[0].shown) }
            guard case .there(let files, let path, let byteCount) = stored.file,
                (try? files.size(of: path)) == byteCount
            else { throw Self.unfinished("\(stored.file.shown) (\(stored.entry.name))") }
            guard holder == nil else { continue }
            try Self.compare(
                try stored.file.digest(of: 0..<byteCount), stored.entry.digest,
                "\(stored.entry.name) (\(stored.file.shown))")
        }
    }

    /// What was not put in its place stays there for its own placement alone.
    private static func unfinished(_ what: String) -> Problem {
        Problem(
            description: "\(what) is not in its place: sollol shard was ended before all was. Run "
                + "it again with the configuration that it had then, or give the model with --from")
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
