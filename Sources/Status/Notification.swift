import Basics

/// What `notify` can tell of.
package enum NotificationKind: String, Codable, CaseIterable, Sendable {
    /// The cluster does not serve, since something has failed.
    case down
    /// It serves without a worker that is missing.
    case degraded
    /// It serves again.
    case serving
    /// It was given up.
    case gaveUp = "gave_up"
}

/// One thing that somebody who is not there is told.
package struct Notification: Equatable, Sendable {
    /// What it is about.
    package var kind: NotificationKind
    /// The cluster's name.
    package var cluster: String
    /// What it is doing.
    package var state: ClusterStatus.State
    /// A `CauseCode`, where it is about a failure.
    package var cause: String?
    /// One sentence.
    package var message: String
    /// For the end of a time without service, its seconds.
    package var outageSeconds: Double?
    /// When it was so.
    package var time: Timestamp

    /// One line of JSON.
    package var line: String {
        OrderedJSON.object([
            ("format_version", .int(1)), ("event", .string(kind.rawValue)),
            ("cluster", .string(cluster)), ("state", .string(state.rawValue)),
            ("cause", .optional(cause)), ("message", .string(message)),
            ("outage_seconds", .optional(outageSeconds)),
            ("time", .string(time.description)),
        ]).line
    }
}

/// Finds out of what somebody should be told, from what is told here.
///
/// | from | to | is told as |
/// |---|---|---|
/// | it has served | it does not, and something has failed since | down |
/// | | it serves without a worker | degraded |
/// | down, or degraded | it serves with all | serving, with the outage |
/// | | a failure for good | gave up |
///
/// What was asked for (a restart, a reload, a stop) is no news to who asked. Each is told once,
/// however often a process fails meanwhile.
package struct NotificationWatch: Equatable, Sendable {
    private var hasServed = false
    /// Failures of all processes when the cluster served last.
    private var failures = 0
    private var told: NotificationKind?
    private var outage: Double?
    private var last: Report?

    /// Nothing has happened yet.
    package init() {}

    /// Takes what people were told; returns what follows at once.
    package mutating func told(
        _ report: Report, _ status: ClusterStatus, at time: Timestamp
    ) -> Notification? {
        switch report.kind {
        case .serving: outage = report.recovery?.outageSeconds
        case .warning: last = report
        case .failure:
            guard told != .gaveUp else { return nil }
            told = .gaveUp
            return Notification(
                kind: .gaveUp, cluster: status.cluster, state: .failed,
                cause: report.cause?.rawValue, message: report.message, time: time)
        case .phase, .progress: break
        }
        return nil
    }

    /// Takes what is true now.
    package mutating func saw(_ status: ClusterStatus, at time: Timestamp) -> Notification? {
        let count = status.processes.reduce(0) { $0 + ($1.failures ?? 0) }
        var news = Notification(
            kind: .serving, cluster: status.cluster, state: status.state, message: "", time: time)
        switch status.state {
        case .serving:
            (hasServed, failures) = (true, count)
            guard let former = told, former != .gaveUp else { return nil }
            told = nil
            news.outageSeconds = outage
            news.message = "serving again" + (status.url.map { " at \($0)" } ?? "")
        case .degraded:
            (hasServed, failures) = (true, count)
            guard told != .degraded else { return nil }
            told = .degraded
            news.kind = .degraded
            news.message = last?.message ?? "serving without a worker"
            news.cause = last?.cause?.rawValue
        case .recovering:
            guard hasServed, told != .down, count > failures else { return nil }
            told = .down
            news.kind = .down
            news.message = Self.sentence(status.firstCause) ?? last?.message ?? "not serving"
            news.cause = status.firstCause?.cause ?? last?.cause?.rawValue
        case .starting, .asleep, .failed, .stopping, .stopped, .dead: return nil
        }
        return news
    }

    private static func sentence(_ cause: ClusterStatus.FirstCause?) -> String? {
        cause.map { ($0.process.map { "\($0): " } ?? "") + $0.message }
    }
}
