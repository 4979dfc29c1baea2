/// What a command asks of a running `sollol`: one line of JSON, `{"command":"status"}`.
package struct ControlRequest: Codable, Equatable, Sendable {
    /// What it asks for.
    package enum Command: String, Codable, Sendable {
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
    package var command: Command
    /// The process to restart; nil: all.
    package var name: String?
    /// Seconds that requests in flight have at a stop; nil: `timeouts.stop`.
    package var limit: Double?

    /// A request for that.
    package init(_ command: Command, name: String? = nil, limit: Double? = nil) {
        self.command = command
        self.name = name
        self.limit = limit
    }
}

/// What a running `sollol` answers: one line of JSON.
package struct ControlAnswer: Codable, Equatable, Sendable {
    /// Why it is refused; nil when it was taken.
    package var problem: String?
    /// What was true before anything was done about the request.
    package var status: ClusterStatus?
    /// How far a reload is, when that was asked for.
    package var reload: ReloadProgress?

    /// A refusal, or a status.
    package init(
        problem: String? = nil, status: ClusterStatus? = nil, reload: ReloadProgress? = nil
    ) {
        self.problem = problem
        self.status = status
        self.reload = reload
    }
}

/// How far a reload is.
package struct ReloadProgress: Codable, Equatable, Sendable {
    /// Counts the reloads of one `sollol`, from 1.
    package var number: Int
    /// What people were told about it so far.
    package var lines: [String] = []
    /// The exit status of the command, once it is over.
    package var outcome: Int32?

    /// A reload that has just begun.
    package init(number: Int) { self.number = number }
}
