import Foundation

/// Two connected descriptors that no other child inherits.
///
/// Not Foundation's `Pipe`, which traps when descriptors run out (`EMFILE`).
struct DescriptorPair {
    var reading: Int32
    var writing: Int32

    /// A new pipe, both ends close-on-exec.
    ///
    /// - Throws: `SystemError` when descriptors have run out.
    init() throws {
        var ends: [Int32] = [-1, -1]
        // Not atomic as pipe2(2) is, which Foundation does not show on Linux; harmless, since one
        // thread spawns all children.
        guard pipe(&ends) == 0 else { throw SystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reading = ends[0]
        writing = ends[1]
    }
}

/// Makes reads and writes of a descriptor return at once.
func setNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}
