import Basics
import Configuration
import Survey

/// Looks at several workers side by side, or one after the other where it measures.
enum WorkerLooks {
    /// The outcomes in the order of the trials.
    static func at(_ trials: [WorkerTrial], timeouts: Timeouts) -> [WorkerTrial.Outcome] {
        guard !trials.isEmpty else { return [] }
        let loop = EventLoop()
        var outcomes = trials.map { _ in WorkerTrial.Outcome() }
        var missing = trials.count
        // Each takes a connection to its host, and perhaps one to the coordinator's. Ways that are
        // measured share the coordinator's network and processors: one after the other.
        let isMeasuring = trials.contains(where: \.measuresWay)
        let queue = ConnectionQueue<Int>(
            loop: loop, widest: isMeasuring ? 1 : Bounds.hostsAtOnce / 2)
        var looks: [WorkerLook] = []
        for (index, trial) in trials.enumerated() {
            let handlers = WorkerLook.Handlers(
                turnedAway: { queue.turnedAway(index) { looks[index].begin() } },
                done: { outcome in
                    outcomes[index] = outcome
                    missing -= 1
                    if missing == 0 { loop.stop() }
                    queue.finished(index)
                })
            looks.append(WorkerLook(trial, timeouts: timeouts, loop: loop, handlers: handlers))
        }
        loop.at(EventLoop.now) {
            for index in looks.indices { queue.request(index) { looks[index].begin() } }
        }
        // One that has not begun is over at once; the loop stops when the last has ended.
        Signals.running(loop) { for look in looks { look.end() } }
        return outcomes
    }
}
