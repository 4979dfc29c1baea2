import Configuration

/// How many starts of one process the policy allows at most.
enum RestartBound {
    /// Starts within that many seconds of a process that dies at once each time: the start that
    /// began the window, and restarts whose delays have the full jitter off.
    ///
    /// | policy | within 60 s |
    /// |---|---|
    /// | defaults | 8 |
    static func starts(within window: Double, _ policy: RestartPolicy) -> Int {
        var count = 1
        var time = 0.0
        var failures = 1
        while true {
            let exponential = failures == 1 ? 0 : Double(1 << min(failures - 2, 30))
            let delay = min(max(policy.initialDelay, exponential), policy.maxDelay)
            time += failures == 1 ? delay : 0.75 * delay
            guard time < window else { return count }
            count += 1
            failures += 1
        }
    }
}
