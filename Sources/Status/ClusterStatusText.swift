import Basics
import Supervision

extension ClusterStatus {
    /// One screen for people.
    ///
    /// - Parameters:
    ///   - now: for how long ago things were.
    ///   - place: how they read times.
    package func text(at now: Timestamp, in place: LocalTime) -> String {
        var blocks = [heading(now, place)]
        if !processes.isEmpty { blocks.append(table) }
        if !layers.isEmpty { blocks.append(["layers:"] + layers.map { "  \($0)" }) }
        blocks.append(places)
        return blocks.map { $0.map(TerminalText.clean).joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    private func heading(_ now: Timestamp, _ place: LocalTime) -> [String] {
        func when(_ time: Timestamp) -> String { "\(place.text(time)) (\(time.ago(at: now)))" }
        var first = "cluster \(cluster): \(state.rawValue)"
        if let url, isServing { first += " at \(url)" }
        if let since { first += " since \(when(since))" }
        if state == .dead { first += ", its servers ended with it" }
        var lines = [first] + (warnings ?? []).map { "warning: \($0)" }
        if let summary {
            lines.append("last: \(summaryTime.map { "\(place.text($0)): " } ?? "")\(summary)")
        }
        if let lastEvent, summary?.hasSuffix(lastEvent.message) != true,
            summary == nil || lastEvent.kind != Report.Kind.serving.rawValue
        {
            lines.append("last event: \(when(lastEvent.time)): \(lastEvent.message)")
            if state == .failed { lines += lastEvent.details.map { "    \($0)" } }
        }
        return lines
    }

    private var table: [String] {
        let rows =
            [["NAME", "STATE", "WHERE", "PID", "MEMORY", "RESTARTS"]]
            + processes.map { process in
                [
                    process.name, process.stateText, process.endpoint,
                    process.pid.map(String.init) ?? "-",
                    process.residentBytes.map { MemorySize.text($0) } ?? "-",
                    process.restartsText,
                ]
            }
        return TextTable.lines(rows, indent: "  ")
    }

    private var places: [String] {
        var lines = [
            "logs: \(stateDirectory)/logs/NAME.log (sollol logs NAME)",
            "history: \(stateDirectory)/events.jsonl (sollol history)",
        ]
        if let pid {
            lines.append("supervisor: pid \(pid)" + (planID.map { ", plan \($0)" } ?? ""))
        }
        return lines
    }
}

extension ClusterStatus.Process {
    /// `ready`, `left out`.
    var stateWords: String { state.replacing("_", with: " ") }

    /// `ready`, `left out`, `loading 40%`.
    fileprivate var stateText: String {
        stateWords + (progress.map { " \($0.percent)%" } ?? "")
    }

    /// `3 (2 failures, 1 asked for)`: the rest was for another one's failure.
    fileprivate var restartsText: String {
        let failed = failures.flatMap { $0 > 0 ? plural($0, "failure") : nil }
        let asked = requestedRestarts.flatMap { $0 > 0 ? "\($0) asked for" : nil }
        let why = [failed, asked].compactMap { $0 }
        return "\(restarts)" + (why.isEmpty ? "" : " (\(why.joined(separator: ", ")))")
    }
}
