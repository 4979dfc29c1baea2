import Basics
import Configuration

/// How long to wait before the next start of a process that failed.
///
/// | failures in a row | 1 | 2 | 3 | 4 | 5 | … | 8 | 9 |
/// |---|---|---|---|---|---|---|---|---|
/// | seconds, defaults, before jitter | 0 | 1 | 2 | 4 | 8 | … | 60 | 60 |
///
/// The first restart is at once: on the same host the guard makes a second instance impossible.
/// Jitter takes up to a quarter off, so that processes that failed together do not return together.
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
        let exponential = Double(1 << min(failures - 2, 30))
        let delay = min(max(policy.initialDelay, exponential), policy.maxDelay)
        return shortened(delay)
    }

    /// Seconds until the next start when an earlier one would be of no use.
    package mutating func longestDelay() -> Double { shortened(policy.maxDelay) }

    private mutating func shortened(_ delay: Double) -> Double {
        delay * (1 - Double.random(in: 0..<0.25, using: &jitter))
    }
}
