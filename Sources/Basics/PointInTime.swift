extension LocalTime {
    /// What people may write for a point in time, for messages.
    package static let pointForms = "12h, 30m or 2d ago, 03:10, 2026-11-24, or 2026-11-24 03:10"

    /// The time that people mean: `90s`, `30m`, `12h`, `2d` ago; `03:10`, the last time that it was;
    /// `2026-11-24`, `2026-11-24 03:10`, here; `2026-11-24T02:10:00Z`. Nil: none of them.
    package func point(_ text: String, before now: Timestamp) -> Timestamp? {
        if let unit = Self.units.first(where: { text.hasSuffix($0.name) }),
            let count = Outside.number(text.dropLast(unit.name.count), in: 0...100_000)
        {
            return Timestamp(seconds: now.seconds - count * unit.seconds)
        }
        if text.hasSuffix("Z") { return Self.valid(text) }
        let parts = text.replacing("T", with: " ").split(separator: " ").map(String.init)
        switch parts.count {
        case 1 where text.contains(":"):
            guard let time = here("\(day(now))", text) else { return nil }
            return time <= now ? time : here(day(Timestamp(seconds: now.seconds - 86400)), text)
        case 1: return here(text, "00:00")
        case 2: return here(parts[0], parts[1])
        default: return nil
        }
    }

    private static let units = [
        (name: "min", seconds: 60), (name: "s", seconds: 1), (name: "m", seconds: 60),
        (name: "h", seconds: 3600), (name: "d", seconds: 86400),
    ]

    private func here(_ day: String, _ clock: String) -> Timestamp? {
        Self.valid("\(day)T\(clock)\(clock.utf8.count == 5 ? ":00" : "")Z").map(time(of:))
    }

    /// A date that there is.
    private static func valid(_ text: String) -> Timestamp? {
        Timestamp(text).flatMap { $0.description == text ? $0 : nil }
    }
}
