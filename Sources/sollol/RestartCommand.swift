import Basics
import Foundation
import Status

/// `sollol restart`: restarts a process, or all, in the right order; 0 once the cluster serves.
enum RestartCommand {
    /// Seconds between two looks at the status.
    private static let interval = 0.05

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let limit = try arguments.seconds("--timeout") ?? .infinity
        let cluster = try NamedCluster(arguments)
        let word = arguments.words.dropFirst().first
        let name = word == "all" ? nil : word
        let before: ClusterStatus
        switch cluster.client.ask(ControlRequest(.restart, name: name)) {
        case .answered(let answer):
            guard answer.problem == nil, let status = answer.status else {
                CommandLineInterface.complain("error: \(answer.problem ?? "no status")")
                return .usage
            }
            before = status
        case .notRunning:
            CommandLineInterface.complain(
                "error: nothing runs of cluster \(cluster.name). Start it: sollol up")
            return .unavailable
        case .hung(let hung):
            CommandLineInterface.complain("error: \(hung)")
            return .unavailable
        case .silent(let pid, let reason):
            let who = pid.map { " (pid \($0))" } ?? ""
            CommandLineInterface.complain("error: sollol\(who) does not answer: \(reason)")
            return .unavailable
        }
        let end = ProcessInfo.processInfo.systemUptime + limit
        while true {
            let status = cluster.status()
            if isDone(name, before, status) {
                if !arguments.has("--quiet"), let summary = status.summary {
                    CommandLineInterface.complain(TerminalText.clean(summary))
                }
                return .success
            }
            let isOver = [.stopping, .stopped, .failed].contains(status.state)
            if isOver || ProcessInfo.processInfo.systemUptime >= end {
                CommandLineInterface.complain(
                    "error: the cluster is \(status.state.rawValue) and does not serve. "
                        + "See: sollol status")
                return .unavailable
            }
            Thread.sleep(forTimeInterval: interval)
        }
    }

    /// Whether it serves, and all that was to be restarted has been started anew.
    private static func isDone(
        _ name: String?, _ before: ClusterStatus, _ now: ClusterStatus
    ) -> Bool {
        let counts = Dictionary(
            now.processes.map { ($0.name, $0.restarts) }, uniquingKeysWith: { first, _ in first })
        // Who runs elsewhere by somebody else's hand is not restarted and has no process id.
        return now.isServing
            && before.processes.filter {
                $0.role == "coordinator" || $0.name == name || (name == nil && $0.pid != nil)
            }.allSatisfy { counts[$0.name] ?? 0 > $0.restarts }
    }
}
