/// A point of monotonic time, in seconds since an arbitrary start.
///
/// The core never reads a clock: instants come in with events. Not wall time, so that a clock that
/// is set moves nothing.
package struct Instant: Comparable, Hashable, Sendable {
    /// Seconds since the start.
    package var seconds: Double

    /// An instant that many seconds after the start.
    package init(seconds: Double) { self.seconds = seconds }

    /// Whether the left one is earlier.
    package static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }

    /// A later instant.
    package static func + (left: Instant, seconds: Double) -> Instant {
        Instant(seconds: left.seconds + seconds)
    }

    /// Seconds between two instants.
    package static func - (left: Instant, right: Instant) -> Double { left.seconds - right.seconds }
}
