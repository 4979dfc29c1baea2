import Basics
import Supervision

/// What happened, as people tell it: a failure, those that followed it and the recovery are one
/// incident, and an incident that comes again and again is told once.
struct HistoryTale: Equatable, Sendable {
    /// A record and what it tells.
    struct Told: Equatable, Sendable {
        var record: HistoryRecord
        var event: HistoryEvent
    }

    /// The same failure of one process, once or several times.
    struct Failures: Equatable, Sendable {
        /// The last of them.
        var failure: HistoryEvent.Failure
        var count: Int
        var first: Timestamp
        var last: Timestamp

        /// Whether the other one is the same again.
        func isSame(as other: Failures) -> Bool {
            failure.process == other.failure.process && failure.cause == other.failure.cause
        }

        mutating func add(_ other: Failures) {
            failure = other.failure
            count += other.count
            last = max(last, other.last)
        }
    }

    /// Failures, and the service after them.
    struct Incident: Equatable, Sendable {
        var failures: [Failures] = []
        /// How often it served again.
        var recoveries = 0
        /// Seconds without service.
        var outage = 0.0
        /// Requests that were lost.
        var lost = 0
        /// Whether the cluster was given up.
        var isEnd = false

        mutating func add(_ failure: Failures) {
            if let index = failures.firstIndex(where: { $0.isSame(as: failure) }) {
                failures[index].add(failure)
            } else {
                failures.append(failure)
            }
        }

        /// Whether the other one is the same again, soon enough to be told with it.
        func isRepeated(by other: Incident, within period: Int) -> Bool {
            guard recoveries > 0, other.recoveries > 0, let last = failures.map(\.last).max(),
                let next = other.failures.first?.first, next.seconds - last.seconds <= period,
                failures.count == other.failures.count
            else { return false }
            return zip(failures, other.failures).allSatisfy { $0.isSame(as: $1) }
        }

        mutating func add(_ other: Incident) {
            for failure in other.failures { add(failure) }
            recoveries += other.recoveries
            outage += other.outage
            lost += other.lost
        }
    }

    /// One thing to tell.
    enum Chapter: Equatable, Sendable {
        case note(Timestamp, String, details: [String])
        case incident(Incident)
    }

    /// Seconds between two incidents that are told as one.
    private static let period = 900

    private(set) var chapters: [Chapter] = []
    /// The incident that goes on, by its place.
    private var ongoing: Int?
    /// What the last chapter tells, while it may turn out to be the beginning of an incident.
    private var refusal: Failures?

    /// What records say, oldest first.
    init(_ all: [Told]) {
        for told in all { take(told.record, told.event) }
        mergeRepeated()
    }

    private mutating func take(_ record: HistoryRecord, _ event: HistoryEvent) {
        let explains = refusal
        if event != .step { refusal = nil }
        switch event {
        case .step: break
        case .begins:
            ongoing = nil
            note(record, "started")
        case .serves(let isAgain, let seconds):
            guard isAgain else {
                ongoing = nil
                return note(record, record.message)
            }
            guard let ongoing, case .incident(var incident) = chapters[ongoing] else {
                return note(record, record.message + Self.loss(record.lostAtLeast ?? 0))
            }
            incident.recoveries = 1
            incident.outage = seconds ?? 0
            incident.lost = record.lostAtLeast ?? 0
            chapters[ongoing] = .incident(incident)
            self.ongoing = nil
        case .fails(let failure): add(failure, record, after: explains)
        case .refuses(let failure):
            refuse(failure, record)
        case .givesUp(let failure?):
            add(failure, record)
            if let ongoing, case .incident(var incident) = chapters[ongoing] {
                incident.isEnd = true
                chapters[ongoing] = .incident(incident)
            }
            ongoing = nil
        case .givesUp(nil): note(record, "error: \(record.message)", record.details)
        case .stops: ongoing = nil
        case .leavesOut, .takesBack, .stopped: note(record, record.message)
        case .other: warn(record)
        }
    }

    private mutating func note(
        _ record: HistoryRecord, _ text: String, _ details: [String] = []
    ) {
        chapters.append(.note(record.time, text, details: details))
    }

    private mutating func add(
        _ failure: HistoryEvent.Failure, _ record: HistoryRecord, after refusal: Failures? = nil
    ) {
        let failures = Failures(
            failure: failure, count: 1, first: record.time, last: record.time)
        guard let ongoing, case .incident(var incident) = chapters[ongoing] else {
            var incident = Incident(failures: [failures])
            if let refusal, record.time.seconds - refusal.last.seconds <= Int(MemoryRefusal.reach) {
                incident.failures.insert(refusal, at: 0)
                chapters.removeLast()
            }
            ongoing = chapters.count
            return chapters.append(.incident(incident))
        }
        incident.add(failures)
        chapters[ongoing] = .incident(incident)
    }

    /// A failure only where another one follows from it. Whoever lost the connection by it may have
    /// told so before: then this comes first.
    private mutating func refuse(_ failure: HistoryEvent.Failure, _ record: HistoryRecord) {
        guard let ongoing, case .incident(var incident) = chapters[ongoing] else {
            refusal = Failures(failure: failure, count: 1, first: record.time, last: record.time)
            return warn(record)
        }
        guard let loss = incident.failures.first, incident.failures.count == 1,
            loss.failure.code == .workerLost,
            record.time.seconds - loss.last.seconds <= Int(MemoryRefusal.reach)
        else { return add(failure, record) }
        incident.failures.insert(
            Failures(failure: failure, count: 1, first: loss.first, last: record.time), at: 0)
        chapters[ongoing] = .incident(incident)
    }

    private mutating func warn(_ record: HistoryRecord) {
        let isWarning = record.kind == Report.Kind.warning.rawValue
        note(
            record,
            (isWarning ? "warning: " : "")
                + HistoryEntry.placed(record.message, record.process, on: record.host),
            record.details + (record.remedy.map { ["to do: \($0)"] } ?? []))
    }

    private mutating func mergeRepeated() {
        var merged: [Chapter] = []
        for chapter in chapters {
            if case .incident(let next) = chapter, case .incident(var before)? = merged.last,
                before.isRepeated(by: next, within: Self.period)
            {
                before.add(next)
                merged[merged.count - 1] = .incident(before)
            } else {
                merged.append(chapter)
            }
        }
        chapters = merged
    }

    /// `; at least 2 requests were lost`, or nothing.
    static func loss(_ count: Int) -> String {
        count > 0 ? "; at least \(plural(count, "request")) lost" : ""
    }
}
