import Basics
import Configuration
import Model
import Sharding
import Survey

/// The files of a model of which shards are made: on this machine, on the coordinator's host, or on
/// a web server; or what hosts store of it already.
package final class ShardSource {
    /// Why a file cannot be a source.
    package struct Problem: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        package var description: String

        /// A problem in these words.
        package init(description: String) { self.description = description }

        /// What a look at a host has found about the model.
        package init(_ complaint: Complaint, at location: RunLocation) {
            description = Finding([.coordinator], at: location, complaint).complaint.text
        }
    }

    /// Its files where they are, the first first.
    package let paths: [String]
    /// On which host, unless it is a web server.
    package let location: RunLocation
    /// Their headers, with the bytes of each file.
    package let headers: [(header: GGUFHeader, fileSize: UInt64)]
    /// Which model.
    package let id: ModelID
    /// Where its files are fetched from by those who store them; empty: they are on a host.
    package let remote: [RemoteFile]
    private let files: [SourceFile]
    /// Where it is put together of what hosts store.
    let stored: StoredModel?

    /// What people call it.
    package var shown: String { location.shown(paths[0]) }

    /// A model on a web server, of which no more than the headers was read.
    init(
        _ remote: [RemoteFile], headers: [(header: GGUFHeader, fileSize: UInt64)], id: ModelID
    ) {
        self.remote = remote
        self.headers = headers
        self.id = id
        location = .here
        paths = remote.map(\.address.shown)
        files = []
        stored = nil
    }

    /// A model of which there is no more than what hosts store of it.
    ///
    /// - Parameter manifest: the coordinator's.
    /// - Throws: `Problem`.
    package init(storedAs manifest: ShardManifest, in spec: ClusterSpec) throws(Problem) {
        let stored = try StoredModel(manifest, spec)
        self.stored = stored
        headers = stored.headers
        id = manifest.id
        location = .here
        paths = ["what hosts store of it"]
        (remote, files) = ([], [])
    }

    /// Opens a model on this machine and reads its headers.
    ///
    /// - Parameter path: of the first file.
    /// - Throws: `Problem`.
    package convenience init(_ path: String) throws(Problem) { try self.init(path, on: nil) }

    /// Opens a model on another host and reads its headers.
    ///
    /// - Parameters:
    ///   - path: of the first file; `~/` is the home folder there.
    ///   - readers: how many nodes may be sent to at the same time.
    /// - Throws: `Problem`.
    package convenience init(
        _ path: String, at location: RunLocation, timeouts: Timeouts, readers: Int
    ) throws(Problem) {
        try self.init(path, on: HostFiles(at: location, timeouts: timeouts, readers: readers))
    }

    private init(_ path: String, on host: HostFiles?) throws(Problem) {
        var files: [SourceFile] = []
        var headers: [(header: GGUFHeader, fileSize: UInt64)] = []
        var digest = SHA256()
        func open(_ path: String) throws(Problem) {
            let file = try SourceFile(path, on: host)
            headers.append((try Self.header(of: file, into: &digest), file.byteCount))
            files.append(file)
        }
        try open(path)
        var paths = [path]
        if let first = headers.first, let split = GGUFSplit(first.header) {
            guard let all = GGUFSplit.paths(first: path, count: split.count) else {
                throw Problem(
                    description: "\(path): it is one of \(split.count) files of a model, and not "
                        + "the first by its name. Name the first one.")
            }
            paths = all
            for path in paths.dropFirst() { try open(path) }
        }
        self.files = files
        location = host?.location ?? .here
        remote = []
        self.headers = headers
        self.paths = paths
        id = ModelID(digest)
        stored = nil
    }

    /// Reads bytes of a file.
    ///
    /// - Parameter part: which file, from 0.
    /// - Throws: `Problem` where there are fewer, since the file was changed meanwhile.
    func read(part: Int, _ offset: UInt64, _ count: Int) throws(Problem) -> [UInt8] {
        precondition(remote.isEmpty, "whoever stores a remote model fetches it")
        if let stored { return try stored.read(part: part, offset, count) }
        return try files[part].read(offset, count)
    }

    /// Reads the header of a file, which is part of the model's identity.
    static func header(
        of file: SourceFile, into digest: inout SHA256
    ) throws(Problem) -> GGUFHeader {
        let header = try header(of: file)
        var offset: UInt64 = 0
        while offset < header.dataOffset {
            let count = Int(min(header.dataOffset - offset, 1 << 20))
            digest.add(try file.read(offset, count))
            offset += UInt64(count)
        }
        return header
    }

    private static func header(of file: SourceFile) throws(Problem) -> GGUFHeader {
        do {
            return try GGUFHeader(fileSize: file.byteCount) { offset, count in
                let wanted = min(UInt64(count), file.byteCount - min(offset, file.byteCount))
                return try file.read(offset, Int(wanted))
            }
        } catch let error as GGUFError {
            throw Problem(description: "\(file.shown): \(error)")
        } catch {
            throw Problem(description: "\(error)")
        }
    }
}
