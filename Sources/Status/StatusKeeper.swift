import Basics
import Placement
import Plan
import Supervision

/// Makes the status of a cluster from what its supervisor reports.
package struct StatusKeeper: Equatable, Sendable {
    private var plan: LaunchPlan
    private var status: ClusterStatus
    private var snapshot: ClusterSnapshot?
    /// What runs: the plan, but for workers that are left out of it.
    private var running: LaunchPlan
    /// Whether its coordinator has shown that the layers are where that plan has them.
    private var isProven = false
    /// Why the last reload was refused or taken back; nil when it was not.
    private var refusal: String?
    private var flapping = FlappingWatch()
    private var standing = StandingTroubles()
    private var loading = WorkerLoading()
    /// When processes that wait are started again.
    private var attempts: [Node: Timestamp] = [:]
    /// The last warning about a process.
    private var warned: Report?

    /// A keeper for a plan of which nothing runs yet.
    ///
    /// - Parameter pid: the process id of this `sollol`.
    package init(plan: LaunchPlan, stateDirectory: String, pid: Int, at time: Timestamp) {
        self.plan = plan
        running = plan
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
            isProven = false
        }
        self.plan = plan
        running = plan
        status.planID = plan.id
        status.url = plan.process(.coordinator).map { "http://\($0.dial)" }
    }

    /// The page is there, or nowhere.
    package mutating func dashboardServes(at url: String?) { status.dashboardURL = url }

    private static func names(_ plan: LaunchPlan) -> [String] {
        plan.backends.map { "\($0.node) \($0.endpoint)" }
    }

    /// What is true now.
    package var current: ClusterStatus { status }

    /// Takes what was told.
    package mutating func told(_ report: Report, at time: Timestamp) {
        status.lastEvent = HistoryEntry(report, at: time)
        if report.kind == .failure || report.kind == .warning {
            (status.summary, status.summaryTime) = (report.message, time)
            if report.subject != nil { warned = report }
        }
    }

    /// A worker has no use of its tensor cache, for as long as this run of it goes on.
    package mutating func worksWithoutCache(_ report: Report, at time: Timestamp) {
        standing.worksWithoutCache(report, snapshot)
        status.warnings = warnings(at: time)
    }

    /// All hosts were looked at, and those of these spares could not be asked.
    package mutating func looked(unreached: [UnreachedSpare], at time: Timestamp) {
        standing.looked(unreached: unreached, at: time)
        status.warnings = warnings(at: time)
    }

    /// The disk of the logs has not taken a line.
    package mutating func diskTakesNothing(_ problem: String, at time: Timestamp) {
        standing.diskTakesNothing(problem, at: time)
        status.warnings = warnings(at: time)
    }

    /// A process is started again then.
    package mutating func willStart(_ node: Node, at time: Timestamp) {
        attempts[node] = time
        for index in status.processes.indices where status.processes[index].name == "\(node)" {
            guard status.processes[index].state == ProcessState.waiting.rawValue else { continue }
            status.processes[index].nextAttempt = time
        }
    }

    /// A changed configuration was refused: until another one is taken over, the file is not what
    /// serves.
    package mutating func reloadRefused(_ lines: [String], at time: Timestamp) {
        let reason = lines.first { $0.hasPrefix("error: ") }?.dropFirst("error: ".count)
        refusal =
            "the last reload was refused, so that the file is not what serves: "
            + (reason ?? lines.first.map { $0[...] } ?? "see sollol history")
        status.warnings = warnings(at: time)
    }

    /// A changed configuration did not come up: until another one is taken over, the file is not
    /// what serves.
    package mutating func reloadTakenBack(_ reason: String, at time: Timestamp) {
        refusal = "the last reload was taken back, so that the file is not what serves: \(reason)"
        status.warnings = warnings(at: time)
    }

    /// A changed configuration was found right.
    package mutating func reloadAccepted(at time: Timestamp) {
        refusal = nil
        status.warnings = warnings(at: time)
    }

    private func warnings(at time: Timestamp) -> [String] {
        (snapshot?.warnings ?? []) + flapping.sentences(at: time)
            + standing.sentences(snapshot, at: time)
            + [refusal, status.speed?.explanation].compactMap(\.self)
    }

    /// Takes what happened and what is true after it.
    package mutating func happened(
        _ event: SupervisorEvent, _ snapshot: ClusterSnapshot, at time: Timestamp
    ) {
        switch event {
        case .distributionProven(_, let summary): (status.layers, isProven) = (summary, true)
        case .replanned(let plan): (running, isProven) = (plan, false)
        default: break
        }
        if snapshot.state != status.state {
            status.state = snapshot.state
            status.since = time
        }
        if let episode = snapshot.episode, episode != self.snapshot?.episode,
            snapshot.state != .failed
        {
            (status.summary, status.summaryTime) = (episode.sentence, time)
        }
        takeFirstCause(of: snapshot.episode, at: time)
        takeFailures(snapshot, at: time)
        let former = Dictionary(
            status.processes.map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        self.snapshot = snapshot
        loading.follow(snapshot, at: time)
        standing.follow(snapshot)
        status.requests = snapshot.requests
        status.speed = running.placement.flatMap { PlacementPrediction($0) }.map {
            SpeedComparison(snapshot.pace, $0)
        }
        status.warnings = warnings(at: time)
        status.processes = snapshot.processes.map {
            told($0, after: former[$0.endpoint.description], at: time)
        }
    }

    private func told(
        _ process: ClusterSnapshot.Process, after former: ClusterStatus.Process?,
        at time: Timestamp
    ) -> ClusterStatus.Process {
        let planned = plan.process(process.node)
        let backend = plan.unmanaged(process.node)
        let state = process.state.rawValue
        let layers = running.layers(of: process.node)
        return ClusterStatus.Process(
            name: "\(process.node)", role: (planned?.role ?? .worker).rawValue,
            // One that a reload has removed is in no plan.
            host: planned?.host ?? backend?.endpoint.host ?? process.endpoint.host,
            endpoint: process.endpoint.description, state: state,
            since: former?.state == state ? former?.since : time, pid: process.pid,
            restarts: process.restarts, failures: process.failures,
            requestedRestarts: process.requestedRestarts,
            progress: process.progress ?? loading.progress(of: process, in: running, at: time),
            layers: isProven ? layers : [], residentBytes: process.residentBytes,
            neededBytes: process.neededBytes,
            limitBytes: running.memoryLimit(of: process.node).map { Int(clamping: $0) },
            storedBytes: plan.storedBytes(of: process.node).map { Int(clamping: $0) },
            plannedLayers: layers, ssh: plan.host(of: process.node),
            nextAttempt: process.state == .waiting ? attempts[process.node] : nil,
            failure: process.failure.map { failure in
                former?.failure?.message == failure.text
                    ? former?.failure : told(failure, at: time)
            } ?? nil)
    }

    private func told(_ cause: Episode.Cause, at time: Timestamp) -> ClusterStatus.FirstCause {
        var told = ClusterStatus.FirstCause(
            time: time, process: cause.node?.description, cause: cause.code?.rawValue,
            message: cause.text)
        if let node = cause.node {
            told.host = plan.host(of: node)
            told.remedy = cause.code.map { Remedy($0, of: node, in: plan).text }
        }
        return told
    }

    /// The first failure of an episode explains those that follow it, or is explained by one of
    /// them: then the episode's cause changes.
    private mutating func takeFirstCause(of episode: Episode?, at time: Timestamp) {
        guard let episode, let cause = episode.cause,
            episode.began != snapshot?.episode?.began
                || snapshot?.episode?.cause != cause
        else { return }
        status.firstCause = told(cause, at: time)
    }

    private mutating func takeFailures(_ next: ClusterSnapshot, at time: Timestamp) {
        for process in next.processes {
            let before = snapshot?.processes.first { $0.node == process.node }?.failures ?? 0
            guard process.failures > before else { continue }
            let report = warned?.subject == process.node ? warned : nil
            flapping.failed("\(process.node)", report, process.repetition, at: time)
        }
    }
}
