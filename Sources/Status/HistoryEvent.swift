import Basics
import Supervision

/// What a record of the history tells: the only place that reads it out of its words, as long as
/// there are lines that say it in no other way.
enum HistoryEvent: Equatable, Sendable {
    /// A process failed, and what is done about it.
    struct Failure: Equatable, Sendable {
        var process: String
        /// Why, without the process's name.
        var cause: String
        /// Its class, where that is known.
        var code: CauseCode?
        /// `; restarting in 4 s`, or nothing.
        var action: String
        /// The line of the program that tells most.
        var words: String?
        /// Its host, as ssh knows it; nil: this machine.
        var host: String?
        /// What a person can do about it.
        var remedy: String?
    }

    /// A `sollol` begins.
    case begins
    /// A step on the way, of which nobody needs to know later.
    case step
    /// The API answers; seconds since it did not, where it has before.
    case serves(again: Bool, after: Double?)
    case fails(Failure)
    /// A worker that lives on had no memory for a request. What that costs comes next, if anything.
    case refuses(Failure)
    /// The cluster ends for good, because of that.
    case givesUp(Failure?)
    /// A worker is left out, or taken back.
    case leavesOut(String)
    case takesBack(String)
    /// It is being ended as asked.
    case stops
    case stopped
    /// Anything else that was told.
    case other

    init(_ record: HistoryRecord) {
        let message = record.message
        switch Report.Kind(rawValue: record.kind) {
        case .phase: self = message.hasPrefix("[1/") ? .begins : .step
        case .serving:
            self = .serves(
                again: message.hasPrefix("serving again"),
                after: record.outageSeconds ?? Self.seconds(in: message))
        case .failure: self = .givesUp(Self.failure(record))
        case .warning:
            if let process = record.process, message.hasPrefix("going on without ") {
                self = .leavesOut(process)
            } else if let failure = Self.failure(record), MemoryRefusal.isCause(failure.cause) {
                self = .refuses(failure)
            } else if let failure = Self.failure(record),
                record.cause != nil || !failure.action.isEmpty
            {
                self = .fails(failure)
            } else {
                self = .other
            }
        case .progress: self = Self.progress(message, record.process)
        case nil: self = .other
        }
    }

    private static func progress(_ message: String, _ process: String?) -> HistoryEvent {
        if message.hasSuffix(" % of the model is read") { return .step }
        if message == "stopping" { return .stops }
        if message.hasPrefix("stopped; ") { return .stopped }
        if let process, message.hasPrefix("taking back ") { return .takesBack(process) }
        return .other
    }

    /// What is done about a failure begins so.
    private static let actions = [
        "; restarting ", "; asking it again ", "; giving up, ",
        "; the reload is taken back, ",
    ]

    private static func failure(_ record: HistoryRecord) -> Failure? {
        guard let process = record.process, record.message.hasPrefix("\(process): ") else {
            return nil
        }
        let text = record.message.dropFirst(process.count + 2)
        let start = action(in: text)
        return Failure(
            process: process, cause: String(text[..<(start ?? text.endIndex)]),
            code: record.cause.flatMap(CauseCode.init),
            action: start.map { String(text[$0...]) } ?? "",
            words: words(record), host: record.host, remedy: record.remedy)
    }

    /// What it said last, or the first line before that which explains it; nil where it was not
    /// asked.
    private static func words(_ record: HistoryRecord) -> String? {
        let code = record.cause.flatMap(CauseCode.init)
        guard code?.comesFromOutside != true else { return nil }
        let lines = record.details.filter { $0.hasPrefix("| ") }.map { String($0.dropFirst(2)) }
        return lines.first { line in code.map { FailureSign.explains(line, $0) } == true }
            ?? lines.last
    }

    /// Where the last of them begins.
    private static func action(in text: Substring) -> Substring.Index? {
        var rest = text[...]
        while let place = rest.utf8.lastIndex(of: UInt8(ascii: ";")) {
            // Byte by byte, as the search is: a day of failures has thousands.
            let end = text.utf8[place...]
            if actions.contains(where: { end.starts(with: $0.utf8) }) { return place }
            rest = text[..<place]
        }
        return nil
    }

    /// `0.31` of `serving again at URL after 0.31 s (…)`.
    private static func seconds(in message: String) -> Double? {
        guard let start = message.firstRange(of: " after ")?.upperBound else { return nil }
        return Outside.fraction(message[start...].prefix { $0 != " " })
    }
}
