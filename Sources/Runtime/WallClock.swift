import Basics
import Foundation

extension Timestamp {
    /// The machine's clock.
    package static var now: Timestamp { Timestamp(seconds: Int(time(nil))) }
}

extension LocalTime {
    /// Where the user is, by `TZ` or the machine's setting (tzset(3)).
    package static let here = LocalTime { time in
        var seconds = time_t(time.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return Int(parts.tm_gmtoff)
    }
}
