import Foundation

/// Bytes on their way to a descriptor that may be full: they are written as it takes them, in their
/// order, and never block.
final class OutgoingBytes {
    private let watch: Watch
    private var unwritten: [UInt8] = []

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
            if count < 0 {
                // EPIPE: the reader is gone, and the end of what it says tells so.
                let isFull = errno == EAGAIN
                if !isFull { unwritten = [] }
                return watch.whenWritable(isFull ? { [self] in flush() } : nil)
            }
            unwritten.removeFirst(count)
        }
        watch.whenWritable(nil)
    }
}
