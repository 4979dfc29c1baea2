/// How far a coordinator is with reading its model.
package struct LoadProgress: Codable, Equatable, Sendable {
    /// Of the model's bytes, 99 at most: what it does after the last of them takes time, too.
    package var percent: Int
    /// Bytes that it has read.
    package var bytes: Int
    /// Bytes a second between the last two reports of its guard; nil after one report.
    package var bytesPerSecond: Int?
}
