/// Makes the status of a cluster from what its supervisor reports.
public struct StatusKeeper: Equatable, Sendable {
    /// The time without service that goes on, or went on last.
    private struct Episode: Equatable, Sendable {
        var began: Instant
        var cause: String?
        var restarts: [String: Int]
    }

    private let plan: LaunchPlan
    private var status: ClusterStatus
    private var snapshot: ClusterSnapshot?
    private var hasServed = false
    private var isStopping = false
    private var hasFailed = false
    private var episode: Episode?

    /// A keeper for a plan of which nothing runs yet.
    ///
    /// - Parameter pid: the process id of this `sollol`.
    public init(plan: LaunchPlan, stateDirectory: String, pid: Int, at time: Timestamp) {
        self.plan = plan
        status = ClusterStatus(
            cluster: plan.cluster, state: .starting, stateDirectory: stateDirectory)
        status.pid = pid
        status.planID = plan.id
        status.since = time
        if let coordinator = plan.process("coordinator") {
            status.url = "http://\(coordinator.dial)"
        }
    }

    /// What is true now.
    public var current: ClusterStatus { status }

    /// Takes what was told.
    public mutating func told(_ report: Report, at now: Instant, _ time: Timestamp) {
        let names = (snapshot?.processes ?? []).map(\.name)
        let entry = HistoryEntry(report, at: time, processes: names)
        status.lastEvent = entry
        switch report.kind {
        case .failure:
            hasFailed = true
            status.summary = "\(time): \(report.message)"
        case .serving:
            status.summary = "\(time): \(sentence(report.message, at: now))"
            hasServed = true
            episode = nil
        case .warning,
            .progress where hasServed && !isStopping:
            begin(at: now)
            if episode?.cause == nil { episode?.cause = Self.cause(report.message) }
            status.summary = "\(time): \(report.message)"
        default: break
        }
    }

    /// Takes what happened and what is true after it.
    public mutating func happened(
        _ event: SupervisorEvent, _ snapshot: ClusterSnapshot, at now: Instant, _ time: Timestamp
    ) {
        switch event {
        case .stopRequested: isStopping = true
        case .distributionProven(_, let summary): status.layers = summary
        default: break
        }
        self.snapshot = snapshot
        let state = state(of: snapshot)
        if state != status.state {
            status.state = state
            status.since = time
        }
        if state == .recovering { begin(at: now) }
        status.processes = snapshot.processes.map { process in
            let planned = plan.process(process.name)
            let backend = plan.unmanaged.first { $0.name == process.name }
            return ClusterStatus.Process(
                name: process.name, role: (planned?.role ?? .worker).rawValue,
                host: planned?.host ?? backend?.host ?? "", endpoint: process.endpoint,
                state: process.state, pid: process.pid, restarts: process.restarts)
        }
    }

    private mutating func begin(at now: Instant) {
        guard episode == nil else { return }
        let counts = (status.processes).map { ($0.name, $0.restarts) }
        episode = Episode(
            began: now, restarts: Dictionary(counts, uniquingKeysWith: { first, _ in first }))
    }

    private func state(of snapshot: ClusterSnapshot) -> ClusterStatus.State {
        if isStopping { return .stopping }
        if hasFailed { return .failed }
        if snapshot.processes.last?.state == "serving" { return .serving }
        return hasServed ? .recovering : .starting
    }

    /// What happened, why, what was done, how long it took.
    private func sentence(_ message: String, at now: Instant) -> String {
        guard hasServed, let episode else { return message }
        let restarted = (snapshot?.processes ?? []).filter {
            $0.restarts > episode.restarts[$0.name] ?? 0
        }.map(\.name)
        let cause = episode.cause.map { "\($0); " } ?? ""
        return "\(cause)restarted \(restarted.joined(separator: ", ")); serving again after "
            + "\(seconds(now - episode.began)) s"
    }

    /// A warning without what was going to be done about it.
    private static func cause(_ message: String) -> String {
        for end in ["; restarting ", "; asking it again "] {
            if let range = message.firstRange(of: end) {
                return String(message[..<range.lowerBound])
            }
        }
        return message
    }
}
