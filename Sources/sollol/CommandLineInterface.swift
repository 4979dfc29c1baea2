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
            complain("sollol: \(mistake.message). See: sollol help")
            return .usage
        } catch let errors as ConfigurationErrors {
            for problem in errors.problems.prefix(100) {
                complain(TerminalText.clean("error: \(problem)"))
            }
            let more = errors.problems.count - 100
            if more > 0 { complain("error: and \(more) more problems of that kind") }
            return errors.exitStatus
        } catch let problem as StateDirectory.Problem {
            complain("error: \(problem)")
            return problem.exitStatus
        } catch let status as ExitStatus {
            return status
        } catch {
            complain("sollol: a bug: \(error)")
            return .software
        }
    }

    private static func dispatch(_ words: [String], isDetached: Bool) throws -> ExitStatus {
        // The command's own options are known only once its name is: the first word without a dash
        // that is no option's value.
        let everything = Commands.common + Commands.all.flatMap(\.options)
        let loose = try CommandLineArguments(words, options: unique(everything))
        if loose.has("--version") { return try printVersion() }
        guard let name = loose.words.first else {
            if loose.has("--help") { return try printHelp(nil) }
            complain(Commands.help(nil))
            return .usage
        }
        guard let command = Commands.named(name) else {
            let near = NearestName.of(name, in: Commands.all.map(\.name))
            let hint = near.map { " (did you mean \($0)?)" } ?? ""
            throw CommandLineArguments.Mistake(message: "there is no command \(name)\(hint)")
        }
        if loose.has("--help") { return try printHelp(command) }
        let arguments = try CommandLineArguments(
            words, options: unique(command.options + Commands.common))
        if name == "help" { return try help(on: arguments.words.dropFirst().first) }
        let most = command.word == nil ? 1 : 2
        guard arguments.words.count <= most else {
            let extra = arguments.words[most]
            throw CommandLineArguments.Mistake(message: "\(name) takes no further word: \(extra)")
        }
        switch name {
        case "version": return try printVersion()
        case "config": return try ConfigCommand.run(arguments)
        case "check": return try CheckCommand.run(arguments)
        case "plan": return try PlanCommand.run(arguments)
        case "status": return try StatusCommand.run(arguments)
        case "down": return try DownCommand.run(arguments)
        case "logs": return try LogsCommand.run(arguments)
        case "restart": return try RestartCommand.run(arguments)
        case "reload": return try ReloadCommand.run(arguments)
        default:
            if let running = ReloadLook.begin() {
                return try UpCommand.look(arguments, beside: running)
            }
            return arguments.has("--detach") && !arguments.has("--dry-run") && !isDetached
                ? try DetachedStart.run(executable, words)
                : try UpCommand.run(arguments, isDetached: isDetached)
        }
    }

    /// This program.
    static var executable: String {
        Bundle.main.executablePath ?? CommandLine.arguments[0]
    }

    private static func unique(
        _ options: [CommandLineArguments.Option]
    ) -> [CommandLineArguments.Option] {
        var seen = Set<String>()
        return options.filter { seen.insert($0.name).inserted }
    }

    private static func help(on name: String?) throws -> ExitStatus {
        guard let name else { return try printHelp(nil) }
        guard let command = Commands.named(name) else {
            throw CommandLineArguments.Mistake(message: "there is no command \(name)")
        }
        return try printHelp(command)
    }

    private static func printHelp(_ command: Commands.Command?) throws -> ExitStatus {
        try write(Commands.help(command))
        return .success
    }

    private static func printVersion() throws -> ExitStatus {
        try write("sollol \(version)\n")
        return .success
    }

    /// Prints what was asked for on standard output.
    ///
    /// - Throws: the status to end with, after it has said why nothing could be printed.
    static func write(_ text: String) throws(ExitStatus) { try write(Array(text.utf8)) }

    /// The same for bytes.
    static func write(_ bytes: [UInt8]) throws(ExitStatus) {
        do throws(SystemError) {
            try StandardStreams.write(bytes)
        } catch {
            if error.code == EPIPE { StandardStreams.endByBrokenPipe() }
            complain("error: standard output cannot be written: \(error.reason)")
            throw .unavailable
        }
    }

    /// Prints what went wrong on standard error.
    static func complain(_ text: String) {
        StandardStreams.complain(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
