import Foundation

/// Two connected descriptors that no other child inherits.
///
/// Not Foundation's `Pipe`, which traps when descriptors run out (`EMFILE`).
struct DescriptorPair {
    /// What comes out of the pipe.
    let reading: Descriptor
    /// What goes into it.
    let writing: Descriptor

    /// A new pipe, both ends close-on-exec.
    ///
    /// - Throws: `SystemError` when descriptors have run out.
    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        // Not atomic as pipe2(2) is, which Foundation does not show on Linux; harmless, since one
        // thread spawns all children.
        guard pipe(&ends) == 0 else { throw SystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reading = Descriptor(ends[0])
        writing = Descriptor(ends[1])
    }
}
