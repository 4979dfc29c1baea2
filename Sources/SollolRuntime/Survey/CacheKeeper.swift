import Foundation
import SollolCore

/// Prunes the tensor caches of a cluster's hosts, side by side, before its workers start.
public enum CacheKeeper {
    /// Seconds for one host; a start never waits longer for this.
    private static let patience = 30.0

    /// Does it, and returns what people should know: what was removed.
    ///
    /// A host that does not answer is left alone: its worker will tell soon enough.
    public static func prune(_ caches: [CachePruning], timeouts: Timeouts) -> [String] {
        let loop = EventLoop()
        var reports: [String] = []
        var missing = 0
        var shells: [HostShell] = []
        for cache in caches {
            let carrier = SSHCommand.argv(to: cache.location, timeouts: timeouts)
            guard let shell = try? HostShell(carrier: carrier, loop: loop) else { continue }
            shells.append(shell)
            missing += 1
            func finish() {
                shell.close()
                missing -= 1
                if missing == 0 { loop.stop() }
            }
            shell.ask(
                cache.line, timeout: timeouts.connect + patience,
                answer: { bytes in
                    let text = String(decoding: bytes, as: UTF8.self)
                    if let report = cache.report(text) { reports.append(report) }
                    finish()
                }, failure: { _ in finish() })
        }
        if missing > 0 { loop.run() }
        return reports
    }
}
