import Basics
import Configuration
import Foundation
import Remote
import Survey

/// Looks at several hosts side by side.
package final class HostLooks {
    /// Seconds that hosts are still given once nobody else is awaited.
    private static let courtesy = 2.0

    private let loop = EventLoop()
    private let queue: ConnectionQueue<Int>
    private let optional: Set<Int>
    private var surveys: [HostSurvey]
    private var missing: Set<Int>
    private var looks: [HostLook] = []
    private var courtesyTimer: Int?

    /// Looks at all of them; answers come in the order of the requests.
    ///
    /// - Parameters:
    ///   - optional: of these, by their place, an answer is welcome, and not awaited.
    ///   - kept: where the connections stay open; nil: they are closed.
    ///   - waiting: told where ssh waits for something, a person perhaps.
    package static func at(
        _ requests: [SurveyRequest], optional: Set<Int> = [], timeouts: Timeouts,
        keeping kept: OpenConnections? = nil,
        waiting: @escaping (SurveyRequest, SSHWait) -> Void = { _, _ in }
    ) -> [HostSurvey] {
        guard !requests.isEmpty else { return [] }
        let all = HostLooks(requests, optional)
        for (index, request) in requests.enumerated() {
            let handlers = HostLook.Handlers(
                waiting: { wait in
                    // Others need not wait for a person, too.
                    all.queue.finished(index)
                    waiting(request, wait)
                },
                turnedAway: { all.queue.turnedAway(index) { all.looks[index].begin() } },
                done: { all.took($0, of: index) })
            all.looks.append(
                HostLook(
                    request, timeouts: timeouts, keeping: kept, loop: all.loop,
                    handlers: handlers))
        }
        all.run(kept)
        return all.surveys
    }

    private init(_ requests: [SurveyRequest], _ optional: Set<Int>) {
        queue = ConnectionQueue<Int>(loop: loop)
        self.optional = optional
        surveys = requests.map { HostSurvey(request: $0) }
        missing = Set(requests.indices)
    }

    private func run(_ kept: OpenConnections?) {
        loop.at(EventLoop.now) { [self] in
            let order = looks.indices.filter { !optional.contains($0) } + optional.sorted()
            for index in order { queue.request(index) { [self] in looks[index].begin() } }
        }
        Signals.running(loop) { [self] in
            cancel(looks)
            kept?.close(within: 0.1)
            loop.stop()
        }
        // They hold it, as it holds them.
        looks = []
    }

    private func took(_ survey: HostSurvey, of index: Int) {
        surveys[index] = survey
        missing.remove(index)
        queue.finished(index)
        if missing.isEmpty { return loop.stop() }
        guard missing.isSubset(of: optional), courtesyTimer == nil else { return }
        courtesyTimer = loop.at(EventLoop.now + Self.courtesy) { [self] in
            for index in missing { surveys[index].wasAwaited = false }
            cancel(missing.map { looks[$0] })
            loop.stop()
        }
    }

    /// All at once: nobody waits longer because one of them is stuck.
    private func cancel(_ looks: [HostLook]) {
        for look in looks { look.cancel() }
        let deadline = EventLoop.now + 0.1
        for look in looks { look.waitForEnd(until: deadline) }
    }
}
