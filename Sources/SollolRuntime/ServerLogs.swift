import SollolCore

/// The logs of the servers of a plan, by name.
struct ServerLogs {
    private let state: StateDirectory
    private var logs: [String: QueuedLog] = [:]

    /// None yet; they will be in that state directory.
    init(state: StateDirectory) { self.state = state }

    /// From now on there are those of these processes.
    ///
    /// - Parameter warn: told of a log, by name, that its disk takes no lines.
    mutating func follow(_ names: [String], warn: @escaping (String, String) -> Void) {
        logs = logs.filter { names.contains($0.key) }
        for name in names where logs[name] == nil {
            logs[name] = state.logs.log(.init(path: state.logPath(name))) { warn(name, $0) }
        }
    }

    /// Appends a line that a server has printed.
    func append(_ line: String, of run: ProcessRun) { logs[run.name]?.append(line) }
}
