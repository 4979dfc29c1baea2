import Basics
import Foundation
import Model
import Sharding

/// The files of a model of which shards are made: on this machine, or on a web server.
package final class ShardSource {
    /// Why a file cannot be a source.
    package struct Problem: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        package var description: String

        /// A problem in these words.
        package init(description: String) { self.description = description }
    }

    /// Its files, the first first.
    package let paths: [String]
    /// Their headers, with the bytes of each file.
    package let headers: [(header: GGUFHeader, fileSize: UInt64)]
    /// Which model.
    package let id: ModelID
    /// Where its files are fetched from by those who store them; empty: they are on this machine.
    package let remote: [RemoteFile]
    private let files: [Descriptor]

    /// A model on a web server, of which no more than the headers was read.
    init(
        _ remote: [RemoteFile], headers: [(header: GGUFHeader, fileSize: UInt64)], id: ModelID
    ) {
        self.remote = remote
        self.headers = headers
        self.id = id
        paths = remote.map(\.address.shown)
        files = []
    }

    /// Opens a model and reads its headers.
    ///
    /// - Parameter path: of the first file.
    /// - Throws: `Problem`.
    package init(_ path: String) throws(Problem) {
        var files: [Descriptor] = []
        var headers: [(header: GGUFHeader, fileSize: UInt64)] = []
        var digest = SHA256()
        func open(_ path: String) throws(Problem) {
            let file = try Self.open(path)
            let header = try Self.header(of: file.descriptor, path, file.size)
            files.append(file.descriptor)
            headers.append((header, file.size))
            let end = header.dataOffset
            var offset: UInt64 = 0
            while offset < end {
                let count = Int(min(end - offset, 1 << 20))
                let bytes = try Self.read(file.descriptor, path, offset, count)
                digest.add(bytes)
                offset += UInt64(count)
            }
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
        remote = []
        self.headers = headers
        self.paths = paths
        id = ModelID(digest)
    }

    /// Reads bytes of a file.
    ///
    /// - Parameter part: which file, from 0.
    /// - Throws: `Problem` where there are fewer, since the file was changed meanwhile.
    func read(part: Int, _ offset: UInt64, _ count: Int) throws(Problem) -> [UInt8] {
        precondition(remote.isEmpty, "whoever stores a remote model fetches it")
        return try Self.read(files[part], paths[part], offset, count)
    }

    private static func open(_ path: String) throws(Problem) -> (
        descriptor: Descriptor, size: UInt64
    ) {
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
        } catch {
            throw Problem(description: "\(path): cannot be read: \(error.reason)")
        }
        var status = stat()
        guard fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Problem(description: "\(path): is not a regular file")
        }
        return (descriptor, UInt64(max(0, status.st_size)))
    }

    private static func header(
        of file: Descriptor, _ path: String, _ size: UInt64
    ) throws(Problem) -> GGUFHeader {
        do {
            return try GGUFHeader(fileSize: size) { offset, count in
                let wanted = min(UInt64(count), size - min(offset, size))
                return try read(file, path, offset, Int(wanted))
            }
        } catch let error as GGUFError {
            throw Problem(description: "\(path): \(error)")
        } catch {
            throw Problem(description: "\(error)")
        }
    }

    private static func read(
        _ file: Descriptor, _ path: String, _ offset: UInt64, _ count: Int
    ) throws(Problem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                retrying {
                    pread(
                        file.number, buffer.baseAddress.map { $0 + filled }, count - filled,
                        off_t(offset) + off_t(filled))
                }
            }
            guard got > 0 else {
                throw Problem(
                    description: got == 0
                        ? "\(path): it has become shorter meanwhile"
                        : "\(path): cannot be read: \(SystemError("read").reason)")
            }
            filled += got
        }
        return bytes
    }
}
