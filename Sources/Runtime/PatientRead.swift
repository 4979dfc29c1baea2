import Basics

/// Reads of small files, off the loop and with an end to waiting: their disk may hang for ever.
///
/// One at a time: of a disk that hangs it holds one thread.
final class PatientRead {
    private let loop: EventLoop
    /// Seconds until it is said that the disk hangs; nobody waits for it any longer.
    private let patience: Double
    private var isReading = false

    init(loop: EventLoop, patience: Double = 2) {
        self.loop = loop
        self.patience = patience
    }

    /// Answers once, with what `read` yields, or with what `failed` makes of why there is nothing.
    func run<Value: Sendable>(
        _ read: @escaping @Sendable () -> Value, failed: @escaping (String) -> Value,
        _ answer: @escaping (Value) -> Void
    ) {
        let hangs = "cannot be read: its disk hangs"
        guard !isReading else { return answer(failed(hangs)) }
        isReading = true
        var unanswered: ((Value) -> Void)? = answer
        func settle(_ value: Value) {
            unanswered?(value)
            unanswered = nil
        }
        let timer = loop.at(EventLoop.now + patience) { settle(failed(hangs)) }
        do throws(SystemError) {
            try BlockingCall.run(on: loop, read) { [self] value in
                isReading = false
                loop.cancel(timer)
                settle(value)
            }
        } catch {
            isReading = false
            loop.cancel(timer)
            settle(failed("cannot be read: \(error)"))
        }
    }
}
