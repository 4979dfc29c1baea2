import Basics
import Supervision

/// What does not keep the cluster from serving and should not stay so: a disk that takes no lines,
/// a tensor cache without its folder, a spare whose host cannot be reached.
struct StandingTroubles: Equatable, Sendable {
    /// Seconds for which a disk counts as full after it was said: as long as there are lines to
    /// write it is said again each minute.
    private static let patience = 90

    /// One and what is said of it.
    private struct Uncached: Equatable, Sendable {
        var sentence: String
        /// Which run of the worker it is, by its restarts.
        var restarts: Int
    }

    private var problem = ""
    private var problemTime: Timestamp?
    private var uncached: [Node: Uncached] = [:]
    private var unreached: [UnreachedSpare] = []
    private var lookTime: Timestamp?

    /// Of all spares the hosts of these could not be asked.
    mutating func looked(unreached spares: [UnreachedSpare], at time: Timestamp) {
        (unreached, lookTime) = (spares, time)
    }

    /// A spare that was called in and runs shows that its host can be reached.
    mutating func follow(_ snapshot: ClusterSnapshot) {
        unreached.removeAll { spare in
            snapshot.processes.contains { $0.node == spare.node && $0.pid != nil }
        }
    }

    /// A worker has no use of its cache, for as long as this run of it goes on.
    mutating func worksWithoutCache(_ report: Report, _ snapshot: ClusterSnapshot?) {
        guard let node = report.subject else { return }
        let host = report.host.map { " on \($0)" } ?? ""
        let remedy = report.remedy.map { ". To do: \($0)" } ?? ""
        uncached[node] = Uncached(
            sentence: "\(node)\(host)\(report.message.dropFirst("\(node)".count))\(remedy)",
            restarts: Self.restarts(of: node, snapshot))
    }

    /// The disk of a log has not taken a line.
    mutating func diskTakesNothing(_ problem: String, at time: Timestamp) {
        // Several logs say the same: the first of them is enough.
        let isOld = problemTime.map { time.seconds - $0.seconds >= Self.patience } ?? true
        if isOld { self.problem = problem }
        problemTime = time
    }

    /// One sentence each, as far as they are true.
    func sentences(_ snapshot: ClusterSnapshot?, at time: Timestamp) -> [String] {
        let caches = uncached.sorted { "\($0.key)" < "\($1.key)" }.filter {
            Self.restarts(of: $0.key, snapshot) == $0.value.restarts
        }.map(\.value.sentence)
        let disk = problemTime.map { time.seconds - $0.seconds < Self.patience } ?? false
        // Of one that was called in what comes of it is told.
        let spares = unreached.filter { spare in
            snapshot?.processes.contains { $0.node == spare.node && $0.state == .spare } == true
        }
        return caches + spares.map { $0.sentence(at: lookTime ?? time) }
            + (disk ? ["logs: \(problem)"] : [])
    }

    private static func restarts(of node: Node, _ snapshot: ClusterSnapshot?) -> Int {
        snapshot?.processes.first { $0.node == node }?.restarts ?? 0
    }
}
