import Basics
import Supervision

/// How often what has failed, why, and what it has cost, since this `sollol` began: what only
/// rises, for Prometheus.
package struct FailureCounts: Equatable, Sendable {
    /// Of a failure that nobody has a code for.
    static let unknown = "unknown"
    /// All that a failure is counted under.
    static let causes = (CauseCode.allCases.map(\.rawValue) + [unknown]).sorted()
    /// Upper bounds of the histogram of recoveries, in seconds; beyond them comes the infinite one.
    static let bounds: [Double] = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

    /// A process and a cause.
    struct Key: Hashable, Sendable {
        var process: String
        var cause: String
    }

    /// By process and cause.
    private(set) var failures: [Key: Int] = [:]
    /// Recoveries by the lowest bound that they are within, then those beyond all bounds.
    private(set) var recoveries = [Int](repeating: 0, count: bounds.count + 1)
    /// Their seconds together.
    private(set) var outageSeconds = 0.0
    /// Requests that were lost by failures, at least.
    private(set) var lostRequests = 0
    /// Warnings about the cache on a worker's disk.
    private(set) var cacheWarnings: [String: Int] = [:]
    private var causes: [Node: CauseCode] = [:]
    private var seen: [Node: Int] = [:]

    /// Takes what was told.
    mutating func take(_ report: Report) {
        if let subject = report.subject, let cause = report.cause { causes[subject] = cause }
        if let subject = report.subject, report.topic == .tensorCache {
            cacheWarnings["\(subject)", default: 0] += 1
        }
        guard let recovery = report.recovery else { return }
        outageSeconds += max(0, recovery.outageSeconds)
        lostRequests += recovery.lostAtLeast
        let index = Self.bounds.firstIndex { recovery.outageSeconds <= $0 } ?? Self.bounds.count
        recoveries[index] += 1
    }

    /// Takes the counts of now: those that have risen are of the cause that was told last.
    mutating func take(_ snapshot: ClusterSnapshot) {
        for process in snapshot.processes {
            let before = seen[process.node] ?? 0
            seen[process.node] = process.failures
            guard process.failures > before else { continue }
            let cause = causes[process.node]?.rawValue ?? Self.unknown
            let key = Key(process: "\(process.node)", cause: cause)
            failures[key, default: 0] += process.failures - before
        }
    }
}
