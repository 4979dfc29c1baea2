/// What a command asks of a running `sollol`: one line of JSON, `{"command":"status"}`.
public struct ControlRequest: Codable, Equatable, Sendable {
    /// What it asks for.
    public enum Command: String, Codable, Sendable {
        /// What is true now.
        case status
        /// End the cluster; a second one shortens the wait.
        case stop
        /// Restart a process, or all.
        case restart
        /// Take over a changed configuration.
        case reload
        /// How far the last reload is.
        case reloadProgress
    }

    /// What it asks for.
    public var command: Command
    /// The process to restart; nil: all.
    public var name: String?
    /// Seconds that requests in flight have at a stop; nil: `timeouts.stop`.
    public var limit: Double?

    /// A request for that.
    public init(_ command: Command, name: String? = nil, limit: Double? = nil) {
        self.command = command
        self.name = name
        self.limit = limit
    }
}

/// What a running `sollol` answers: one line of JSON.
public struct ControlAnswer: Codable, Equatable, Sendable {
    /// Why it is refused; nil when it was taken.
    public var problem: String?
    /// What was true before anything was done about the request.
    public var status: ClusterStatus?
    /// How far a reload is, when that was asked for.
    public var reload: ReloadProgress?

    /// A refusal, or a status.
    public init(
        problem: String? = nil, status: ClusterStatus? = nil, reload: ReloadProgress? = nil
    ) {
        self.problem = problem
        self.status = status
        self.reload = reload
    }
}

/// How far a reload is.
public struct ReloadProgress: Codable, Equatable, Sendable {
    /// Counts the reloads of one `sollol`, from 1.
    public var number: Int
    /// What people were told about it so far.
    public var lines: [String] = []
    /// The exit status of the command, once it is over.
    public var outcome: Int32?

    /// A reload that has just begun.
    public init(number: Int) { self.number = number }
}
