import Basics
import Supervision

/// The logs of the servers of a plan.
struct ServerLogs {
    private let state: StateDirectory
    private var logs: [Node: (name: NodeName, log: QueuedLog)] = [:]
    /// The run whose lines came last, and what its looks cost.
    private var runs: [Node: (run: ProcessRun, chatter: ProbeChatter)] = [:]

    /// None yet; they will be in that state directory.
    init(state: StateDirectory) { self.state = state }

    /// From now on there are those of these processes, each under the name that people read.
    ///
    /// - Parameter warn: told of a log that its disk takes no lines.
    mutating func follow(_ nodes: [Node], warn: @escaping (Node, String) -> Void) {
        logs = logs.filter { nodes.contains($0.key) }
        for node in nodes where logs[node]?.name != node.name {
            let log = state.logs.log(.init(path: state.logPath("\(node)"))) { warn(node, $0) }
            logs[node] = (node.name, log)
        }
    }

    /// Appends a line that a server has printed; returns whether it was one that says something.
    mutating func append(_ line: String, of run: ProcessRun) -> Bool {
        let log = logs[run.node]?.log
        if runs[run.node]?.run != run {
            runs[run.node] = (run, ProbeChatter())
            log?.remember(true)
        }
        guard case .keep(let count)? = runs[run.node]?.chatter.takes(line) else { return false }
        if let remark = ProbeChatter.remark(count) { log?.append(remark) }
        log?.append(line)
        return true
    }

    /// The cluster serves: what its servers print from now on is no start.
    func started() { for log in logs.values { log.log.remember(false) } }
}
