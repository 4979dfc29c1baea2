import Basics

extension ClusterStatus {
    /// One screen for people.
    ///
    /// - Parameter now: for how long ago things were.
    package func text(at now: Timestamp) -> String {
        var blocks = [heading(now)]
        if !processes.isEmpty { blocks.append(table) }
        if !layers.isEmpty { blocks.append(["layers:"] + layers.map { "  \($0)" }) }
        blocks.append(places)
        return blocks.map { $0.map(TerminalText.clean).joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    private func heading(_ now: Timestamp) -> [String] {
        var first = "cluster \(cluster): \(state.rawValue)"
        if let url, isServing { first += " at \(url)" }
        if let since { first += " since \(since) (\(since.ago(at: now)))" }
        var lines = [first] + (warnings ?? []).map { "warning: \($0)" }
        if let summary { lines.append("last: \(summary)") }
        if let lastEvent, summary?.hasSuffix(lastEvent.message) != true,
            summary == nil || lastEvent.kind != Report.Kind.serving.rawValue
        {
            let age = lastEvent.time.ago(at: now)
            lines.append("last event: \(lastEvent.time) (\(age)): \(lastEvent.message)")
            if state == .failed { lines += lastEvent.details.map { "    \($0)" } }
        }
        return lines
    }

    private var table: [String] {
        let rows =
            [["NAME", "STATE", "WHERE", "PID", "RESTARTS"]]
            + processes.map {
                [
                    $0.name, $0.state, $0.endpoint, $0.pid.map(String.init) ?? "-",
                    String($0.restarts),
                ]
            }
        return TextTable.lines(rows, indent: "  ")
    }

    private var places: [String] {
        var lines = [
            "logs: \(stateDirectory)/logs/NAME.log (sollol logs NAME)",
            "history: \(stateDirectory)/events.jsonl",
        ]
        if let pid {
            lines.append("supervisor: pid \(pid)" + (planID.map { ", plan \($0)" } ?? ""))
        }
        return lines
    }
}
