import Basics
import Supervision

/// What `sollol status` says: the answer of a running `sollol`, or what its files still tell.
package struct ClusterStatus: Codable, Equatable, Sendable {
    /// What the cluster as a whole is doing.
    package typealias State = ClusterState

    /// One process.
    package struct Process: Codable, Equatable, Sendable {
        /// `worker-1` or `coordinator`.
        package var name: String
        /// `worker` or `coordinator`.
        package var role: String
        /// The address that it serves on, as configured.
        package var host: String
        /// What others dial: `host:port`.
        package var endpoint: String
        /// As in the live view: `ready`, `serving`, `waiting` …
        package var state: String
        /// On its host; nil while it does not run, or when somebody else runs it.
        package var pid: Int?
        /// Starts after the first.
        package var restarts: Int
    }

    /// The cluster's name.
    package var cluster: String
    /// What it is doing.
    package var state: State
    /// Since when.
    package var since: Timestamp?
    /// Where the API is.
    package var url: String?
    /// The digest of the plan that runs.
    package var planID: String?
    /// The process id of the `sollol` that supervises it.
    package var pid: Int?
    /// Workers, then the coordinator.
    package var processes: [Process] = []
    /// Where layers are, one line a node, as the running coordinator proved it.
    package var layers: [String] = []
    /// What is true for now and people should know; nil from a `sollol` that does not tell.
    package var warnings: [String]?
    /// One sentence: what happened last, why, what was done, how long it took.
    package var summary: String?
    /// The last line of the history.
    package var lastEvent: HistoryEntry?
    /// Where history and logs are.
    package var stateDirectory: String

    /// A status of which nothing else is known yet.
    package init(cluster: String, state: State, stateDirectory: String) {
        self.cluster = cluster
        self.state = state
        self.stateDirectory = stateDirectory
    }

    /// Whether requests are answered.
    package var isServing: Bool { [.serving, .asleep, .degraded].contains(state) }

    /// Whether it is being ended, as asked or because it was given up.
    package var isEnding: Bool { state == .stopping || state == .failed }

    /// Whether all that was to be restarted has been started anew. A process is the same if its
    /// endpoint is: a reload may have given its name to another one meanwhile.
    ///
    /// - Parameters:
    ///   - name: what it was called before; nil: all.
    ///   - before: what was true when it was asked for.
    package func hasRestarted(_ name: String?, since before: ClusterStatus) -> Bool {
        let counts = Dictionary(
            processes.map { ("\($0.role) \($0.endpoint)", $0.restarts) }, uniquingKeysWith: max)
        // Who runs elsewhere by somebody else's hand is not restarted and has no process id.
        return before.processes.filter {
            $0.role == "coordinator" || $0.name == name || (name == nil && $0.pid != nil)
        }.allSatisfy { counts["\($0.role) \($0.endpoint)"] ?? 0 > $0.restarts }
    }

    /// The version of the JSON that people's scripts read. Raised when a member goes, or changes
    /// its meaning or its type, and when a state is added; a new member raises nothing. (How it
    /// travels between a running `sollol` and a command line is a matter of `ControlProtocol`.)
    private static let formatVersion = 1

    /// The stable JSON of `sollol status --format json`.
    package var json: String { object.text }

    /// The same on one line, without a newline at its end.
    package var jsonLine: String { object.line }

    private var object: OrderedJSON {
        func optional(_ text: String?) -> OrderedJSON { text.map { .string($0) } ?? .null }
        func optional(_ number: Int?) -> OrderedJSON { number.map { .int($0) } ?? .null }
        return OrderedJSON.object([
            ("format_version", .int(Self.formatVersion)), ("cluster", .string(cluster)),
            ("state", .string(state.rawValue)), ("since", optional(since?.description)),
            ("url", optional(url)), ("plan_id", optional(planID)), ("pid", optional(pid)),
            (
                "processes",
                .array(
                    processes.map { process in
                        .object([
                            ("name", .string(process.name)), ("role", .string(process.role)),
                            ("host", .string(process.host)),
                            ("endpoint", .string(process.endpoint)),
                            ("state", .string(process.state)), ("pid", optional(process.pid)),
                            ("restarts", .int(process.restarts)),
                        ])
                    })
            ),
            ("layers", .strings(layers)), ("warnings", .strings(warnings ?? [])),
            ("summary", optional(summary)),
            ("last_event", lastEvent?.json ?? .null),
            ("state_directory", .string(stateDirectory)),
        ])
    }
}
