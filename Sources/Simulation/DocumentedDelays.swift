import Basics
import Configuration

/// How long a restart waits after failures in a row: worked by hand from the documentation, for the
/// policies that scenarios have. No formula, so that it shares none with the supervisor.
enum DocumentedDelays {
    /// Seconds after the first, second … failure, before jitter; the last one goes on.
    static func table(_ policy: RestartPolicy) -> [Double] {
        switch (policy.initialDelay, policy.maxDelay) {
        case (0, 60): [0, 1, 2, 4, 8, 16, 32, 60]
        case (0, 5): [0, 1, 2, 4, 5]
        case (3, 60): [3, 6, 12, 24, 48, 60]
        case (3, 5): [3, 5]
        default: preconditionFailure("no delays were worked out for \(policy)")
        }
    }

    /// The shortest and the longest wait after that many failures in a row: up to a quarter of it
    /// may be taken off, but for the first.
    static func wait(after failures: Int, _ policy: RestartPolicy) -> ClosedRange<Double> {
        let table = table(policy)
        let delay = failures <= table.count ? table[failures - 1] : table[table.count - 1]
        return (failures == 1 ? delay : 0.75 * delay)...delay
    }

    /// Starts within that many seconds of a process that dies at once each time: the start that
    /// began the window, and restarts after the shortest waits. With defaults 8 within 60 s.
    static func starts(within window: Double, _ policy: RestartPolicy) -> Int {
        var (count, time) = (1, 0.0)
        while true {
            time += wait(after: count, policy).lowerBound
            guard time < window else { return count }
            count += 1
        }
    }
}
