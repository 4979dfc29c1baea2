import Basics
import Configuration
import Facts
import Foundation

/// Records what is known while the cluster runs, off the loop: one file at a time, and of those of
/// one name that come meanwhile the last.
final class StateWriter {
    private typealias Content = @Sendable () throws -> Data

    private let folder: StateFolder
    private let loop: EventLoop
    /// Told why something was not recorded.
    var warn: (String) -> Void
    private var isWriting = false
    private var waiting: [String: Content] = [:]

    /// A writer to that folder.
    init(
        _ folder: StateFolder, loop: EventLoop, warn: @escaping (String) -> Void = { _ in }
    ) {
        self.folder = folder
        self.loop = loop
        self.warn = warn
    }

    /// Records these facts.
    func write(_ facts: HostFacts) { write(RecordedFacts.name) { facts.encoded() } }

    /// Records these numbers of workers.
    func write(_ numbers: WorkerNumbers) {
        write(RecordedNumbers.name) { try RecordedNumbers.encoded(numbers) }
    }

    private func write(_ name: String, _ content: @escaping Content) {
        waiting[name] = content
        guard !isWriting else { return }
        writeNext()
    }

    private func writeNext() {
        guard let (name, content) = waiting.min(by: { $0.key < $1.key }) else { return }
        waiting[name] = nil
        isWriting = true
        let folder = self.folder
        do throws(SystemError) {
            try BlockingCall.run(on: loop) { () -> String? in
                do {
                    try folder.write(content(), to: name)
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
