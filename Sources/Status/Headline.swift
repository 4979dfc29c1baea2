import Basics

/// What an operator wants to know first: does it serve; if not, since when, what is wrong, what is
/// being done, and when the next attempt comes.
package struct Headline: Equatable, Sendable {
    /// `Serving`, `Not serving: recovering`.
    package var title: String
    /// Whether requests are answered.
    package var isServing: Bool
    /// Since when.
    package var since: Timestamp?
    /// What keeps it from serving as planned, one sentence each, what has begun it first.
    package var causes: [String]
    /// What the status warns of.
    package var warnings: [String]
    /// What is being done about it; nil when nothing needs to be.
    package var doing: String?
    /// What a person can do about it, one sentence each.
    package var remedies: [String]
    /// When a process that waits is started again.
    package var nextAttempt: Timestamp?

    /// Of a cluster in that status.
    package init(_ status: ClusterStatus, at now: Timestamp) {
        title = Self.title(status)
        isServing = status.isServing
        since = status.since
        let failures = Self.failures(status)
        causes = failures.map(\.sentence)
        if causes.isEmpty, status.state == .failed, let summary = status.summary {
            causes = [summary]
        }
        warnings = status.warnings ?? []
        remedies = Remedies.of(
            failures.map { .init(process: $0.process, cause: $0.cause, remedy: $0.remedy) })
        doing = Self.doing(status)
        nextAttempt = status.processes.compactMap(\.nextAttempt).filter { $0 > now }.min()
    }

    /// All that is wrong; empty when nothing is.
    package var wrong: [String] { causes + warnings }

    /// What has begun it, then what keeps each process down, where that is something else.
    private static func failures(_ status: ClusterStatus) -> [ClusterStatus.FirstCause] {
        guard !status.isServing, ![.stopping, .stopped].contains(status.state) else {
            return status.processes.compactMap(\.failure)
        }
        var causes = status.firstCause.map { [$0] } ?? []
        for failure in status.processes.compactMap(\.failure)
        where !causes.contains(where: { $0.isSame(as: failure) }) {
            causes.append(failure)
        }
        return causes
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
        parts += remedies.map { "to do: \($0)" }
        return parts.joined(separator: "; ")
    }
}

extension ClusterStatus.FirstCause {
    /// `worker-1 on gpu-1: it aborted (signal 6)`.
    var sentence: String {
        (process.map { $0 + (host.map { " on \($0)" } ?? "") + ": " } ?? "") + message
    }

    /// Whether the other one tells the same.
    func isSame(as other: Self) -> Bool { process == other.process && message == other.message }
}
