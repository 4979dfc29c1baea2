import Basics

/// What `sollol list` says: every cluster of this user on this machine, what it does and where it
/// comes from.
package struct ClusterList: Sendable {
    /// One cluster.
    package struct Entry: Sendable {
        /// As `sollol status` has it.
        package var status: ClusterStatus
        /// The absolute path of its configuration; nil: it was started without one.
        package var configuration: String?

        /// A cluster and where it comes from.
        package init(status: ClusterStatus, configuration: String?) {
            (self.status, self.configuration) = (status, configuration)
        }
    }

    private let entries: [Entry]

    /// A list in that order.
    package init(_ entries: [Entry]) { self.entries = entries }

    /// Whether one of them serves.
    package var isServing: Bool { entries.contains { $0.status.isServing } }

    /// A table for people, and the last event of each below it.
    ///
    /// - Parameter now: for how long ago things were.
    package func text(at now: Timestamp) -> String {
        guard !entries.isEmpty else { return "no cluster of this user is known here\n" }
        let rows =
            [["NAME", "STATE", "SINCE", "URL", "CONFIGURATION"]]
            + entries.map { entry in
                let status = entry.status
                return [
                    status.cluster, status.state.rawValue,
                    status.since?.ago(at: now) ?? "-", status.isServing ? status.url ?? "-" : "-",
                    entry.configuration ?? "-",
                ]
            }
        let events = entries.compactMap { entry in
            entry.status.lastEvent.map {
                "  \(entry.status.cluster), \($0.time.ago(at: now)): \($0.message)"
            }
        }
        return (TextTable.lines(rows) + (events.isEmpty ? [] : ["", "last events:"] + events))
            .map { TerminalText.clean($0) + "\n" }.joined()
    }

    /// The stable JSON of `sollol list --format json`; its version rises like that of status.
    package var json: String {
        let clusters = entries.map { entry in
            let status = entry.status
            return OrderedJSON.object([
                ("name", .string(status.cluster)), ("state", .string(status.state.rawValue)),
                ("url", .optional(status.url)), ("since", .optional(status.since)),
                ("pid", .optional(status.pid)),
                ("configuration", .optional(entry.configuration)),
                ("last_event", status.lastEvent?.json ?? .null),
                ("state_directory", .string(status.stateDirectory)),
            ])
        }
        return OrderedJSON.object([("format_version", .int(1)), ("clusters", .array(clusters))])
            .text
    }
}
