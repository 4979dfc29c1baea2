import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol status`: what the cluster does; 0 when it serves, 3 when it does not. Where no
/// configuration says which cluster is meant, all are shown.
struct StatusCommand {
    /// Seconds between two looks of `--watch`.
    private static let interval = 1.0

    private let cluster: NamedCluster
    private let isJSON: Bool

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let cluster = try NamedCluster(arguments)
        let command = StatusCommand(cluster: cluster, isJSON: isJSON)
        if arguments.has("--watch") { return try command.watch() }
        if cluster.isGuess { return try ListCommand.status(isJSON: isJSON) }
        if let notice = cluster.strangeness(for: "status") {
            CommandLineInterface.complain("notice: \(notice)")
        }
        let status = cluster.status()
        if status.pid == nil, !status.isServing, let script = cluster.script {
            CommandLineInterface.complain("notice: \(script.text)")
        }
        try CommandLineInterface.write(
            isJSON
                ? status.json : cluster.arguments.completed(status.text(at: .now, in: .here)))
        return status.isServing ? .success : .notServing
    }

    private func watch() throws -> ExitStatus {
        let environment = ProcessInfo.processInfo.environment
        if !isJSON, let screen = try TerminalScreen(environment: environment) {
            return try watch(on: screen)
        }
        Signals.endAtOnce(isQuiet: true)
        // Until Ctrl-C, which is its normal end, or until whoever reads has gone (SIGPIPE).
        var shown: String?
        while true {
            let status = cluster.status()
            let line =
                isJSON ? status.jsonLine : cluster.arguments.completed(status.line(in: .here))
            if line != shown {
                try CommandLineInterface.write(
                    isJSON ? "\(line)\n" : "\(LocalTime.here.clock(.now)) \(line)\n")
            }
            shown = line
            Thread.sleep(forTimeInterval: Self.interval)
        }
    }

    /// Until `q`, Ctrl-C, or the terminal goes.
    private func watch(on screen: TerminalScreen) throws -> ExitStatus {
        defer { screen.leave() }
        while true {
            let status = cluster.status()
            var wake = TerminalScreen.Wake.changed
            let next = TerminalScreen.now + Self.interval
            // A resize shows the same anew, at once.
            while wake == .changed {
                let view = StatusView(status, on: screen.form, at: .now, in: .here)
                let lines = view.lines(hint: "q ends this view, not the cluster")
                // Where it takes none, nobody could read why either.
                guard (try? screen.draw(lines)) != nil else { return .success }
                wake = screen.wait(until: next)
            }
            switch wake {
            case .gone, .key(UInt8(ascii: "q")), .key(UInt8(ascii: "Q")): return .success
            case .time, .changed, .key: break
            }
        }
    }
}
