/// Who is told of what happens where nobody looks.
package struct NotifySpec: Equatable, Codable, Sendable {
    /// The words of `NotificationKind`, all of which are told unless the configuration says less.
    static let allEvents = ["down", "degraded", "serving", "gave_up"]

    /// What a shell runs, with JSON on its standard input; nil: nothing.
    package var command: String?
    /// A file of this machine with the address that JSON is posted to, which can be a secret; nil:
    /// it is posted nowhere.
    package var urlFile: String?
    /// What is told.
    package var events: [String] = allEvents

    /// Nobody is told.
    package init() {}

    /// Whether anybody is told of an event.
    package func tells(_ event: String) -> Bool {
        (command != nil || urlFile != nil) && events.contains(event)
    }
}
