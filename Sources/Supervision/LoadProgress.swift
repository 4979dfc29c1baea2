/// How far a coordinator is with reading its model, or a worker with taking its part of it.
package struct LoadProgress: Codable, Equatable, Sendable {
    /// Of the model's bytes, 99 at most: what it does after the last of them takes time, too.
    package var percent: Int
    /// Bytes that it has read, or that a worker holds.
    package var bytes: Int
    /// Bytes a second: a coordinator's between the last two reports of its guard, a worker's since
    /// it began; nil before that is known.
    package var bytesPerSecond: Int?
    /// How many there will be; nil from a `sollol` that does not tell.
    package var totalBytes: Int?

    /// So far.
    package init(percent: Int, bytes: Int, bytesPerSecond: Int? = nil, totalBytes: Int? = nil) {
        self.percent = percent
        self.bytes = bytes
        self.bytesPerSecond = bytesPerSecond
        self.totalBytes = totalBytes
    }

    /// Seconds until all are there, at that rate; nil where that is not known.
    package var secondsLeft: Int? {
        guard let totalBytes, let bytesPerSecond, bytesPerSecond > 0 else { return nil }
        return max(0, totalBytes - bytes) / bytesPerSecond
    }
}
