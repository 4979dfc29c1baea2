import Basics

/// What `sollol history` says.
package struct ClusterHistory: Sendable {
    /// Lines of a note or of a program that are shown.
    private static let mostDetails = 8

    private let cluster: String
    private let shown: [HistoryTale.Told]
    private let service: ServiceTime
    private let since: Timestamp?
    private let end: Timestamp

    /// The history of a cluster.
    ///
    /// - Parameters:
    ///   - all: every record there is, oldest first.
    ///   - since: what happened before is only counted on.
    ///   - process: only what concerns this one.
    ///   - end: the time up to which it is known what the cluster does.
    package init(
        of cluster: String, _ all: [HistoryRecord], since: Timestamp?, process: String?,
        end: Timestamp
    ) {
        self.cluster = cluster
        (self.since, self.end) = (since, end)
        let all = all.map { HistoryTale.Told(record: $0, event: HistoryEvent($0)) }
        service = ServiceTime(all)
        shown = all.filter { told in
            since.map { told.record.time >= $0 } != false
                && process.map { told.record.concerns($0) } != false
        }
    }

    /// Whether there is nothing to show.
    package var isEmpty: Bool { shown.isEmpty }

    /// One object a line.
    package var json: [UInt8] { shown.flatMap(\.record.line) }

    /// Sentences for people, and what they amount to.
    package func text(in place: LocalTime) -> String {
        let tale = HistoryTale(shown)
        var lines = ["cluster \(cluster)" + (since.map { " since \(place.text($0))" } ?? "")]
        var day = ""
        for chapter in tale.chapters {
            let (time, block) = told(chapter, place)
            // `2026-11-24T11:31:05`, and what the place is ahead of UTC by.
            let read = place.stamp(time).split(separator: "T")
            if read[0] != day {
                day = String(read[0])
                lines += ["", day]
            }
            lines.append("  \(read[1].prefix(8))  \(block[0])")
            lines += block.dropFirst().map { "            \($0)" }
        }
        lines += [""] + totals(tale, place)
        return lines.map { TerminalText.clean($0) + "\n" }.joined()
    }

    // MARK: Chapters

    private func told(
        _ chapter: HistoryTale.Chapter, _ place: LocalTime
    ) -> (Timestamp, [String]) {
        switch chapter {
        case .note(let time, let text, let details):
            return (time, [text] + details.suffix(Self.mostDetails))
        case .incident(let incident):
            let time = incident.failures.first?.first ?? Timestamp(seconds: 0)
            var lines: [String] = []
            for failures in incident.failures {
                lines.append((lines.isEmpty ? "" : "then ") + sentence(failures, place))
                if let words = failures.failure.words { lines.append("| \(words)") }
            }
            let remedies = Remedies.of(
                incident.failures.map(\.failure).map {
                    .init(process: $0.process, cause: $0.code?.rawValue, remedy: $0.remedy)
                })
            let outcome = Self.outcome(incident)
            if incident.failures.count == 1, !outcome.isEmpty {
                lines[0] += "; \(outcome)"
            } else if !outcome.isEmpty {
                lines.append(outcome)
            }
            return (time, lines + remedies.map { "to do: \($0)" })
        }
    }

    /// `worker-1 on gpu-1: it aborted (signal 6); restarting now`, or how often.
    private func sentence(_ failures: HistoryTale.Failures, _ place: LocalTime) -> String {
        let failure = failures.failure
        let process = failure.process + (failure.host.map { " on \($0)" } ?? "")
        guard failures.count > 1 else {
            return "\(process): \(failure.cause)\(failure.action)"
        }
        let span = max(1, (failures.last.seconds - failures.first.seconds + 59) / 60)
        let last = place.clock(failures.last)
        return "\(process) failed \(failures.count) times in "
            + "\(span < 100 ? plural(span, "minute") : duration(Double(span * 60))), last at "
            + "\(last): \(failure.cause)\(failure.action)"
    }

    private static func outcome(_ incident: HistoryTale.Incident) -> String {
        let loss = HistoryTale.loss(incident.lost)
        switch incident.recoveries {
        case 0: return ""
        case 1: return "serving again after \(duration(incident.outage))\(loss)"
        case let count:
            return "serving again each time, \(count) times; without service for "
                + "\(duration(incident.outage)) in all\(loss)"
        }
    }

    // MARK: Totals

    private func totals(_ tale: HistoryTale, _ place: LocalTime) -> [String] {
        let incidents = tale.chapters.compactMap { chapter -> HistoryTale.Incident? in
            if case .incident(let incident) = chapter { return incident }
            return nil
        }
        var counts: [String: Int] = [:]
        for failures in incidents.flatMap(\.failures) {
            counts[failures.failure.process, default: 0] += failures.count
        }
        let all = counts.values.reduce(0, +)
        let each = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let (wanted, outage) = service.totals(from: since, to: end)
        var sums = [plural(all, "failure") + (all > 0 ? " (\(each))" : "")]
        sums.append("without service for \(duration(outage))")
        let lost = incidents.reduce(0) { $0 + $1.lost }
        if lost > 0 { sums.append("at least \(plural(lost, "request")) lost") }
        var lines = ["in all: \(sums.joined(separator: "; "))"]
        if let out = service.outSince {
            let why = service.isGivenUp ? "given up" : "not serving"
            lines.append("\(why) since \(place.text(Timestamp(seconds: Int(out))))")
        }
        if wanted > 0 {
            lines.append(
                "available: \(Self.percent(of: wanted, without: outage)) % of \(duration(wanted))")
        }
        return lines
    }

    /// Rounded down, so that 100 means that nothing was missed.
    private static func percent(of wanted: Double, without outage: Double) -> String {
        let thousandths = Int((1 - outage / wanted) * 100_000)
        if outage > 0, thousandths >= 100_000 { return "99.999" }
        let rest = String(1000 + thousandths % 1000).dropFirst()
        let digits = String(rest.reversed().drop { $0 == "0" }.reversed())
        return "\(thousandths / 1000)" + (digits.isEmpty ? "" : ".\(digits)")
    }
}

/// `0.31 s`, `12 min`, `23 h 12 min`, `3 days 4 h`.
func duration(_ value: Double) -> String {
    let minutes = Int(value / 60)
    switch value {
    case ..<120: return "\(seconds(value)) s"
    case ..<6000: return "\(minutes) min"
    case ..<172_800: return "\(minutes / 60) h" + (minutes % 60 > 0 ? " \(minutes % 60) min" : "")
    default:
        let hours = minutes / 60
        return "\(hours / 24) days" + (hours % 24 > 0 ? " \(hours % 24) h" : "")
    }
}
