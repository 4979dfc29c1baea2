/// Something that people should know, in the words that they will read.
package struct Report: Equatable, Sendable {
    /// How much it matters.
    package enum Kind: String, Equatable, Sendable {
        /// A numbered step of bring-up.
        case phase
        /// Something went as it should.
        case progress
        /// Something failed and is being dealt with.
        case warning
        /// Something failed for good.
        case failure
        /// The API answers.
        case serving
    }

    /// What is counted of it beside failures.
    package enum Topic: Equatable, Sendable {
        /// The tensor cache on a worker's disk.
        case tensorCache
    }

    /// How much it matters.
    package var kind: Kind
    /// What is counted of it; nil: nothing.
    package var topic: Topic?
    /// The node that it is about; nil when it is about the cluster, or something else.
    package var subject: Node?
    /// Why it failed, where it is about a failure.
    package var cause: CauseCode?
    /// The host of the subject, as ssh knows it; nil: this machine, or nobody has said it.
    package var host: String?
    /// What a person can do about it; nil where nobody has said it.
    package var remedy: String?
    /// What a time without service has cost, where it is about its end.
    package var recovery: Recovery?
    /// One line: what happened, where, what is done about it.
    package var message: String
    /// More lines: a program's last words, where layers are.
    package var details: [String]

    /// A report of that kind.
    package init(
        _ kind: Kind, _ message: String, about subject: Node? = nil, cause: CauseCode? = nil,
        details: [String] = []
    ) {
        self.kind = kind
        self.subject = subject
        self.cause = cause
        self.message = message
        self.details = details
    }
}

extension Report {
    /// What a stop says last when a process is still there, or may be; `down` looks for it.
    package static let somethingIsLeft = "not everything is known to have ended"
}

/// What a time without service has cost.
package struct Recovery: Equatable, Sendable {
    /// Seconds from the last sign of progress before it until the cluster served again.
    package var outageSeconds: Double
    /// Requests that were being answered at the last look before it.
    package var lostAtLeast: Int

    /// A recovery of that cost.
    package init(outageSeconds: Double, lostAtLeast: Int) {
        (self.outageSeconds, self.lostAtLeast) = (outageSeconds, lostAtLeast)
    }
}
