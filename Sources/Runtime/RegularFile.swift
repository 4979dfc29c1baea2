import Foundation

/// Reads files that people name, and which may be anything.
package enum RegularFile {
    /// Whether a regular file is there, or a link to one.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The first `limit` bytes of a regular file; pipes, devices and folders are refused at once.
    ///
    /// - Throws: an error whose description is the reason, without the path.
    package static func read(_ path: String, limit: Int) throws -> [UInt8] {
        try read(path, limit: limit, fromEnd: false)
    }

    /// The same of a file that nobody has named, which counts only where nobody but this user and
    /// root can have put it there.
    ///
    /// - Throws: also `FileTrust.Problem`.
    package static func readTrusted(_ path: String, limit: Int) throws -> [UInt8] {
        try read(path, limit: limit, fromEnd: false) { try FileTrust.check(path, $0) }
    }

    /// The last `limit` bytes of a regular file.
    ///
    /// - Throws: as `read`.
    static func readEnd(_ path: String, limit: Int) throws -> [UInt8] {
        try read(path, limit: limit, fromEnd: true)
    }

    private static func read(
        _ path: String, limit: Int, fromEnd: Bool, check: (stat) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        struct Refusal: Error, CustomStringConvertible { var description: String }
        // O_NONBLOCK: to open a FIFO would wait for its writer.
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
        } catch {
            throw Refusal(description: "cannot be read: \(error.reason)")
        }
        let number = descriptor.number
        defer { descriptor.close() }
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(description: "is not a regular file")
        }
        try check(status)
        if fromEnd, status.st_size > limit { lseek(number, -off_t(limit), SEEK_END) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while content.count < limit {
            let wanted = min(buffer.count, limit - content.count)
            let count = retrying { Foundation.read(number, &buffer, wanted) }
            guard count >= 0 else {
                throw Refusal(description: "cannot be read: \(SystemError("read").reason)")
            }
            if count == 0 { break }
            content += buffer[..<count]
        }
        return content
    }
}
