/// What a command line and a running `sollol` say to each other over the control socket.
///
/// **Version.** Both sides say the version of what they speak; who says none speaks 1, as the first
/// release. It is raised when the other side of the version before would misunderstand: a member
/// that changes its meaning or its type, a closed list (commands, states) that gets a word. A new
/// optional member raises nothing: who does not know it ignores it, and who misses it does without.
/// Each side says that it does not understand a higher version instead of guessing. A message says
/// the first version that has what it says.
package enum ControlProtocol {
    /// What this release speaks: 2 has `reloadPreview`.
    package static let version = 2
    /// What all else is said in, so that the release before understands it.
    fileprivate static let common = 1

    /// The one member that is read before anything else.
    package struct Envelope: Codable, Sendable {
        /// The version of the message; nil: 1.
        package var formatVersion: Int?

        /// Whether the rest of it can be understood.
        package var isKnown: Bool { formatVersion ?? 1 <= ControlProtocol.version }
    }
}

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
        /// How far a reload is.
        case reloadProgress
        /// What a reload would do; nothing is taken over.
        case reloadPreview
    }

    /// The version of this message: the first that has what it says.
    package var formatVersion: Int?
    /// What it asks for.
    package var command: Command
    /// The process to restart; nil: all.
    package var name: String?
    /// Seconds that requests in flight have at a stop; nil: `timeouts.stop`.
    package var limit: Double?
    /// The number of the reload that is meant; nil: the last one.
    package var reload: Int?

    /// A request for that.
    package init(
        _ command: Command, name: String? = nil, limit: Double? = nil, reload: Int? = nil
    ) {
        formatVersion =
            command == .reloadPreview ? ControlProtocol.version : ControlProtocol.common
        self.command = command
        self.name = name
        self.limit = limit
        self.reload = reload
    }

    /// Whether it only asks, so that it does no harm twice.
    package var isQuestion: Bool { command == .status || command == .reloadProgress }
}

/// What a running `sollol` answers: one line of JSON.
package struct ControlAnswer: Codable, Equatable, Sendable {
    /// The kinds of refusal that a command line tells apart.
    package enum Refusal: String, Codable, Sendable {
        /// There is no process of that name.
        case unknownProcess
        /// The cluster is being ended.
        case ending
        /// It speaks a higher version.
        case version
    }

    /// The version of this message.
    package var formatVersion: Int? = ControlProtocol.common
    /// Why it is refused, for people; nil when it was taken.
    package var problem: String?
    /// The same for the command line, where that makes a difference.
    package var refusal: Refusal?
    /// What was true before anything was done about the request.
    package var status: ClusterStatus?
    /// How far a reload is, when that was asked for.
    package var reload: ReloadProgress?

    /// A refusal, or a status.
    package init(
        problem: String? = nil, refusal: Refusal? = nil, status: ClusterStatus? = nil,
        reload: ReloadProgress? = nil
    ) {
        self.problem = problem
        self.refusal = refusal
        self.status = status
        self.reload = reload
    }
}
