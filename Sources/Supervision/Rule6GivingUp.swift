import Basics
import Remote

/// Rule 6: until the cluster has served, a permanent failure, or the third attempt of a process,
/// ends bring-up with one clear message. After that all failures are retried, and those that
/// somebody has to mend first not more often than at the cap: sshd penalizes hammering.
extension Supervisor {
    /// Attempts of one process before the cluster has served.
    static let attemptsBeforeServing = 3

    /// Why the cluster is given up.
    struct Verdict {
        let status: ExitStatus
        let reason: String
    }

    /// Why the cluster is given up because of this failure, or nil. Rules 5 and 6.
    mutating func verdict<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, at now: Instant
    ) -> Verdict? {
        if hasServed {
            guard hasFailedTooOften(slot, at: now), let limit = restart.maxRestarts else {
                return nil
            }
            let period = seconds(restart.period)
            return Verdict(
                status: .gaveUp, reason: "more than \(plural(limit, "restart")) within \(period) s")
        }
        if cause.isPermanent {
            return Verdict(status: .unavailable, reason: "another attempt would not help")
        }
        let attempts = self[keyPath: slot].failures.inARow
        guard attempts >= Self.attemptsBeforeServing else { return nil }
        return Verdict(status: .unavailable, reason: "after \(attempts) attempts")
    }

    mutating func giveUp<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, _ exit: ExitReport,
        _ verdict: Verdict
    ) {
        let node = self[keyPath: slot].node
        var details = exit.lastWords.suffix(Self.lastWordsShown).map { "| \($0)" }
        if let process = plan.process(node) {
            if let ssh = cause.ssh {
                details.append(ssh.message(process.location))
            } else if cause.kind != .unusableFolder {
                let place = process.location.sshDestination.map { " on \($0)" } ?? ""
                details.append("try by hand\(place): \(process.shellLine)")
            }
        }
        report(
            .failure, about: node, cause: cause.kind,
            "\(node): \(cause.text); giving up, \(verdict.reason)",
            details: details)
        phase = .stopping(verdict.status)
    }
}
