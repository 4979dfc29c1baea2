import Basics
import Configuration
import Foundation
import Survey

/// Looks at several hosts side by side.
package enum HostLooks {
    /// Looks at all of them; answers come in the order of the requests.
    ///
    /// - Parameters:
    ///   - wantsKeySource: whether to find out where only an agent's key gets us in.
    ///   - kept: where the connections stay open; nil: they are closed.
    package static func at(
        _ requests: [SurveyRequest], timeouts: Timeouts, wantsKeySource: Bool = false,
        keeping kept: OpenConnections? = nil
    ) -> [HostSurvey] {
        guard !requests.isEmpty else { return [] }
        let loop = EventLoop()
        var surveys = requests.map { HostSurvey(request: $0) }
        var next = 0
        var missing = requests.count
        var looks: [HostLook] = []
        func begin() {
            guard next < requests.count else { return }
            let index = next
            next += 1
            let look = HostLook(
                requests[index], timeouts: timeouts, wantsKeySource: wantsKeySource, keeping: kept,
                loop: loop
            ) { survey in
                surveys[index] = survey
                missing -= 1
                if missing == 0 { loop.stop() } else { begin() }
            }
            looks.append(look)
        }
        loop.at(EventLoop.now) { for _ in 0..<min(Bounds.hostsAtOnce, requests.count) { begin() } }
        Signals.running(loop) {
            // All at once: nobody waits longer because one of them is stuck.
            for look in looks { look.cancel() }
            let deadline = EventLoop.now + 0.1
            for look in looks { look.waitForEnd(until: deadline) }
            kept?.close(within: 0.1)
            loop.stop()
        }
        return surveys
    }
}
