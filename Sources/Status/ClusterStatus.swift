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
        /// The word of a `ProcessState`: `ready`, `serving`, `waiting` …
        package var state: String
        /// Since when; nil from a `sollol` that does not tell, as all that follow it here.
        package var since: Timestamp?
        /// On its host; nil while it does not run, or when somebody else runs it.
        package var pid: Int?
        /// Starts after the first, whatever they were for: its own failure, another one's, a
        /// request.
        package var restarts: Int
        /// How often it has failed.
        package var failures: Int?
        /// How many restarts were asked for.
        package var requestedRestarts: Int?
        /// How far it is with the model; nil while it loads none, or where that is not known.
        package var progress: LoadProgress?
        /// What it holds of the model, as planned and proved.
        package var layers: [Layers]?
        /// Bytes of memory that it holds; nil where its host does not tell.
        package var residentBytes: Int?
        /// What of it it held once the cluster served; what it holds beyond that, it has grown. Nil
        /// until then.
        package var neededBytes: Int?
        /// Bytes of memory that it may hold, as planned; nil where nobody has measured its host, or
        /// where its devices have memory of their own.
        package var limitBytes: Int?
        /// Bytes that its host's disk holds of a model in shards, as planned: its part, or the
        /// skeleton; nil where the model is stored whole.
        package var storedBytes: Int?
        /// What it is to hold of the model, whether or not that is proved.
        package var plannedLayers: [Layers]?
        /// Where it runs, as ssh knows it; nil: on this machine.
        package var ssh: String?
        /// When it is started again, while it waits for that.
        package var nextAttempt: Timestamp?
        /// Why it cannot be used, where it has failed.
        package var failure: FirstCause?
    }

    /// Layers on one device.
    package struct Layers: Codable, Equatable, Sendable {
        /// llama.cpp's name of it: `RPC0`, `CPU`.
        package var device: String
        /// Its first layer, from 0.
        package var first: Int
        /// Its last one; the output layer counts as one more than the model's blocks.
        package var last: Int
        /// Bytes of their weights; nil where the model's header was not read.
        package var bytes: Int?
    }

    /// A failure: what happened first in a bring-up or a recovery, of which all else came, or what
    /// keeps a process from being used.
    package struct FirstCause: Codable, Equatable, Sendable {
        /// When.
        package var time: Timestamp
        /// The process that it was about, where it was about one.
        package var process: String?
        /// Its code; nil where nobody has one for it.
        package var cause: String?
        /// What happened, in words.
        package var message: String
        /// The host of the process, as ssh knows it; nil: this machine.
        package var host: String?
        /// What a person can do about it.
        package var remedy: String?
    }

    /// The cluster's name.
    package var cluster: String
    /// What it is doing.
    package var state: State
    /// Since when.
    package var since: Timestamp?
    /// Where the API is.
    package var url: String?
    /// Where its page is; nil where there is none.
    package var dashboardURL: String?
    /// The digest of the plan that runs.
    package var planID: String?
    /// The process id of the `sollol` that supervises it.
    package var pid: Int?
    /// Workers, then the coordinator.
    package var processes: [Process] = []
    /// What it does for its users; nil while it does not serve, or where it does not say.
    package var requests: RequestLoad?
    /// How fast it is, beside what was predicted; nil where nothing was.
    package var speed: SpeedComparison?
    /// Where layers are, one line a node, as the running coordinator proved it.
    package var layers: [String] = []
    /// What is true for now and people should know; nil from a `sollol` that does not tell.
    package var warnings: [String]?
    /// One sentence: what happened last, why, what was done, how long it took.
    package var summary: String?
    /// When that was; nil from a `sollol` that has it in the sentence.
    package var summaryTime: Timestamp?
    /// What began the bring-up or recovery that goes on, or else the one that ended last; nil when
    /// nothing has failed.
    package var firstCause: FirstCause?
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
}
