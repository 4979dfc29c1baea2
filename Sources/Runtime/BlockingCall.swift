import Foundation

/// Calls that a disk may hold up for ever (NFS without its server), each on a thread of its own:
/// the loop goes on, and with it every heartbeat.
enum BlockingCall {
    /// Far more than reading or writing a file needs.
    private static let stackSize = 256 << 10

    /// What the thread hands over.
    ///
    /// Unchecked: the thread writes it before it writes to the pipe, the loop reads it after that.
    private final class Outcome<Value>: @unchecked Sendable {
        var value: Value?
    }

    /// Runs `body` on a thread, and hands its value to `done` on the loop's.
    ///
    /// - Throws: `SystemError` when descriptors have run out; then nothing runs.
    static func run<Value: Sendable>(
        on loop: EventLoop, _ body: @escaping @Sendable () -> Value,
        done: @escaping (Value) -> Void
    ) throws(SystemError) {
        let pipe = try DescriptorPair()
        let outcome = Outcome<Value>()
        let end = pipe.writing.number
        let reading = loop.watch(pipe.reading)
        reading.whenReadable {
            reading.close()
            pipe.writing.close()
            if let value = outcome.value { done(value) }
        }
        let thread = Thread {
            // Signals are the loop's.
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, nil)
            outcome.value = body()
            _ = write(end, [0 as UInt8], 1)
        }
        thread.stackSize = stackSize
        thread.start()
    }
}
