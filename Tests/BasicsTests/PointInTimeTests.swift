import Testing

@testable import Basics

/// Points in time as people write them.
struct PointInTimeTests {
    /// 2026-11-27T00:30:00Z, 01:30 where they are.
    private let now = Timestamp(seconds: 1_795_739_400)
    private let place = LocalTime { _ in 3600 }

    @Test(arguments: [
        ("12h", "2026-11-26T12:30:00Z"), ("90s", "2026-11-27T00:28:30Z"),
        ("30m", "2026-11-27T00:00:00Z"), ("30min", "2026-11-27T00:00:00Z"),
        ("2d", "2026-11-25T00:30:00Z"), ("0s", "2026-11-27T00:30:00Z"),
        ("01:10", "2026-11-27T00:10:00Z"), ("01:30:00", "2026-11-27T00:30:00Z"),
        // The last time that it was.
        ("01:31", "2026-11-26T00:31:00Z"), ("23:00", "2026-11-26T22:00:00Z"),
        ("2026-11-24", "2026-11-23T23:00:00Z"), ("2026-11-24 03:10", "2026-11-24T02:10:00Z"),
        ("2026-11-24T03:10:05", "2026-11-24T02:10:05Z"),
        ("2026-11-24T03:10:05Z", "2026-11-24T03:10:05Z"),
    ])
    func understood(_ text: String, _ expected: String) {
        #expect(place.point(text, before: now)?.description == expected)
    }

    @Test(arguments: [
        "", "12", "h", "-1h", "1.5h", "12 h", "yesterday", "25:00", "3:10", "2026-13-01",
        "2026-02-30", "2026-11-24 03:10 x", "2026-11-24T03:10Z", "999999999h", "٣h",
    ])
    func refused(_ text: String) { #expect(place.point(text, before: now) == nil) }
}
