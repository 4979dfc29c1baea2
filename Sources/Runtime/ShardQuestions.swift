import Basics
import Plan
import Remote
import Supervision

/// Has the guards of workers look at their shards of the model: before each coordinator starts, and
/// after it has loaded, when what they have read proves that they took what is on their disks.
/// Until then it is paused: it would answer requests as soon as it can.
final class ShardQuestions {
    /// Seconds that all have to answer, where nothing was changed since the last look.
    private static let patience = 60.0
    /// Seconds more, should all of the largest shard have to be digested.
    private var digesting = 0.0

    private struct Waiting {
        var runs: Set<ProcessRun>
        var verdicts: [ShardProof.Verdict] = []
        var timer: Int
        var hasLoaded: Bool
        var done: (ShardProof.Verdict) -> Void
    }

    /// Told of a coordinator that may not serve.
    var refuted: (ProcessRun, ShardProof.Verdict) -> Void = { _, _ in }
    private let processes: RunningProcesses
    private let loop: EventLoop
    /// Whether what the coordinator has loaded is right.
    private var isProven = false
    private var workers: [Node: ProcessRun] = [:]
    private var proof: ShardProof?
    private var waiting: Waiting?

    /// Questions to those processes.
    init(to processes: RunningProcesses, loop: EventLoop) {
        self.processes = processes
        self.loop = loop
    }

    /// A worker starts.
    func starts(_ run: ProcessRun) { workers[run.node] = run }

    /// A run has ended: it answers no more.
    func ended(_ run: ProcessRun) {
        if workers[run.node] == run { workers[run.node] = nil }
        // Its end is what the supervisor acts on: the coordinator ends with it, whatever is said.
        guard let asked = waiting, asked.runs.contains(run) else { return }
        loop.cancel(asked.timer)
        waiting = nil
    }

    /// A coordinator of that plan is about to start; `done` is told whether it may.
    func coordinatorStarts(
        _ plan: LaunchPlan, _ done: @escaping (ShardProof.Verdict) -> Void
    ) {
        guard plan.isSharded else {
            proof = nil
            return done(.proven)
        }
        proof = ShardProof(plan)
        isProven = false
        digesting = plan.processes.compactMap { $0.shard?.digestSeconds }.max() ?? 0
        ask(hasLoaded: false, done)
    }

    /// The coordinator has printed a line.
    func read(_ line: String, of run: ProcessRun) {
        guard proof?.hasLoaded(line) == true else { return }
        processes.pause(run)
        prove(run) { [self] in if $0 != .proven { refuted(run, $0) } }
    }

    /// It could serve; `done` is told whether it may.
    func prove(_ run: ProcessRun, _ done: @escaping (ShardProof.Verdict) -> Void) {
        guard proof != nil, !isProven else { return done(.proven) }
        ask(hasLoaded: true) { [self] verdict in
            isProven = verdict == .proven
            if isProven { processes.resume(run) }
            done(verdict)
        }
    }

    private func ask(hasLoaded: Bool, _ done: @escaping (ShardProof.Verdict) -> Void) {
        if let waiting { loop.cancel(waiting.timer) }
        waiting = nil
        let nodes = proof?.nodes ?? []
        let runs = nodes.compactMap { workers[$0] }.filter {
            processes.lookAtShard(of: $0, hasLoaded: hasLoaded)
        }
        guard runs.count == nodes.count else {
            return done(.unknown("a worker that has a shard does not run"))
        }
        guard !runs.isEmpty else { return done(.proven) }
        let timer = loop.at(EventLoop.now + Self.patience + digesting) { [self] in
            let asked = waiting
            waiting = nil
            let silent = ShardProof.silent((asked?.runs ?? []).map(\.node))
            done(.all((asked?.verdicts ?? []) + [silent]))
        }
        waiting = Waiting(
            runs: Set(runs), timer: timer, hasLoaded: hasLoaded, done: done)
    }

    /// A guard has looked.
    func answered(_ run: ProcessRun, _ state: ShardState) {
        guard let asked = waiting, asked.runs.contains(run) else { return }
        let verdict =
            asked.hasLoaded ? proof?.ended(run.node, state) : proof?.began(run.node, state)
        take(run, verdict ?? .proven)
    }

    private func take(_ run: ProcessRun, _ verdict: ShardProof.Verdict) {
        guard var asked = waiting, asked.runs.remove(run) != nil else { return }
        asked.verdicts.append(verdict)
        waiting = asked
        guard asked.runs.isEmpty else { return }
        loop.cancel(asked.timer)
        waiting = nil
        asked.done(.all(asked.verdicts))
    }
}
