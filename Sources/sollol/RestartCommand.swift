import SollolRuntime
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
        let outcome = cluster.ask(ControlRequest(.restart, name: name))
        if case .answered(let answer) = outcome, answer.problem == nil, let status = answer.status {
            before = status
        } else {
            return refused(outcome, name, cluster)
        }
        let end = ProcessInfo.processInfo.systemUptime + limit
        while true {
            let status = cluster.status()
            if status.isServing, status.hasRestarted(name, since: before) {
                if !arguments.has("--quiet"), let summary = status.summary {
                    CommandLineInterface.complain(TerminalText.clean(summary))
                }
                return .success
            }
            let isOver = [.stopping, .stopped, .failed].contains(status.state)
            if isOver || ProcessInfo.processInfo.systemUptime >= end {
                CommandLineInterface.complain(
                    "error: the cluster is \(status.state.rawValue) and does not serve. "
                        + "See: \(cluster.arguments.command("status"))")
                return .unavailable
            }
            Thread.sleep(forTimeInterval: interval)
        }
    }

    private static func refused(
        _ outcome: ControlClient.Outcome, _ name: String?, _ cluster: NamedCluster
    ) -> ExitStatus {
        guard case .answered(let answer) = outcome else {
            CommandLineInterface.complain(error: outcome.silence(of: cluster) ?? "")
            return .unavailable
        }
        CommandLineInterface.complain(error: answer.problem ?? "no status")
        if let refusal = answer.refusal {
            return refusal == .unknownProcess ? .usage : .unavailable
        }
        // The first release says no more than that; a wrong name is one that its status lacks.
        let processes = cluster.status().processes
        let isUnknown = name != nil && !processes.contains { $0.name == name }
        return isUnknown ? .usage : .unavailable
    }
}
