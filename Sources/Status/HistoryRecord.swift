import Basics

/// A line of `events.jsonl` as it is read: bounded, and valid or none. `HistoryEntry` writes them.
///
/// Lines of former releases lack members; those of later ones may have more of them, and kinds and
/// causes that this one does not know.
package struct HistoryRecord: Equatable, Sendable {
    /// The highest version of a line that is understood.
    private static let formatVersion = 1
    /// What nobody reaches, in seconds or requests.
    private static let most = 1e12

    /// When it was told.
    package var time = Timestamp(seconds: 0)
    /// The kind of report, of `Report.Kind` as a rule.
    package var kind = ""
    /// The process that it is about.
    package var process: String?
    /// The code of a failure's cause.
    package var cause: String?
    /// The host of the process, as ssh knows it; nil: this machine.
    package var host: String?
    /// What a person can do about it.
    package var remedy: String?
    /// The words on the terminal.
    package var message = ""
    /// More lines.
    package var details: [String] = []
    /// Of a recovery: seconds without service.
    package var outageSeconds: Double?
    /// Of a recovery: requests that were lost, as far as is known.
    package var lostAtLeast: Int?
    /// The line as it was written, where it is plain and can be passed on as it is.
    private var written: [UInt8]?

    /// The record of a line without its newline; nil when it is none that this release understands.
    package init?(line: [UInt8]) {
        guard line.count <= Bounds.historyLineBytes else { return nil }
        var reader = JSONLine(line)
        var seen = Set<String>(minimumCapacity: 12)
        var record = HistoryRecord()
        let isRead = reader.object { key, value in
            seen.insert(key).inserted && record.take(key, &value)
        }
        guard isRead, seen.isSuperset(of: ["time", "kind", "message"]) else { return nil }
        if line.allSatisfy({ (0x20..<0x7F).contains($0) }) { record.written = line }
        self = record
    }

    private init() {}

    private mutating func take(_ key: String, _ value: inout JSONLine) -> Bool {
        switch key {
        case "time":
            guard let text = value.string(), let time = Timestamp(text), time.description == text
            else { return false }
            self.time = time
        case "kind": return Self.put(value.string(), into: &kind)
        case "message": return Self.put(value.string(), into: &message)
        case "details": return Self.put(value.strings(), into: &details)
        case "process": return Self.put(value.stringOrNull(), into: &process)
        case "cause": return Self.put(value.stringOrNull(), into: &cause)
        case "host": return Self.put(value.stringOrNull(), into: &host)
        case "remedy": return Self.put(value.stringOrNull(), into: &remedy)
        case "outage_seconds":
            guard let number = value.numberOrNull(in: -1...Self.most) else { return false }
            outageSeconds = number < 0 ? nil : number
        case "lost_at_least":
            guard let number = value.numberOrNull(in: -1...Self.most) else { return false }
            lostAtLeast = number < 0 ? nil : Int(number)
        case "format_version":
            guard let version = value.numberOrNull(in: 0...Self.most) else { return false }
            return version <= Double(Self.formatVersion)
        default: return value.skip()
        }
        return true
    }

    private static func put<Value>(_ value: Value?, into place: inout Value) -> Bool {
        guard let value else { return false }
        place = value
        return true
    }

    /// An empty one is none.
    private static func put(_ value: String?, into place: inout String?) -> Bool {
        guard let value else { return false }
        place = value.isEmpty ? nil : value
        return true
    }

    /// One line of JSON for programs, with its newline.
    package var line: [UInt8] {
        (written ?? Array(OrderedJSON.object(members).line.utf8)) + [UInt8(ascii: "\n")]
    }

    private var members: [(key: String, value: OrderedJSON)] {
        [
            ("time", .string(time.description)), ("kind", .string(kind)),
            ("process", .optional(process)), ("cause", .optional(cause)),
            ("message", .string(message)), ("details", .strings(details)),
        ] + (host.map { [("host", .string($0))] } ?? [])
            + (remedy.map { [("remedy", .string($0))] } ?? [])
            + (outageSeconds.map { [("outage_seconds", .number($0))] } ?? [])
            + (lostAtLeast.map { [("lost_at_least", .int($0))] } ?? [])
    }

    /// Whether it tells of that process, be it as what a recovery was for.
    package func concerns(_ name: String) -> Bool {
        process == name || message.hasPrefix("\(name): ") || message.contains("(\(name): ")
    }
}
