import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol reload`: lets the running `sollol` take over a changed configuration; 0 once the cluster
/// serves with it.
enum ReloadCommand {
    /// Seconds between two looks at how far it is: soon at first, then rarely.
    private static let interval = (first: 0.05, most: 0.5)

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let limit = try arguments.seconds("--timeout") ?? .infinity
        let cluster = try NamedCluster(arguments)
        let end = ProcessInfo.processInfo.systemUptime + limit
        let isQuiet = arguments.has("--quiet")
        let idle = ["--model", "--rpc", "--host", "--port", "--ctx-size"].filter(arguments.has)
        if !idle.isEmpty, !isQuiet {
            CommandLineInterface.complain(
                "notice: \(idle.joined(separator: ", ")) is not used here: the running sollol reads "
                    + "its file again and keeps its own options")
        }
        var question = ControlRequest.Command.reload
        var number: Int?
        var shown = 0
        var pause = interval.first
        while true {
            let outcome = cluster.client.ask(ControlRequest(question))
            guard case .answered(let answer) = outcome, answer.problem == nil,
                let progress = answer.reload
            else { return failed(outcome, cluster, hasBegun: number != nil) }
            question = .reloadProgress
            number = number ?? progress.number
            guard number == progress.number else {
                return complain("another reload has taken the place of this one", .unavailable)
            }
            for line in progress.lines.dropFirst(shown) where !isQuiet || line.hasPrefix("error: ")
            {
                CommandLineInterface.complain(TerminalText.clean(line))
            }
            shown = progress.lines.count
            if let status = progress.outcome { return ExitStatus(rawValue: status) ?? .software }
            let state = answer.status?.state ?? .stopped
            guard ![.stopping, .failed].contains(state),
                ProcessInfo.processInfo.systemUptime < end
            else {
                return complain(
                    "the cluster is \(state.rawValue) and does not serve as it should yet. "
                        + "See: sollol status", .unavailable)
            }
            Thread.sleep(forTimeInterval: pause)
            pause = min(interval.most, pause * 1.02)
        }
    }

    private static func failed(
        _ outcome: ControlClient.Outcome, _ cluster: NamedCluster, hasBegun: Bool
    ) -> ExitStatus {
        switch outcome {
        case .answered(let answer):
            return complain(answer.problem ?? "sollol says nothing about a reload", .unavailable)
        case .notRunning where hasBegun:
            return complain("the cluster has ended. See: sollol status", .unavailable)
        case .notRunning:
            return complain(
                "nothing runs of cluster \(cluster.name). Start it: sollol up", .unavailable)
        case .hung(let hung): return complain("\(hung)", .unavailable)
        case .silent(let pid, let reason):
            let who = pid.map { " (pid \($0))" } ?? ""
            return complain("sollol\(who) does not answer: \(reason)", .unavailable)
        }
    }

    private static func complain(_ text: String, _ status: ExitStatus) -> ExitStatus {
        CommandLineInterface.complain("error: \(text)")
        return status
    }
}
