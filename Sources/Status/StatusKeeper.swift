import Basics
import Plan
import Supervision

/// Makes the status of a cluster from what its supervisor reports.
package struct StatusKeeper: Equatable, Sendable {
    private var plan: LaunchPlan
    private var status: ClusterStatus
    private var snapshot: ClusterSnapshot?

    /// A keeper for a plan of which nothing runs yet.
    ///
    /// - Parameter pid: the process id of this `sollol`.
    package init(plan: LaunchPlan, stateDirectory: String, pid: Int, at time: Timestamp) {
        self.plan = plan
        status = ClusterStatus(
            cluster: plan.cluster, state: .starting, stateDirectory: stateDirectory)
        status.pid = pid
        status.since = time
        adopted(plan)
    }

    /// From now on that is the plan.
    package mutating func adopted(_ plan: LaunchPlan) {
        if plan.process(.coordinator) != self.plan.process(.coordinator)
            || Self.names(plan) != Self.names(self.plan)
        {
            // They were proved of another coordinator, or with other names.
            status.layers = []
        }
        self.plan = plan
        status.planID = plan.id
        status.url = plan.process(.coordinator).map { "http://\($0.dial)" }
    }

    private static func names(_ plan: LaunchPlan) -> [String] {
        plan.backends.map { "\($0.node) \($0.endpoint)" }
    }

    /// What is true now.
    package var current: ClusterStatus { status }

    /// Takes what was told.
    package mutating func told(_ report: Report, at time: Timestamp) {
        status.lastEvent = HistoryEntry(report, at: time)
        if report.kind == .failure || report.kind == .warning {
            status.summary = "\(time): \(report.message)"
        }
    }

    /// Takes what happened and what is true after it.
    package mutating func happened(
        _ event: SupervisorEvent, _ snapshot: ClusterSnapshot, at time: Timestamp
    ) {
        if case .distributionProven(_, let summary) = event { status.layers = summary }
        if snapshot.state != status.state {
            status.state = snapshot.state
            status.since = time
        }
        if let episode = snapshot.episode, episode != self.snapshot?.episode,
            snapshot.state != .failed
        {
            status.summary = "\(time): \(episode.sentence)"
        }
        self.snapshot = snapshot
        status.warnings = snapshot.warnings
        status.processes = snapshot.processes.map { process in
            let planned = plan.process(process.node)
            let backend = plan.unmanaged(process.node)
            return ClusterStatus.Process(
                name: "\(process.node)", role: (planned?.role ?? .worker).rawValue,
                // One that a reload has removed is in no plan.
                host: planned?.host ?? backend?.endpoint.host ?? process.endpoint.host,
                endpoint: process.endpoint.description, state: process.stateText,
                pid: process.pid, restarts: process.restarts)
        }
    }
}
