import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol status`: what the cluster does; 0 when it serves, 3 when it does not. Where no
/// configuration says which cluster is meant, all are shown.
enum StatusCommand {
    /// Seconds between two looks of `--watch`.
    private static let interval = 1.0

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let cluster = try NamedCluster(arguments)
        guard arguments.has("--watch") else {
            if cluster.isGuess { return try ListCommand.status(isJSON: isJSON) }
            let status = cluster.status()
            try CommandLineInterface.write(isJSON ? status.json : status.text(at: .now, in: .here))
            return status.isServing ? .success : .notServing
        }
        Signals.endAtOnce(isQuiet: true)
        // Until Ctrl-C, which is its normal end, or until whoever reads has gone (SIGPIPE).
        var shown: ClusterStatus?
        while true {
            let status = cluster.status()
            if isJSON {
                if status != shown { try CommandLineInterface.write(status.jsonLine + "\n") }
            } else if isatty(1) == 1 {
                // Home, each line to its end, then what is left of an earlier, longer screen.
                let screen = status.text(at: .now, in: .here).replacing("\n", with: "\u{1B}[K\n")
                try CommandLineInterface.write(Array("\u{1B}[H\(screen)\u{1B}[J".utf8))
            } else if status != shown {
                try CommandLineInterface.write(status.text(at: .now, in: .here) + "\n")
            }
            shown = status
            Thread.sleep(forTimeInterval: interval)
        }
    }
}
