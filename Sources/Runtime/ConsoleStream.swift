import Basics
import Foundation

/// Standard error, or another descriptor for people to read: whole messages, and never a wait for
/// long.
final class ConsoleStream {
    /// A number that somebody else owns: what it stands for may be replaced (`DetachedStart`).
    private let given: Int32
    /// Our own descriptor for the same terminal.
    private let own: Descriptor?
    /// The rest of a message that a slow reader has begun to take.
    private var unwritten: [UInt8] = []
    private var isStuck = false
    private var missed = 0

    /// A stream on a descriptor that somebody else owns.
    init(_ given: Int32) {
        self.given = given
        own = Self.withoutBlocking(given)
    }

    private var number: Int32 { own?.number ?? given }

    /// Asked each time, since terminals are resized.
    var size: (columns: Int, rows: Int) { Self.size(of: number) }

    /// The size of a terminal; a usual one where it does not tell.
    static func size(of number: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
            size.ws_row > 0
        else { return (80, 24) }
        return (max(2, Int(size.ws_col)), max(2, Int(size.ws_row)))
    }

    /// Writes without blocking the supervisor. A reader that is slow is given a moment; one that
    /// does not read - a terminal after Ctrl-S - loses whole messages, and is told how many.
    ///
    /// - Returns: whether it was taken; nothing of it was written otherwise.
    @discardableResult
    func put(_ text: String) -> Bool {
        guard flush(patience: isStuck ? 0 : 50) else {
            isStuck = true
            missed += 1
            return false
        }
        isStuck = false
        if missed > 0 {
            unwritten += Array("… \(plural(missed, "message")) not shown\n".utf8)
            missed = 0
        }
        unwritten += Array(text.utf8)
        isStuck = !flush(patience: 50)
        return true
    }

    /// A descriptor of our own for the same terminal. To make the given one non-blocking would do
    /// so for the shell that it belongs to; and a terminal that stands still blocks a write
    /// although poll(2) says that it can be written (measured).
    private static func withoutBlocking(_ given: Int32) -> Descriptor? {
        var name = [CChar](repeating: 0, count: 256)
        guard isatty(given) == 1, ttyname_r(given, &name, name.count - 1) == 0 else { return nil }
        let path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        return try? Descriptor(opening: path, O_WRONLY | O_NOCTTY | O_NONBLOCK)
    }

    /// Writes what is left, waiting so many milliseconds for a reader at most.
    private func flush(patience: Int32) -> Bool {
        while !unwritten.isEmpty {
            var target = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            guard poll(&target, 1, patience) == 1 else { return false }
            // A pipe that can be written takes at least PIPE_BUF bytes at once (pipe(7)).
            let count = unwritten.prefix(512).withUnsafeBytes {
                write(number, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EAGAIN { return false }
            guard count > 0 else {
                unwritten = []  // Nobody will ever read it.
                return true
            }
            unwritten.removeFirst(count)
        }
        return true
    }
}
