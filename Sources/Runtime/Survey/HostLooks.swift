import Basics
import Configuration
import Foundation
import Remote
import Survey

/// Looks at several hosts side by side.
package enum HostLooks {
    /// Looks at all of them; answers come in the order of the requests.
    ///
    /// - Parameters:
    ///   - kept: where the connections stay open; nil: they are closed.
    ///   - waiting: told where ssh waits for something, a person perhaps.
    package static func at(
        _ requests: [SurveyRequest], timeouts: Timeouts, keeping kept: OpenConnections? = nil,
        waiting: @escaping (SurveyRequest, SSHWait) -> Void = { _, _ in }
    ) -> [HostSurvey] {
        guard !requests.isEmpty else { return [] }
        let loop = EventLoop()
        var surveys = requests.map { HostSurvey(request: $0) }
        var missing = requests.count
        let queue = ConnectionQueue<Int>(loop: loop)
        var looks: [HostLook] = []
        for (index, request) in requests.enumerated() {
            let handlers = HostLook.Handlers(
                waiting: { wait in
                    // Others need not wait for a person, too.
                    queue.finished(index)
                    waiting(request, wait)
                },
                turnedAway: { queue.turnedAway(index) { looks[index].begin() } },
                done: { survey in
                    surveys[index] = survey
                    missing -= 1
                    if missing == 0 { loop.stop() }
                    queue.finished(index)
                })
            looks.append(
                HostLook(request, timeouts: timeouts, keeping: kept, loop: loop, handlers: handlers)
            )
        }
        loop.at(EventLoop.now) {
            for index in looks.indices { queue.request(index) { looks[index].begin() } }
        }
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
