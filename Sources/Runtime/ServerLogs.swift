import Basics
import Supervision

/// The logs of the servers of a plan.
struct ServerLogs {
    private let state: StateDirectory
    private var logs: [Node: (name: NodeName, log: QueuedLog)] = [:]

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

    /// Appends a line that a server has printed.
    func append(_ line: String, of run: ProcessRun) { logs[run.node]?.log.append(line) }
}
