/// One line of `events.jsonl`: what people were told, and when.
public struct HistoryEntry: Codable, Equatable, Sendable {
    /// When it was told.
    public var time: Timestamp
    /// The kind of report: `phase`, `progress`, `warning`, `failure`, `serving`.
    public var kind: String
    /// The words on the terminal.
    public var message: String
    /// More lines, in their order.
    public var details: [String]
    /// The process that it is about, where it is about one.
    public var process: String?

    /// The entry of a report that was told then.
    ///
    /// - Parameter processes: the plan's names; a message that begins with one is about it.
    public init(_ report: Report, at time: Timestamp, processes: [String] = []) {
        self.time = time
        kind = report.kind.rawValue
        message = report.message
        details = report.details
        process = processes.first { report.message.hasPrefix("\($0): ") }
    }

    /// One line of JSON, keys in their documented order, without a newline at its end.
    public var line: String { json.line }

    var json: OrderedJSON {
        var members: [(key: String, value: OrderedJSON)] = [
            ("time", .string(time.description)), ("kind", .string(kind)),
            ("message", .string(message)), ("details", .strings(details)),
        ]
        if let process { members.append(("process", .string(process))) }
        return .object(members)
    }
}
