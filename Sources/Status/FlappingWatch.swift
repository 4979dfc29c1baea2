import Basics
import Supervision

/// Tells processes that fail again and again, with what the last failure said.
struct FlappingWatch: Equatable, Sendable {
    /// The failures of one process.
    private struct Record: Equatable, Sendable {
        /// When, oldest first.
        var times: [Timestamp] = []
        var cause = ""
        /// The most telling line of the program.
        var words: String?
        /// What is the same each time; nil while nothing is.
        var repetition: RepeatedFailure?
    }

    /// Failures that are a pattern.
    private static let many = 3
    /// Seconds in which they are.
    private static let period = 600
    /// Seconds for which one that comes back is told.
    private static let repetitionPeriod = 3600

    private var records: [String: Record] = [:]

    /// A process has failed.
    ///
    /// - Parameters:
    ///   - report: what people were told of it.
    ///   - repetition: what comes back with it.
    mutating func failed(
        _ name: String, _ report: Report?, _ repetition: RepeatedFailure? = nil, at time: Timestamp
    ) {
        var record = records[name] ?? Record()
        record.times = record.times.filter { $0.seconds > time.seconds - Self.period } + [time]
        let message = report?.message ?? ""
        record.cause =
            message.hasPrefix("\(name): ")
            ? String(message.dropFirst(name.count + 2)) : message
        record.words = report?.details.last { $0.hasPrefix("| ") }.map { String($0.dropFirst(2)) }
        record.repetition = repetition
        records[name] = record
    }

    /// `worker-2 failed 10 times in 9 minutes: it was killed (signal 9); restarting in 60 s. It
    /// said last: 'bind: …'`.
    func sentences(at now: Timestamp) -> [String] {
        records.sorted { $0.key < $1.key }.compactMap { name, record in
            if let repetition = record.repetition, let last = record.times.last,
                last.seconds > now.seconds - Self.repetitionPeriod
            {
                return
                    (["\(name) \(repetition.text), \(repetition.count) times, at \(last)"]
                    + repetition.remedies).joined(separator: "; ")
            }
            let times = record.times.filter { $0.seconds > now.seconds - Self.period }
            guard times.count >= Self.many, let first = times.first else { return nil }
            let minutes = max(1, (now.seconds - first.seconds + 59) / 60)
            let said = record.words.map { ". It said last: \(TerminalText.quote($0))" } ?? ""
            return "\(name) failed \(times.count) times in \(plural(minutes, "minute")): "
                + record.cause + said
        }
    }
}
