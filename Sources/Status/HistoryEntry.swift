import Basics
import Foundation

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
    /// A `CauseCode`, where it is about a failure; a later release may know others.
    package var cause: String?
    /// The host of that process, as ssh knows it; nil: this machine.
    package var host: String?
    /// What a person can do about it, where it is about a failure.
    package var remedy: String?
    /// For the end of a time without service, its seconds (`Recovery`).
    package var outageSeconds: Double?
    /// Requests that were lost by it, at least.
    package var lostAtLeast: Int?

    enum CodingKeys: String, CodingKey {
        case time, kind, message, details, process, cause, host, remedy
        case outageSeconds = "outage_seconds"
        case lostAtLeast = "lost_at_least"
    }

    /// The entry of a report that was told then.
    package init(_ report: Report, at time: Timestamp) {
        self.time = time
        kind = report.kind.rawValue
        message = report.message
        details = report.details
        process = report.subject?.description
        cause = report.cause?.rawValue
        host = report.host
        remedy = report.remedy
        outageSeconds = report.recovery.map { ($0.outageSeconds * 1000).rounded() / 1000 }
        lostAtLeast = report.recovery?.lostAtLeast
    }

    /// What was told about a process, with its host: `worker-1 on gpu-1: it aborted`.
    package static func placed(
        _ message: String, _ process: String?, on host: String?
    ) -> String {
        guard let process, let host, message.hasPrefix("\(process): ") else { return message }
        return "\(process) on \(host)" + message.dropFirst(process.count)
    }

    /// The version of a line, its member `format_version`; a line without one is of version 1.
    ///
    /// Raised when a member changes its meaning or its type. A new member or a new kind raises
    /// nothing: readers pass over what they do not know, and lines of a higher version.
    private static let formatVersion = 1

    /// One line of JSON, keys in their documented order, without a newline at its end.
    package var line: String {
        OrderedJSON.object(members + [("format_version", .int(Self.formatVersion))]).line
    }

    /// The entry of a line; nil when it is none that this release understands.
    package init?(line: Data) {
        struct Envelope: Decodable {
            var version: Int?
            enum CodingKeys: String, CodingKey { case version = "format_version" }
        }
        let decoder = JSONDecoder()
        guard let envelope = try? decoder.decode(Envelope.self, from: line),
            envelope.version ?? 1 <= Self.formatVersion,
            let entry = try? decoder.decode(HistoryEntry.self, from: line)
        else { return nil }
        self = entry
    }

    var json: OrderedJSON { .object(members) }

    private var members: [(key: String, value: OrderedJSON)] {
        var members: [(key: String, value: OrderedJSON)] = [
            ("time", .string(time.description)), ("kind", .string(kind)),
            ("message", .string(message)), ("details", .strings(details)),
        ]
        if let process { members.append(("process", .string(process))) }
        if let cause { members.append(("cause", .string(cause))) }
        if let host { members.append(("host", .string(host))) }
        if let remedy { members.append(("remedy", .string(remedy))) }
        if let outageSeconds { members.append(("outage_seconds", .number(outageSeconds))) }
        if let lostAtLeast { members.append(("lost_at_least", .int(lostAtLeast))) }
        return members
    }
}
