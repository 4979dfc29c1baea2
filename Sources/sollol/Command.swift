import Basics

/// A command: all that there is to know of it, so that one that is parsed has a handler, and one
/// that is shown in help is parsed.
struct Command: Sendable {
    /// One way to end.
    struct Exit: Sendable {
        var status: ExitStatus
        /// When, as a phrase for help.
        var meaning: String

        init(_ status: ExitStatus, _ meaning: String) {
            (self.status, self.meaning) = (status, meaning)
        }
    }

    /// What a handler is given.
    struct Call {
        /// The words of the command line, the command first, taken apart.
        var arguments: CommandLineArguments
        /// The same as they were typed.
        var words: [String]
        /// Whether this is the one that `up --detach` leaves behind.
        var isDetached: Bool
    }

    /// Whom help shows it to.
    enum Audience: Sendable {
        case people
        /// `sollol` itself: left out of help.
        case sollol
        /// The programs of `sollol completion`, which pass on whatever words are typed.
        case shells
        /// Nobody yet: it is a command of a later release.
        case later
    }

    var name: String
    /// What people type as well, since other tools call it so.
    var synonyms: [String] = []
    /// One line.
    var summary: String
    /// What may stand after the command; nil: nothing.
    var word: String?
    /// Whether it may stand there more than once.
    var takesMore = false
    /// The options that mean something to it.
    var options: [CommandLineArguments.Option]
    /// Why options of the configuration mean nothing to it, if they do not.
    var idleOptions: String?
    /// All ways in which it can end; a test holds every command to them.
    var exits: [Exit]
    var audience = Audience.people
    var handler: @Sendable (Call) throws -> ExitStatus

    /// A command that this release does not have.
    static func later(_ name: String, _ summary: String) -> Command {
        Command(
            name: name, summary: summary, options: [],
            exits: [Exit(.usage, "always: this release does not have it")], audience: .later
        ) { _ in
            throw CommandLineArguments.Mistake(
                message: "\(name) (\(summary)) is a command of a later release; this one, "
                    + "\(CommandLineInterface.version), does not have it yet")
        }
    }

    /// The words after it in a line of its usage: ` [NAME]`, ` [NAME…]`.
    var words: String { word.map { " [\($0)\(takesMore ? "…" : "")]" } ?? "" }

    /// Whether that is one of its ways to end.
    func mayEnd(with status: ExitStatus) -> Bool { exits.contains { $0.status == status } }
}
