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
        let headline = Headline(self, at: now)
        var lines = [first] + trouble(headline, now, place)
        if isServing, let sentence = speed?.sentence { lines.append("speed: \(sentence)") }
        if state == .recovering || state == .starting, !headline.causes.isEmpty { return lines }
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

    /// What is wrong, what is being done, when that is tried again, and what a person can do.
    private func trouble(
        _ headline: Headline, _ now: Timestamp, _ place: LocalTime
    ) -> [String] {
        var lines = headline.causes.enumerated().map {
            $0 == 0 ? "cause: \($1)" : "and now: \($1)"
        }
        if !headline.causes.isEmpty, let doing = headline.doing {
            let next = headline.nextAttempt.map {
                let pause = duration(Double($0.seconds - now.seconds))
                return "; next attempt \(place.text($0)) (in \(pause))"
            }
            lines.append("doing: \(doing)\(next ?? "")")
        }
        lines += headline.remedies.map { "to do: \($0)" }
        return lines + headline.warnings.map { "warning: \($0)" }
    }

    private var table: [String] {
        func size(_ bytes: Int?) -> String { bytes.map { MemorySize.text($0) } ?? "-" }
        let isSharded = processes.contains { $0.storedBytes != nil }
        let rows =
            [
                ["NAME", "STATE", "WHERE", "PID", "MEMORY"] + (isSharded ? ["STORED"] : [])
                    + ["RESTARTS"]
            ]
            + processes.map { process in
                [
                    process.name, process.stateText, process.endpoint,
                    process.pid.map(String.init) ?? "-", size(process.residentBytes),
                ] + (isSharded ? [size(process.storedBytes)] : []) + [process.restartsText]
            }
        return TextTable.lines(rows, indent: "  ")
    }

    private var places: [String] {
        var lines = dashboardURL.map { ["page: \($0)"] } ?? []
        lines += [
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
