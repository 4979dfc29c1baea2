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
        let isPreview = arguments.has("--dry-run")
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        if !isPreview && arguments.has("--format") {
            throw CommandLineArguments.Mistake(message: "--format goes with --dry-run")
        }
        let limit = try arguments.seconds("--timeout") ?? .infinity
        let cluster = try NamedCluster(arguments)
        let end = ProcessInfo.processInfo.systemUptime + limit
        let isQuiet = arguments.has("--quiet")
        var question = ControlRequest(isPreview ? .reloadPreview : .reload)
        var number: Int?
        var shown = 0
        var pause = interval.first
        while true {
            let outcome = cluster.ask(question)
            guard case .answered(let answer) = outcome, answer.problem == nil,
                let progress = answer.reload
            else { return failed(outcome, cluster, hasBegun: number != nil) }
            number = number ?? progress.number
            question = ControlRequest(.reloadProgress, reload: number)
            guard number == progress.number else {
                return complain("another reload has taken the place of this one", .unavailable)
            }
            for line in progress.lines.dropFirst(shown) where !isQuiet || line.hasPrefix("error: ")
            {
                CommandLineInterface.complain(TerminalText.clean(line))
            }
            shown = progress.lines.count
            if let preview = progress.preview {
                try CommandLineInterface.write(isJSON ? preview.json : preview.text)
            }
            if let status = progress.outcome { return ExitStatus(rawValue: status) ?? .software }
            let state = answer.status?.state ?? .stopped
            guard ![.stopping, .failed].contains(state),
                ProcessInfo.processInfo.systemUptime < end
            else {
                return complain(
                    "the cluster is \(state.rawValue) and does not serve as it should yet. "
                        + "See: \(cluster.arguments.command("status"))", .unavailable)
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
            complain(answer.problem ?? "sollol says nothing about a reload", .unavailable)
        case .notRunning where hasBegun:
            complain(
                "the cluster has ended. See: \(cluster.arguments.command("status"))", .unavailable)
        default: complain(outcome.silence(of: cluster) ?? "", .unavailable)
        }
    }

    private static func complain(_ text: String, _ status: ExitStatus) -> ExitStatus {
        CommandLineInterface.complain(error: text)
        return status
    }
}
