import Basics
import Remote

/// Rule 6: until the cluster has served, a permanent failure, or the third attempt of a process,
/// ends bring-up with one clear message. After that all failures are retried, and those that
/// somebody has to mend first not more often than at the cap: sshd penalizes hammering. What is
/// told at the end is the first failure, or the one that explains it.
///
/// A taken port is given 75 s before its attempts count: a connection that has ended keeps its own
/// port for a minute, and 50052 and 52100 are among those that Linux gives to connections.
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
        let failures = self[keyPath: slot].failures
        let attempts = failures.inARow
        guard attempts >= Self.attemptsBeforeServing, !failures.mayGetItsPort(cause, at: now)
        else { return nil }
        return Verdict(status: .unavailable, reason: "after \(attempts) attempts")
    }

    mutating func giveUp<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, _ exit: ExitReport,
        _ verdict: Verdict
    ) {
        let (node, shown, details) = account(of: slot, cause, exit)
        report(
            .failure, about: node, cause: shown.kind,
            "\(node): \(shown.text); giving up, \(verdict.reason)",
            details: details)
        phase = .stopping(verdict.status)
    }

    /// What is told of failures that are not tried again: the first, or the one that explains it.
    func account<Slot: ProcessSlot>(
        of slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, _ exit: ExitReport
    ) -> (node: Node, cause: FailureCause, details: [String]) {
        let last = self[keyPath: slot].node
        var (node, shown, words) = (last, cause, exit.tellingWords)
        if !cause.isPermanent, let (failed, first) = explanation(of: slot) {
            (node, shown, words) = (failed, first.cause, first.words)
        }
        var details = words.map { "| \($0)" }
        if node != last || shown.text != cause.text {
            details.append("at the last attempt: \(last): \(cause.text)")
        }
        if let repeated = repeatedFailure(self[keyPath: slot]) {
            details.append("\(last) \(repeated.text), \(repeated.count) times")
        }
        if let advice = advice(node, shown) { details.append(advice) }
        return (node, shown, details)
    }

    /// One command to try by hand.
    private func advice(_ node: Node, _ cause: FailureCause) -> String? {
        guard let process = plan.process(node) else { return nil }
        if let ssh = cause.ssh { return ssh.message(process.location) }
        guard cause.kind != .unusableFolder else { return nil }
        let place = process.location.sshDestination.map { " on \($0)" } ?? ""
        return "try by hand\(place): \(process.shellLine)"
    }

    /// What explains the failures of a slot: the first of them, since what comes later may differ
    /// because of it. Where that is only that a worker went away, the first failure of the worker,
    /// the one that is blamed before others.
    private func explanation<Slot: ProcessSlot>(
        of slot: WritableKeyPath<Supervisor, Slot>
    ) -> (Node, FirstFailure)? {
        guard let own = self[keyPath: slot].failures.first else { return nil }
        guard own.cause.kind == .workerLost else { return (self[keyPath: slot].node, own) }
        let blamed = own.cause.blamedEndpoint
        let found = workers.filter { worker in
            guard let first = worker.failures.first, first.cause.kind != .workerLost,
                let began = service.episode?.began
            else { return false }
            return first.at >= began
        }.sorted { left, right in
            guard let one = left.failures.first?.at, let other = right.failures.first?.at,
                (left.endpoint == blamed) == (right.endpoint == blamed)
            else { return left.endpoint == blamed }
            return one < other
        }
        guard let worker = found.first, let first = worker.failures.first else {
            return (self[keyPath: slot].node, own)
        }
        return (worker.node, first)
    }
}
