/// A point of monotonic time, in seconds since an arbitrary start.
///
/// The core never reads a clock: instants come in with events. Not wall time, so that a clock that
/// is set moves nothing.
public struct Instant: Comparable, Hashable, Sendable {
    /// Seconds since the start.
    public var seconds: Double

    /// An instant that many seconds after the start.
    public init(seconds: Double) { self.seconds = seconds }

    /// Whether the left one is earlier.
    public static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }

    /// A later instant.
    public static func + (left: Instant, seconds: Double) -> Instant {
        Instant(seconds: left.seconds + seconds)
    }

    /// Seconds between two instants.
    public static func - (left: Instant, right: Instant) -> Double { left.seconds - right.seconds }
}
