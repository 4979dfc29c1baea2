import Basics
import Foundation

/// Standard output and standard error as they may be: closed, full, or with nobody who reads.
///
/// Foundation's `FileHandle.write(_: Data)` traps on each of these.
package enum StandardStreams {
    /// Puts /dev/null in the place of a closed stream, so that no socket or log gets its number.
    ///
    /// Standard output gets it for reading, so that printing fails with EBADF as before.
    package static func open() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is the one that is closed (open(2)).
            _ = Foundation.open("/dev/null", descriptor == 1 ? O_RDONLY : O_RDWR)
        }
    }

    /// Writes all bytes.
    ///
    /// - Throws: `SystemError` when they cannot be written.
    package static func write(_ bytes: [UInt8], to descriptor: Int32 = 1) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = retrying {
                rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            }
            if count >= 0 {
                rest.removeFirst(count)
            } else if errno == EAGAIN {
                var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&target, 1, -1)
            } else {
                throw SystemError("write")
            }
        }
    }

    /// Ends this process as a reader that has gone ends any in a pipeline, even where SIGPIPE is
    /// ignored.
    package static func endByBrokenPipe() {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }

    /// How messages look on standard error: on a terminal as wide as it is, with colours where they
    /// are wanted (no-color.org).
    package static func errorForm(environment: [String: String]) -> MessageText {
        guard isatty(2) == 1 else { return MessageText(columns: nil, hasColor: false) }
        return MessageText(
            columns: ConsoleStream.size(of: 2).columns,
            hasColor: TerminalText.hasColor(environment))
    }

    /// Writes what goes to standard error, where there is one to write to.
    package static func complain(_ bytes: [UInt8]) { try? write(bytes, to: 2) }
}
