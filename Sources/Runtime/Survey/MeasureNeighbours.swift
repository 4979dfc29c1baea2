import Basics
import Configuration
import Foundation
import Status

/// What else of this user keeps the hosts of a cluster busy while its devices are measured, as far
/// as it was begun on this machine. It is told and not refused: whoever measures may know that the
/// other one is at rest, and devices that change their pace meanwhile are not recorded anyway.
package enum MeasureNeighbours {
    /// One sentence for each cluster that runs on hosts of that one, with another state folder.
    package static func warnings(_ spec: ClusterSpec, state: String) -> [String] {
        RunningEntry.all().filter { $0.state != state && $0.process.isAlive }.compactMap { entry in
            guard
                case .answered(let answer) = ControlClient(state: entry.state).ask(
                    ControlRequest(.status)),
                let status = answer.status
            else { return nil }
            return warning(status, beside: spec, pid: entry.process.pid)
        }
    }

    /// About one of them; nil where it has no server on a host of that cluster.
    static func warning(
        _ other: ClusterStatus, beside spec: ClusterSpec, pid: Int32
    ) -> String? {
        let measured = spec.workers.filter(\.managed).map(\.location) + [spec.coordinator.location]
        // One without a process id is not running, or somebody else's.
        let busy = other.processes.filter { $0.pid != nil }.map(\.ssh).unique { $0 }
        let shared = busy.filter { ssh in measured.contains { $0.sshDestination == ssh } }
        guard !shared.isEmpty else { return nil }
        let hosts = shared.map { $0 ?? "this machine" }.joined(separator: ", ")
        return "the cluster \(other.cluster) (pid \(pid)) runs on \(hosts), too: measuring and "
            + "what it answers disturb each other. Try: sollol down --name \(other.cluster), "
            + "then sollol measure"
    }

    /// What is said where another `sollol measure` has the lock.
    package static let otherMeasure =
        "another sollol measure of this user runs on this machine: on hosts that both look at they "
        + "disturb each other. Try: sollol measure, once it has ended"
}

/// Held by each `sollol measure` of this user on this machine, for as long as it runs.
package final class MeasureLock {
    /// Whether nobody else holds it; true where it cannot be told.
    package let isAlone: Bool
    private let file: Descriptor?

    /// - Parameter folder: nil: there is no place for it.
    package init(in folder: String? = try? PrivateFolder.make()) {
        file = folder.flatMap {
            try? Descriptor(
                opening: "\($0)/.measure", O_RDONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        isAlone =
            file.map {
                flock($0.number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
            } ?? true
    }
}
