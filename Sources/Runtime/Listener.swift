import Basics
import Foundation

/// A socket that listens, and hands out who connects.
final class Listener {
    private let watch: Watch
    private let loop: EventLoop
    private let accepted: (Descriptor) -> Void

    /// Hands out whoever connects to a socket that listens and does not block; their descriptors
    /// do not block either, and no child inherits them.
    init(_ socket: Descriptor, loop: EventLoop, accepted: @escaping (Descriptor) -> Void) {
        watch = loop.watch(socket)
        self.loop = loop
        self.accepted = accepted
        watch.whenReadable { [self] in accept() }
    }

    /// Listens no more.
    func end() { watch.close() }

    private func accept() {
        let number = retrying { Foundation.accept(watch.descriptor.number, nil, nil) }
        guard number >= 0 else {
            // Out of descriptors: the listener stays readable, and the loop would spin.
            guard errno == EMFILE || errno == ENFILE else { return }
            watch.whenReadable(nil)
            loop.at(EventLoop.now + 1) { [weak self] in
                guard let self, watch.descriptor.number >= 0 else { return }
                watch.whenReadable { [self] in accept() }
            }
            return
        }
        let descriptor = Descriptor(number)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        descriptor.setNonBlocking()
        accepted(descriptor)
    }
}
