import Basics

/// One line of `events.jsonl`: what people were told, and when.
package struct HistoryEntry: Codable, Equatable, Sendable {
    /// When it was told.
    package var time: Timestamp
    /// The kind of report: `phase`, `progress`, `warning`, `failure`, `serving`.
    package var kind: String
    /// The words on the terminal.
    package var message: String
    /// More lines, in their order.
    package var details: [String]
    /// The process that it is about, where it is about one.
    package var process: String?

    /// The entry of a report that was told then.
    package init(_ report: Report, at time: Timestamp) {
        self.time = time
        kind = report.kind.rawValue
        message = report.message
        details = report.details
        process = report.subject?.description
    }

    /// One line of JSON, keys in their documented order, without a newline at its end.
    package var line: String { json.line }

    var json: OrderedJSON {
        var members: [(key: String, value: OrderedJSON)] = [
            ("time", .string(time.description)), ("kind", .string(kind)),
            ("message", .string(message)), ("details", .strings(details)),
        ]
        if let process { members.append(("process", .string(process))) }
        return .object(members)
    }
}
