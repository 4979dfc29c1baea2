/// How the people of a place read times; machines get UTC, which `Timestamp` is written in.
package struct LocalTime: Sendable {
    private let offset: @Sendable (Timestamp) -> Int

    /// UTC.
    package static let utc = LocalTime { _ in 0 }

    /// A place.
    ///
    /// - Parameter offset: seconds by which its clocks are ahead of UTC then, summer time included.
    package init(offset: @escaping @Sendable (Timestamp) -> Int) { self.offset = offset }

    /// `2026-11-24 11:31:05`.
    package func text(_ time: Timestamp) -> String { "\(day(time)) \(clock(time))" }

    /// `2026-11-24`.
    package func day(_ time: Timestamp) -> String { String(shifted(time).prefix(10)) }

    /// `11:31:05`.
    package func clock(_ time: Timestamp) -> String {
        String(shifted(time).dropFirst(11).prefix(8))
    }

    /// As in RFC 3339, for lines whose place nobody knows: `2026-11-24T11:31:05+01:00`.
    package func stamp(_ time: Timestamp) -> String {
        let minutes = offset(time) / 60
        guard minutes != 0 else { return time.description }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let sign = minutes < 0 ? "-" : "+"
        return shifted(time).dropLast() + sign + two(abs(minutes) / 60) + ":"
            + two(abs(minutes) % 60)
    }

    /// The time when UTC reads what this place reads at `time`: `24 11:31` local, from its digits.
    package func time(of local: Timestamp) -> Timestamp {
        // Twice: the first guess may lie on the other side of a change to summer time.
        let guess = Timestamp(seconds: local.seconds - offset(local))
        return Timestamp(seconds: local.seconds - offset(guess))
    }

    private func shifted(_ time: Timestamp) -> String {
        Timestamp(seconds: time.seconds + offset(time)).description
    }
}
