import Foundation

/// What an event loop waits for on one descriptor. An event reaches the watch that asked for it, and
/// no other that has got the same number since.
///
/// The loop holds it while it waits for something, and with it what its handlers need.
final class Watch {
    /// What is waited for.
    let descriptor: Descriptor
    private weak var loop: EventLoop?
    private var readable: (() -> Void)?
    private var writable: (() -> Void)?

    /// A watch that waits for nothing yet; `EventLoop.watch` makes one.
    init(_ descriptor: Descriptor, on loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// Calls `body` whenever the descriptor can be read, or has ended; nil stops it.
    func whenReadable(_ body: (() -> Void)?) {
        readable = body
        loop?.follow(self)
    }

    /// Calls `body` whenever the descriptor can be written; nil stops it.
    func whenWritable(_ body: (() -> Void)?) {
        writable = body
        loop?.follow(self)
    }

    /// Stops waiting, and leaves the descriptor open for who holds it.
    func end() {
        readable = nil
        writable = nil
        loop?.follow(self)
    }

    /// Stops waiting, and closes the descriptor.
    func close() {
        end()
        descriptor.close()
    }

    // MARK: For the loop

    /// Whether nothing is waited for.
    var isIdle: Bool { readable == nil && writable == nil }

    /// What poll(2) is asked for.
    var wanted: Int16 {
        Int16((readable == nil ? 0 : POLLIN) | (writable == nil ? 0 : POLLOUT))
    }

    /// Takes what poll(2) has answered.
    func happened(_ events: Int16) {
        // Looked up again: the first call may have stopped waiting for the second.
        if Int32(events) & ~POLLOUT != 0 { readable?() }
        if Int32(events) & ~POLLIN != 0 { writable?() }
    }
}
