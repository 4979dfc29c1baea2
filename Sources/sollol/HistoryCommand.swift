import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol history`: what happened, as sentences, or as the lines of `events.jsonl`.
enum HistoryCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let now = Timestamp.now
        let since = try arguments.point("--since", before: now)
        let cluster = try NamedCluster(arguments)
        let records = EventHistory.lines(state: cluster.statePath)
            .compactMap(HistoryRecord.init(line:))
        let process = arguments.words.dropFirst().first
        if let process { try check(process, records, cluster) }
        let history = ClusterHistory(
            of: cluster.name, records, since: since, process: process,
            end: end(of: cluster, records, now))
        if history.isEmpty {
            let what = process.map { " of \($0)" } ?? ""
            CommandLineInterface.complain(
                "\(cluster.statePath)/events.jsonl tells nothing\(what)"
                    + (since.map { " since \(LocalTime.here.text($0))" } ?? ""))
        } else if isJSON {
            try CommandLineInterface.write(history.json)
        } else {
            // Its lines are clean already, and a day of failures has thousands.
            try CommandLineInterface.write(
                Array(cluster.arguments.completed(history.text(in: .here)).utf8))
        }
        return .success
    }

    /// Refuses a process of which neither history nor logs know.
    private static func check(
        _ process: String, _ records: [HistoryRecord], _ cluster: NamedCluster
    ) throws(CommandLineArguments.Mistake) {
        let logs = LogReaders.names(state: cluster.statePath)
        guard !logs.contains(process), !records.contains(where: { $0.process == process }) else {
            return
        }
        let names = Set(records.compactMap(\.process)).union(logs).sorted()
        guard !names.isEmpty else { return }
        throw CommandLineArguments.Mistake(
            message: "no process \(process); it knows: \(names.joined(separator: ", "))")
    }

    /// Up to when it is known what the cluster does: now while its `sollol` runs, or has ended in
    /// order; of one that was killed, when it wrote last.
    private static func end(
        of cluster: NamedCluster, _ records: [HistoryRecord], _ now: Timestamp
    ) -> Timestamp {
        guard RunningEntry.deadPid(of: cluster.statePath) != nil, !cluster.holder.isHeld else {
            return now
        }
        return StateFolder.lastSign(in: cluster.statePath) ?? records.last?.time ?? now
    }
}
