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
    }

    /// What it asks for.
    public var command: Command
    /// The process to restart; nil: all.
    public var name: String?

    /// A request for that.
    public init(_ command: Command, name: String? = nil) {
        self.command = command
        self.name = name
    }
}

/// What a running `sollol` answers: one line of JSON.
public struct ControlAnswer: Codable, Equatable, Sendable {
    /// Why it is refused; nil when it was taken.
    public var problem: String?
    /// What was true before anything was done about the request.
    public var status: ClusterStatus?

    /// A refusal, or a status.
    public init(problem: String? = nil, status: ClusterStatus? = nil) {
        self.problem = problem
        self.status = status
    }
}
