import Basics
import Plan
import Supervision

/// Has guards look at the tensor caches of running workers: after a load that was proven, so that
/// what it has left is recorded, and before a coordinator starts after one whose load was not: a
/// worker that still runs would serve it what it stored then, whole or not.
final class TensorCaches {
    /// Seconds that a guard has to answer, before which no coordinator starts.
    private static let patience = 10.0

    private struct Waiting {
        var runs: Set<ProcessRun>
        var timer: Int
        var done: (String?) -> Void
    }

    private let processes: RunningProcesses
    private let loop: EventLoop
    private var workers: [ProcessRun: TensorCache] = [:]
    private var isProven = true
    private var waiting: Waiting?

    /// Caches of those processes.
    init(of processes: RunningProcesses, loop: EventLoop) {
        self.processes = processes
        self.loop = loop
    }

    /// A worker is started with that cache.
    func starts(_ run: ProcessRun, _ cache: TensorCache?) {
        workers = workers.filter { $0.key.node != run.node }
        workers[run] = cache
    }

    /// A run has ended.
    func ended(_ run: ProcessRun) {
        if workers.removeValue(forKey: run) != nil { answered(run) }
    }

    /// The running coordinator has loaded the model as it should, by that plan.
    func proven(_ plan: LaunchPlan) {
        isProven = true
        for run in workers.keys {
            guard let process = plan.process(run.node), let cache = plan.tensorCache(of: process),
                cache.sizes != nil
            else { continue }
            workers[run] = cache
            _ = processes.lookAtCache(of: run, cache, isProven: true)
        }
    }

    /// A coordinator is about to start; `done` is told once it may, or why it may not.
    func coordinatorStarts(_ done: @escaping (String?) -> Void) {
        if let waiting { loop.cancel(waiting.timer) }
        waiting = nil
        guard !isProven else {
            isProven = false
            return done(nil)
        }
        let asked = workers.filter {
            processes.lookAtCache(of: $0.key, $0.value, isProven: false)
        }
        guard !asked.isEmpty else { return done(nil) }
        let timer = loop.at(EventLoop.now + Self.patience) { [self] in
            let nodes = waiting?.runs.map(\.node).sorted { $0.name < $1.name } ?? []
            waiting = nil
            done(
                "nobody knows what the tensor cache of \(Node.list(nodes)) holds: its guard does "
                    + "not answer")
        }
        waiting = Waiting(runs: Set(asked.keys), timer: timer, done: done)
    }

    /// A guard has looked.
    func answered(_ run: ProcessRun) {
        waiting?.runs.remove(run)
        guard let asked = waiting, asked.runs.isEmpty else { return }
        loop.cancel(asked.timer)
        waiting = nil
        asked.done(nil)
    }
}
