import SollolRuntime
import Basics
import Foundation
import Status

/// `sollol down`: ends the cluster and returns when nothing of it runs any more.
struct DownCommand {
    /// Seconds that ending everything may take, beside requests in flight, before it is called a
    /// failure.
    private static let patience = 30.0

    /// Seconds between the end of an entry and that of its lock, generously.
    private static let lastMoment = 2.0

    private let cluster: NamedCluster
    private let isQuiet: Bool

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let limit = try arguments.seconds("--timeout")
        let command = DownCommand(
            cluster: try NamedCluster(arguments), isQuiet: arguments.has("--quiet"))
        return command.down(limit: limit)
    }

    /// - Parameter limit: seconds for requests in flight; nil leaves it to `timeouts.stop`.
    private func down(limit: Double?) -> ExitStatus {
        switch cluster.ask(ControlRequest(.stop, limit: limit)) {
        case .notRunning:
            if let script = cluster.script {
                CommandLineInterface.complain(error: script.text)
                return .unavailable
            }
            say(cluster.strangeness(for: "down") ?? "nothing runs of cluster \(cluster.name)")
            return .success
        case .answered(let answer):
            if let problem = answer.problem { return failed(problem) }
        case .hung(let hung):
            CommandLineInterface.complain(error: "\(hung)")
            return .unavailable
        case .foreign(let foreign):
            // TERM is understood by every release.
            guard terminate(foreign.pid) else {
                return failed("\(foreign)")
            }
        case .silent(let pid, let reason):
            // Before it has a socket nothing runs yet, and TERM ends it. At its end its entry goes
            // before its lock does.
            guard terminate(pid) || isGone(within: Self.lastMoment) else {
                return failed(
                    "sollol holds \(cluster.statePath)/lock but does not answer (\(reason))")
            }
        }
        guard isGone(within: limit.map { $0 + Self.patience } ?? .infinity) else {
            return failed("sollol was told to stop but still runs")
        }
        if let last = EventHistory.last(state: cluster.statePath),
            last.message == Report.somethingIsLeft
        {
            let text = "error: cluster \(cluster.name) is down, but \(last.message):"
            CommandLineInterface.complain(([text] + last.details).joined(separator: "\n    "))
            return .unavailable
        }
        say("cluster \(cluster.name) is down; nothing is left running")
        return .success
    }

    /// Sends TERM to the `sollol` of that id if its own entry proves that it is one, and of this
    /// cluster: an id in a file may have been given to another process meanwhile.
    private func terminate(_ pid: Int32?) -> Bool {
        guard let pid, RunningEntry.isSollol(pid, of: cluster.statePath) else { return false }
        return kill(pid, SIGTERM) == 0
    }

    private func isGone(within seconds: Double) -> Bool {
        let end = ProcessInfo.processInfo.systemUptime + seconds
        while cluster.holder.isHeld {
            guard ProcessInfo.processInfo.systemUptime < end else { return false }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return true
    }

    private func say(_ text: String) {
        if !isQuiet { CommandLineInterface.complain(text) }
    }

    private func failed(_ problem: String) -> ExitStatus {
        let pid = cluster.holder.pid.map(String.init) ?? "PID"
        CommandLineInterface.complain(
            "error: \(problem). It is pid \(pid); if it is stopped: kill -CONT \(pid); to end it "
                + "by force: kill -KILL \(pid), and its servers end with it")
        return .unavailable
    }
}
