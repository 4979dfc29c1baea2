import Basics
import Configuration
import Foundation
import SollolRuntime

/// From words to a command and its exit status.
enum CommandLineInterface {
    static let version = "0.1.0"

    /// Runs `sollol` with the words after its name.
    ///
    /// - Parameter isDetached: whether this is the one that `up --detach` leaves behind.
    static func run(_ words: [String], isDetached: Bool) -> ExitStatus {
        do {
            return try dispatch(words, isDetached: isDetached)
        } catch let mistake as CommandLineArguments.Mistake {
            let command = CommandLineArguments.firstWord(words, options: Options.common)
                .flatMap(Commands.named)
            let topic = command.map { $0.audience == .people ? " \($0.name)" : "" } ?? ""
            complain(
                "sollol: \(TerminalText.clean(mistake.message))\n  See: sollol help\(topic)")
            return .usage
        } catch let errors as ConfigurationErrors {
            for line in lines(errors) { complain(line) }
            return errors.exitStatus
        } catch let problem as StateDirectory.Problem {
            let arguments = try? CommandLineArguments(words, options: everyOption)
            let text = TerminalText.clean("\(problem)")
            complain(error: arguments?.ofCluster.completed(text) ?? text)
            return problem.exitStatus
        } catch let status as ExitStatus {
            return status
        } catch {
            complain("sollol: a bug: \(error)")
            return .software
        }
    }

    /// What people read of them; a file that is no configuration at all may have thousands.
    static func lines(_ errors: ConfigurationErrors) -> [String] {
        let most = Bounds.configurationProblems
        let more = errors.problems.count - most
        return errors.problems.prefix(most).flatMap { problem in
            let text = MessageText.apart(TerminalText.clean("error: \(problem)"))
            return [text.sentence] + (problem.excerpt?.lines ?? [])
                + (text.remedy.map { ["  \($0)"] } ?? [])
        }
            + (more > 0 ? ["error: and \(more) more problems of that kind"] : [])
    }

    private static var everyOption: [CommandLineArguments.Option] {
        (Options.common + Commands.all.flatMap(\.options)).unique(by: \.name)
    }

    private static func dispatch(_ words: [String], isDetached: Bool) throws -> ExitStatus {
        // The command's own options are known only once its name is: the first word without a dash
        // that is no option's value.
        let everything = everyOption
        let first = CommandLineArguments.firstWord(words, options: everything)
        if let command = first.flatMap(Commands.named),
            [.later, .shells].contains(command.audience)
        {
            // Whatever options it will have, or somebody is typing.
            return try command.handler(
                .init(arguments: .init(values: [:]), words: words, isDetached: false))
        }
        // An option that several commands have is that of the one that is given.
        let own = first.flatMap(Commands.named)?.options ?? []
        let loose = try CommandLineArguments(
            words, options: (own + everything).unique(by: \.name))
        if loose.has("--version") { return try printVersion() }
        guard let name = loose.words.first else {
            if loose.has("--help") { return try printHelp(nil) }
            complain(Commands.help(nil))
            return .usage
        }
        let command = try named(name)
        if loose.has("--help") { return try printHelp(command) }
        let arguments = try CommandLineArguments(
            words, options: (command.options + Options.common).unique(by: \.name))
        let most = command.takesMore ? .max : command.word == nil ? 1 : 2
        guard arguments.words.count <= most else {
            let extra = arguments.words[most]
            let hint =
                command.options.contains { $0.name == Options.config.name }
                ? fileHint(extra, for: name) : ""
            throw CommandLineArguments.Mistake(
                message: "\(name) takes no further word: \(extra)\(hint)")
        }
        tellIdle(arguments, command)
        let status = try command.handler(
            .init(arguments: arguments, words: words, isDetached: isDetached))
        assert(command.mayEnd(with: status), "\(name) ended with \(status), against its table")
        return status
    }

