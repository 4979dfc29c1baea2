import Foundation

/// Bytes on their way to a descriptor that may be full: they are written as it takes them, in their
/// order, and never block.
final class OutgoingBytes {
    private let watch: Watch
    private var unwritten: [UInt8] = []
    /// Whether nothing comes after that.
    private var isLast = false

    /// Nothing yet, on its way to a descriptor that does not block.
    init(to descriptor: Descriptor, loop: EventLoop) { watch = loop.watch(descriptor) }

    /// Whether all was taken.
    var isEmpty: Bool { unwritten.isEmpty }

    /// Sends a line; nothing once it has ended.
    func send(_ line: String) {
        guard watch.descriptor.number >= 0 else { return }
        unwritten += Array(line.utf8) + [UInt8(ascii: "\n")]
        flush()
    }

    /// Sends a text, and closes the descriptor once all of it was taken, or nobody reads it.
    func send(last text: String) {
        unwritten += Array(text.utf8)
        isLast = true
        flush()
    }

    /// Stops writing; the descriptor stays open for who holds it.
    func end() {
        unwritten = []
        watch.end()
    }

    /// Stops writing, and closes the descriptor.
    func close() {
        unwritten = []
        watch.close()
    }

    private func flush() {
        while !unwritten.isEmpty {
            let count = watch.descriptor.write(unwritten)
            if count < 0 && errno == EAGAIN { return watch.whenWritable { [self] in flush() } }
            // EPIPE: the reader is gone, and the end of what it says tells so.
            unwritten.removeFirst(count < 0 ? unwritten.count : count)
        }
        if isLast { watch.close() } else { watch.whenWritable(nil) }
    }
}
