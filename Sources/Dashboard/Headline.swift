import Basics
import Status

/// What an operator wants to know first: does it serve; if not, since when, what is wrong, what is
/// being done, and when the next attempt comes.
package struct Headline: Equatable, Sendable {
    /// `Serving`, `Not serving: recovering`.
    package var title: String
    /// Whether requests are answered.
    package var isServing: Bool
    /// Since when.
    package var since: Timestamp?
    /// What is wrong, one sentence each; empty when nothing is.
    package var wrong: [String]
    /// What is being done about it; nil when nothing needs to be.
    package var doing: String?
    /// When a process that waits is started again.
    package var nextAttempt: Timestamp?

    /// Of a cluster in that status.
    package init(_ status: ClusterStatus, attempts: [Timestamp], at now: Timestamp) {
        title = Self.title(status)
        isServing = status.isServing
        since = status.since
        wrong = status.warnings ?? []
        let isWrong = !status.isServing && ![.stopping, .stopped].contains(status.state)
        if isWrong, let cause = status.firstCause {
            let process = cause.process.map { "\($0): " } ?? ""
            wrong.insert(process + cause.message, at: 0)
        } else if isWrong, status.state == .failed, let summary = status.summary {
            wrong.insert(summary, at: 0)
        }
        doing = Self.doing(status)
        nextAttempt = attempts.filter { $0 > now }.min()
    }

    private static func title(_ status: ClusterStatus) -> String {
        switch status.state {
        case .starting: "Not serving yet: coming up"
        case .serving: "Serving"
        case .asleep: "Serving: asleep until the next request"
        case .recovering: "Not serving: recovering"
        case .degraded: "Serving without \(names(status, in: ["left_out"]) ?? "a worker")"
        case .failed: "Not serving: given up"
        case .stopping: "Not serving: stopping as asked"
        case .stopped: "Not serving: stopped"
        case .dead: "Not serving: sollol ended"
        }
    }

    private static func doing(_ status: ClusterStatus) -> String? {
        var parts: [String] = []
        func add(_ text: String, _ states: Set<String>) {
            if let names = names(status, in: states) { parts.append("\(text) \(names)") }
        }
        add("ending", ["ending"])
        add("waiting for the requests of", ["draining"])
        add("starting", ["starting"])
        if let loader = status.processes.first(where: { $0.state == "loading" }) {
            let share = loader.progress.map { ": \($0.percent) % of the model is read" } ?? ""
            parts.append("\(loader.name) loads the model\(share)")
        }
        if names(status, in: ["proving"]) != nil {
            parts.append("checking that each layer is where the plan wants it")
        }
        add("waiting before the next start of", ["waiting"])
        if parts.isEmpty, [.starting, .recovering].contains(status.state) {
            add("about to start", ["down"])
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// Those in one of these states.
    private static func names(_ status: ClusterStatus, in states: Set<String>) -> String? {
        let names = status.processes.filter { states.contains($0.state) }.map(\.name)
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// All of it in one sentence, for `/readyz`.
    package var sentence: String {
        var parts = [title + (since.map { " since \($0)" } ?? "")] + wrong
        if let doing { parts.append(doing) }
        if let nextAttempt { parts.append("next attempt at \(nextAttempt)") }
        return parts.joined(separator: "; ")
    }
}
