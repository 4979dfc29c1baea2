/// A point of wall time in whole seconds, as people and files see it: RFC 3339 in UTC.
///
/// For display only; what is waited for is counted in `Instant`s, which no clock change moves.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int

    /// That many seconds after 1970-01-01T00:00:00Z.
    package init(seconds: Int) { self.seconds = seconds }

    /// Reads `2026-11-24T10:31:05Z`; nil when the text has any other form.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let form = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == form.count else { return nil }
        for (byte, wanted) in zip(bytes, form) {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard wanted == UInt8(ascii: "0") ? isDigit : byte == wanted else { return nil }
        }
        func number(_ range: Range<Int>) -> Int {
            bytes[range].reduce(0) { $0 * 10 + Int($1) - 48 }
        }
        let days = Self.days(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        seconds = days * 86400 + number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
    }

    /// `2026-11-24T10:31:05Z`.
    package var description: String {
        let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let rest = seconds - day * 86400
        let (year, month, date) = Self.date(day)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(date))T"
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }

    /// Whether the left one is earlier.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.seconds < right.seconds
    }

    /// How long ago that was, for people: `now`, `40 s ago`, `12 min ago`, `3 h ago`, `2 days ago`.
    package func ago(at now: Timestamp) -> String {
        let age = now.seconds - seconds
        return age < 1 ? "now" : "\(Self.span(age)) ago"
    }

    /// So many seconds, for people: `40 s`, `12 min`, `3 h`, `2 days`.
    package static func span(_ seconds: Int) -> String {
        switch seconds {
        case ..<100: "\(max(0, seconds)) s"
        case ..<6000: "\(seconds / 60) min"
        case ..<(48 * 3600): "\(seconds / 3600) h"
        default: "\(seconds / 86400) days"
        }
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar. Years are counted from March, so
    /// that the leap day is the last of its year.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = year - (month <= 2 ? 1 : 0)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    private static func date(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let date = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (era * 400 + year + (month <= 2 ? 1 : 0), month, date)
    }
}

extension Timestamp: Codable {
    /// Reads the text form.
    ///
    /// - Throws: `DecodingError` when it has another form.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected 2026-11-24T10:31:05Z, found \(text)")
        }
        self = time
    }

    /// Writes the text form.
    ///
    /// - Throws: what the encoder throws.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
