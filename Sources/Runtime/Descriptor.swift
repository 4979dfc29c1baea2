import Foundation

/// An open file, pipe or socket that belongs to whoever holds this, and is closed when nobody does.
///
/// Who takes its number out has to hold it until the number is used for the last time: Swift lets
/// an object go after its last use, not at the end of its scope.
final class Descriptor {
    /// The system's number of it; -1 once it is closed, so that no call reaches a stranger that has
    /// got the same number since.
    private(set) var number: Int32

    /// Takes over what has that number.
    init(_ number: Int32) { self.number = number }

    deinit { close() }

    /// Opens a file; no child inherits it.
    ///
    /// - Throws: `SystemError`.
    convenience init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemError) {
        let number = retrying { open(path, flags | O_CLOEXEC, mode) }
        guard number >= 0 else { throw SystemError("open \(path)") }
        self.init(number)
    }

    /// A new socket; no child inherits it.
    ///
    /// - Parameter family: `AF_INET`, say.
    /// - Throws: `SystemError` when descriptors have run out.
    convenience init(socket family: Int32) throws(SystemError) {
        let number = socket(family, streamSocket, 0)
        guard number >= 0 else { throw SystemError("socket") }
        self.init(number)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    }

    /// Closes it, whoever else holds this.
    func close() {
        guard number >= 0 else { return }
        Foundation.close(number)
        number = -1
    }

    /// Makes reads and writes return at once.
    func setNonBlocking() { SollolRuntime.setNonBlocking(number) }

    /// Reads into a buffer; as read(2), but for EINTR.
    func read(_ buffer: inout [UInt8]) -> Int {
        retrying { Foundation.read(number, &buffer, buffer.count) }
    }

    /// Writes what it takes of the bytes; as write(2), but for EINTR.
    func write(_ bytes: [UInt8]) -> Int {
        retrying { Foundation.write(number, bytes, bytes.count) }
    }
}

/// Makes reads and writes of a descriptor return at once.
func setNonBlocking(_ number: Int32) {
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
}

#if canImport(Glibc)
    let streamSocket = Int32(SOCK_STREAM.rawValue)
    let datagramSocket = Int32(SOCK_DGRAM.rawValue)
#else
    let streamSocket = SOCK_STREAM
    let datagramSocket = SOCK_DGRAM
#endif