    /// Says which options of the configuration mean nothing to the command.
    private static func tellIdle(_ arguments: CommandLineArguments, _ command: Command) {
        guard let reason = command.idleOptions, !arguments.has(Options.quiet.name) else { return }
        let idle = Options.configuration.map(\.name).filter {
            Options.ofConfiguration.contains($0) && $0 != Options.name.name && arguments.has($0)
        }
        guard !idle.isEmpty else { return }
        complain("notice: \(idle.joined(separator: ", ")) is not used here: \(reason)")
    }

    private static func named(_ name: String) throws(CommandLineArguments.Mistake) -> Command {
        if let command = Commands.named(name) { return command }
        let known = Commands.all.filter { $0.audience == .people }
            .flatMap { [$0.name] + $0.synonyms }
        let file = fileHint(name, for: "up")
        let hint = file.isEmpty ? NearestName.hint(name, in: known) : file
        throw CommandLineArguments.Mistake(message: "there is no command \(name)\(hint)")
    }

    /// The line to type where a file was given as a word of its own.
    static func fileHint(_ word: String, for command: String) -> String {
        guard word.hasSuffix(".json") || word.contains("/") else { return "" }
        return "; the configuration is an option: sollol \(command) -c \(ShellQuoting.quote(word))"
    }

    /// This program.
    static var executable: String {
        Bundle.main.executablePath ?? CommandLine.arguments[0]
    }

    /// The help of that command, or of all.
    static func help(on name: String?) throws -> ExitStatus {
        if let name, Commands.named(name) == nil, let found = try helpOnKey(name) { return found }
        let command = try name.map(named)
        if let command, command.audience == .later {
            return try command.handler(
                .init(arguments: .init(values: [:]), words: [], isDetached: false))
        }
        return try printHelp(command)
    }

    /// The help of a key, or of those that could be meant; nil: it is no key.
    private static func helpOnKey(_ name: String) throws -> ExitStatus? {
        switch KeyHelp.find(name) {
        case .one(let key): try write(Commands.help(key))
        case .several(let paths):
            try write("\(name) is part of several keys:\n")
            try write(paths.map { "  sollol help \($0)\n" }.joined())
        case .near(let path):
            throw CommandLineArguments.Mistake(
                message: "there is no key \(name) (did you mean \(path)?)")
        case .none: return nil
        }
        return .success
    }

    private static func printHelp(_ command: Command?) throws -> ExitStatus {
        try write(Commands.help(command))
        return .success
    }

    /// `sollol version`.
    static func printVersion() throws -> ExitStatus {
        try write("sollol \(version)\n")
        return .success
    }

    /// Prints what was asked for on standard output, for people: what others put into it is made
    /// harmless.
    ///
    /// - Throws: the status to end with, after it has said why nothing could be printed.
    static func write(_ text: String) throws(ExitStatus) {
        try write(Array(TerminalText.cleanLines(text).utf8))
    }

    /// The same for programs, to the byte: JSON, which escapes what could deceive, a script, a
    /// terminal's own sequences.
    static func write(_ bytes: [UInt8]) throws(ExitStatus) {
        do throws(SystemError) {
            try StandardStreams.write(bytes)
        } catch {
            if error.code == EPIPE { StandardStreams.endByBrokenPipe() }
            complain("error: standard output cannot be written: \(error.reason)")
            throw .unavailable
        }
    }

    /// Prints an error on standard error; what to do about it has a line of its own.
    static func complain(error text: String) {
        complain(MessageText.lines("error: \(text)").joined(separator: "\n"))
    }

    /// Prints what went wrong on standard error.
    static func complain(_ text: String) {
        let form = StandardStreams.errorForm(environment: ProcessInfo.processInfo.environment)
        let clean = form.shown(TerminalText.cleanLines(text))
        StandardStreams.complain(Array((clean.hasSuffix("\n") ? clean : clean + "\n").utf8))
    }
}
