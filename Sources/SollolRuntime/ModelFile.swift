import Foundation
import SollolCore

/// The model file on this machine; only its header is ever read.
public enum ModelFile {
    /// Why a header cannot be read: the path, and what is wrong with the file.
    public struct Problem: Error, CustomStringConvertible {
        /// `the model PATH: …`.
        public var description: String
    }

    /// The header of a GGUF.
    ///
    /// - Throws: `Problem`.
    public static func header(of path: String) throws(Problem) -> GGUFHeader {
        // O_NONBLOCK: to open a FIFO would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Problem(description: "the model \(path): \(SystemError("open").reason)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Problem(description: "the model \(path) is not a regular file")
        }
        do {
            return try GGUFHeader(fileSize: UInt64(status.st_size)) { offset, count in
                var buffer = [UInt8](repeating: 0, count: count)
                let read = retrying { pread(descriptor, &buffer, count, off_t(offset)) }
                guard read >= 0 else { throw SystemError("read") }
                return Array(buffer.prefix(read))
            }
        } catch {
            throw Problem(description: "the model \(path): \(error)")
        }
    }
}
