import Basics
import Facts

/// Records facts while the cluster runs, off the loop: one at a time, and of those that come
/// meanwhile the last.
final class FactsWriter {
    private let folder: StateFolder
    private let loop: EventLoop
    private let warn: (String) -> Void
    private var isWriting = false
    private var next: HostFacts?

    /// A writer to that folder.
    ///
    /// - Parameter warn: told why facts were not recorded.
    init(_ folder: StateFolder, loop: EventLoop, warn: @escaping (String) -> Void) {
        self.folder = folder
        self.loop = loop
        self.warn = warn
    }

    /// Records these.
    func write(_ facts: HostFacts) {
        next = facts
        guard !isWriting else { return }
        writeNext()
    }

    private func writeNext() {
        guard let facts = next else { return }
        next = nil
        isWriting = true
        let folder = self.folder
        do throws(SystemError) {
            try BlockingCall.run(on: loop) { () -> String? in
                do {
                    try folder.write(facts.encoded(), to: RecordedFacts.name)
                    return nil
                } catch {
                    return "\(error)"
                }
            } done: { [self] problem in
                if let problem { warn(problem) }
                isWriting = false
                writeNext()
            }
        } catch {
            isWriting = false
            warn("\(error)")
        }
    }
}
