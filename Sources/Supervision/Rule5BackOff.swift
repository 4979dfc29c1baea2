import Basics
import Configuration

/// How long to wait before the next start of a process that failed (rule 5).
///
/// | failures in a row | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 |
/// |---|---|---|---|---|---|---|---|---|---|
/// | seconds before jitter, by default | 0 | 1 | 2 | 4 | 8 | 16 | 32 | 60 | 60 |
/// | with `initial_delay` 3 | 3 | 6 | 12 | 24 | 48 | 60 | 60 | 60 | 60 |
/// | with `initial_delay` 0.5, `max_delay` 5 | 0.5 | 1 | 2 | 4 | 5 | 5 | 5 | 5 | 5 |
///
/// Jitter takes up to a quarter off all but the first, so that processes that failed together do
/// not return together.
package struct BackOff: Equatable, Sendable {
    var policy: RestartPolicy
    private var jitter: SeededGenerator

    /// A back-off of that policy; the seed makes its jitter repeatable.
    package init(policy: RestartPolicy, seed: UInt64) {
        self.policy = policy
        jitter = SeededGenerator(seed: seed)
    }

    /// Seconds until the next start after that many failures in a row, at least one.
    package mutating func delay(afterFailures failures: Int) -> Double {
        guard failures > 1 else { return min(policy.initialDelay, policy.maxDelay) }
        // 0 cannot be doubled: there, the second wait is 1 s.
        let (first, doublings) =
            policy.initialDelay > 0 ? (policy.initialDelay, failures - 1) : (1, failures - 2)
        return shortened(min(first * Double(1 << min(doublings, 30)), policy.maxDelay))
    }

    /// Seconds until the next start when an earlier one would be of no use.
    package mutating func longestDelay() -> Double { shortened(policy.maxDelay) }

    private mutating func shortened(_ delay: Double) -> Double {
        delay * (1 - Double.random(in: 0..<0.25, using: &jitter))
    }
}

/// Rule 5: the first restart is at once, then waits double up to a cap; a stable run begins anew.
/// With `max_restarts`, more failures of one process within `period` give the cluster up.
///
/// At once is safe: on the same host the guard makes a second instance impossible.
extension Supervisor {
    mutating func restartLater<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, _ exit: ExitReport,
        at now: Instant
    ) {
        let delay =
            hasServed && cause.isPermanent
            ? backOff.longestDelay()  // Rule 6.
            : backOff.delay(afterFailures: self[keyPath: slot].failures.withoutMending)
        let when = delay > 0 ? "in \(seconds(delay)) s" : "now"
        let verb = self[keyPath: slot].isOurs ? "restarting" : "asking it again"
        let node = self[keyPath: slot].node
        report(
            .warning, about: node, cause: cause.kind, "\(node): \(cause.text); \(verb) \(when)",
            details: exit.tellingWords.map { "| \($0)" })
        tellRepetition(of: slot, at: now)
        guard delay > 0 else { return }
        self[keyPath: slot].life = .waiting(until: now + delay)
        effects.append(.setTimer(.restart(self[keyPath: slot].run), at: now + delay))
    }

    mutating func restartIsDue(_ run: ProcessRun) {
        switch place(of: run) {
        case .coordinator?: coordinator.stopWaiting()
        case .worker(let index)?: workers[index].stopWaiting()
        case nil: break
        }
    }

    /// Whether a process has failed more often than `max_restarts` allows, this time included. Its
    /// failures are remembered without a limit too: a reload may bring one.
    mutating func hasFailedTooOften<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) -> Bool {
        guard !self[keyPath: slot].isLeftOut else { return false }
        var recent = self[keyPath: slot].failures.recent
        recent.removeAll { now - $0 >= restart.period }
        recent.append(now)
        let limit = restart.maxRestarts
        self[keyPath: slot].failures.recent = recent.suffix(max(limit ?? 0, 1000) + 1)
        return limit.map { recent.count > $0 } ?? false
    }
}
