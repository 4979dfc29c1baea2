import Basics

/// What an rpc-server prints that has no memory for what it is asked. It lives on and drops the
/// connection, whereupon the coordinator aborts and can only say that a worker went away (seen
/// with build 11669).
package enum MemoryRefusal {
    private static let beginnings = ["Failed to allocate input buffer of size "]
    /// Seconds for which a worker's word explains that it is lost.
    package static let reach = 5.0
    /// What people are told of it begins so.
    private static let words = "it had no memory for a request: "

    /// Whether that line of its log does.
    package static func isTold(by line: String) -> Bool {
        guard line.contains("allocate") else { return false }
        let text = LogLine(line).text
        return beginnings.contains { text.hasPrefix($0) }
    }

    /// What that line tells, for people.
    static func cause(_ line: String) -> FailureCause {
        FailureCause(.outOfMemory, words + TerminalText.quote(line))
    }

    /// Whether people were told of one by that, without the worker's name.
    package static func isCause(_ text: String) -> Bool { text.hasPrefix(words) }
}

extension Supervisor {
    /// Seconds between two that are told of, since a client may ask the same again and again.
    private static let refusalPause = 10.0

    /// A worker had no memory. That is told, and explains the end of the coordinator that follows;
    /// which of the two is heard of first is not certain.
    mutating func memoryRefused(_ run: ProcessRun, _ line: String, at now: Instant) {
        guard case .worker(let index)? = place(of: run), phase == .up else { return }
        let isKnown = service.refusal.map {
            $0.node == run.node && now - $0.at < Self.refusalPause
        }
        guard isKnown != true else { return }
        let cause = MemoryRefusal.cause(line)
        service.noteRefusal(WorkerRefusal(node: workers[index].node, cause: cause, at: now))
        report(
            .warning, about: run.node, cause: cause.kind,
            "\(run.node): \(cause.text); whoever asked loses the connection by that")
    }
}

/// What a worker that lives has said of itself.
struct WorkerRefusal: Equatable, Sendable {
    let node: Node
    let cause: FailureCause
    let at: Instant
}
