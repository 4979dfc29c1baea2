import Basics
import Status

/// The last of what people were told, and what recoveries have cost: the end of the history, in
/// memory, since the page shows it again and again.
package struct EventTail: Equatable, Sendable {
    /// One line of the history.
    package struct Event: Equatable, Sendable {
        var time: Timestamp
        var kind: String
        var process: String?
        var cause: String?
        var message: String
        /// The last lines of what came with it.
        var details: [String] = []
        /// Of a recovery.
        var outageSeconds: Double?
        var lostAtLeast: Int?
    }

    /// Events that are kept, the last ones.
    static let mostEvents = 40
    /// Recoveries that are kept.
    static let mostRecoveries = 20
    private static let mostDetails = 6
    private static let mostBytes = 400

    /// Oldest first.
    package private(set) var events: [Event] = []
    /// Ends of times without service, oldest first.
    package private(set) var recoveries: [Event] = []

    /// What was told before this `sollol` began.
    mutating func take(_ record: HistoryRecord) {
        add(
            Event(
                time: record.time, kind: record.kind, process: record.process,
                cause: record.cause, message: record.message, details: record.details,
                outageSeconds: record.outageSeconds, lostAtLeast: record.lostAtLeast))
    }

    /// What is told now.
    mutating func take(_ report: Report, at time: Timestamp) {
        add(
            Event(
                time: time, kind: report.kind.rawValue,
                process: report.subject.map { "\($0)" }, cause: report.cause?.rawValue,
                message: report.message, details: report.details,
                outageSeconds: report.recovery?.outageSeconds,
                lostAtLeast: report.recovery?.lostAtLeast))
    }

    private mutating func add(_ event: Event) {
        var event = event
        event.message = Self.short(event.message)
        event.details = event.details.suffix(Self.mostDetails).map { Self.short($0) }
        if events.count == Self.mostEvents { events.removeFirst() }
        events.append(event)
        guard event.outageSeconds != nil else { return }
        if recoveries.count == Self.mostRecoveries { recoveries.removeFirst() }
        recoveries.append(event)
    }

    /// At most so many bytes, and no control characters.
    static func short(_ text: String, _ most: Int = mostBytes) -> String {
        let clean = TerminalText.clean(text)
        guard clean.utf8.count > most else { return clean }
        return String(decoding: clean.utf8.prefix(most - 4), as: UTF8.self) + " …"
    }
}
