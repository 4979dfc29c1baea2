import Basics
import Plan
import Status
import Supervision

/// What the dashboard knows of a cluster beside its status: how things went. Bounded, whatever
/// happens and however long it runs.
package struct DashboardRecord: Equatable, Sendable {
    /// What has changed since it was last sent to a page.
    package struct Changes: OptionSet, Equatable, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let timeline = Changes(rawValue: 1)
        package static let events = Changes(rawValue: 2)
        package static let logs = Changes(rawValue: 4)
        package static let plan = Changes(rawValue: 8)
        /// Something that a person waits for: a state, a warning, a percentage.
        package static let state = Changes(rawValue: 16)
        /// A point of the series.
        package static let sample = Changes(rawValue: 32)
        package static let all: Changes = [.timeline, .events, .logs, .plan, .state, .sample]
    }

    package private(set) var plan: LaunchPlan
    /// What of it nobody reads: made once, since every page and every update needs it.
    private(set) var redaction: Redaction
    private(set) var snapshot: ClusterSnapshot?
    private(set) var series = SampledSeries()
    private(set) var timelines: [String: ProcessTimeline] = [:]
    /// Failures that were told, and whose states are still to come.
    private var causes: [String: String] = [:]
    private(set) var requests = RequestFigures()
    private(set) var counts = FailureCounts()
    private(set) var usage = UsageFigures()
    private(set) var tail = EventTail()
    private(set) var logs = LastLines()
    /// What a page that is open has not been sent yet.
    package private(set) var changes: Changes = []

    /// Of a cluster of which nothing runs yet.
    ///
    /// - Parameter past: the end of what was told before, oldest first.
    package init(plan: LaunchPlan, past: [HistoryRecord] = []) {
        self.plan = plan
        redaction = Redaction(plan)
        for record in past { tail.take(record) }
    }

    /// These were shown.
    package mutating func forget(_ shown: Changes) { changes.subtract(shown) }

    /// From now on that is the plan.
    package mutating func adopted(_ plan: LaunchPlan) {
        self.plan = plan
        redaction = Redaction(plan)
        logs.follow(plan.processes.map { "\($0.node)" })
        changes.formUnion([.plan, .logs])
    }

    /// Takes what was told.
    package mutating func told(_ report: Report, at time: Timestamp) {
        tail.take(report, at: time)
        counts.take(report)
        changes.insert(.events)
        if let subject = report.subject, report.cause != nil {
            causes["\(subject)"] = EventTail.short(report.message)
        }
    }

    /// Takes a line of a server.
    package mutating func printed(_ line: String, by node: Node) {
        logs.add(line, of: "\(node)")
        changes.insert(.logs)
    }

    /// Takes what happened and what is true after it.
    package mutating func happened(
        _ event: SupervisorEvent, _ next: ClusterSnapshot, at time: Timestamp, _ now: Instant
    ) {
        take(event, at: now)
        let former = snapshot
        snapshot = next
        for process in next.processes {
            let name = "\(process.node)"
            timelines[name, default: ProcessTimeline()].take(
                process.state, cause: causes[name], at: time)
        }
        causes = [:]
        forgetFormer(next)
        counts.take(next)
        if !next.processes.contains(where: { $0.state == .serving }) { requests.forget() }
        guard Self.looks(next) != former.map(Self.looks) else { return }
        changes.insert(.state)
        if former?.processes.map(\.state) != next.processes.map(\.state) {
            changes.insert(.timeline)
        }
    }

    /// Of processes that a reload has removed the last ones stay.
    private mutating func forgetFormer(_ snapshot: ClusterSnapshot) {
        let most = ProcessTimeline.mostFormer
        guard timelines.count > snapshot.processes.count + most else { return }
        let names = Set(snapshot.processes.map { "\($0.node)" })
        let former = timelines.filter { !names.contains($0.key) }.map { name, timeline in
            (timeline.spans.last?.since ?? Timestamp(seconds: 0), name)
        }
        for (_, name) in former.sorted(by: { $0 < $1 }).dropLast(most) { timelines[name] = nil }
    }

    private mutating func take(_ event: SupervisorEvent, at now: Instant) {
        switch event {
        case .usageReported(let run, let usage): self.usage.take(usage, of: run.node, at: now)
        case .exited(let run, _): usage.forget(run.node)
        case .replanned(let plan): adopted(plan)
        case .activityAnswered(_, let activity?):
            requests.take(activity, at: now)
            changes.insert(.state)
        default: break
        }
    }

    /// Without what changes all the time.
    private static func looks(_ snapshot: ClusterSnapshot) -> ClusterSnapshot {
        var snapshot = snapshot
        for index in snapshot.processes.indices { snapshot.processes[index].residentBytes = nil }
        return snapshot
    }

    /// Adds a point of every number. Returns the seconds until the next one.
    package mutating func sample(at time: Timestamp) -> Double {
        var values: [SampledSeries.Number: Double] = [:]
        values[.busy] = requests.busy.map { Double($0) }
        values[.generated] = requests.generatedPerSecond
        values[.prompted] = requests.promptedPerSecond
        for process in snapshot?.processes ?? [] {
            values[.memory("\(process.node)")] =
                usage.memory(of: process.node).map { Double($0) }
            values[.processors("\(process.node)")] = usage.processors(of: process.node)
        }
        series.add(values, at: time.seconds)
        changes.insert(.sample)
        return Double(series.pause)
    }
}
