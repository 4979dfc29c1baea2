import Foundation
import Testing

@testable import Basics

@Suite struct TimestampTests {
    @Test func equalsFoundationForManyDates() {
        let formatter = ISO8601DateFormatter()
        var seconds = -62_135_596_800 / 100
        while seconds < 10_000_000_000 {
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Timestamp(seconds: seconds).description == text)
            #expect(Timestamp(text)?.seconds == seconds)
            seconds += 8_640_017 + seconds % 86_391
        }
    }

    @Test(arguments: ["", "2026-11-24 10:31:05Z", "2026-11-24T10:31:05", "2026-11-24T10:31:0xZ"])
    func anotherFormIsRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func agesReadLikeAges() {
        let now = Timestamp(seconds: 1_000_000)
        let ages = [-5, 0, 1, 99, 100, 5999, 6000, 172_799, 172_800].map {
            Timestamp(seconds: now.seconds - $0).ago(at: now)
        }
        #expect(
            ages == [
                "now", "now", "1 s ago", "99 s ago", "1 min ago", "99 min ago", "1 h ago",
                "47 h ago", "2 days ago",
            ])
    }
}
