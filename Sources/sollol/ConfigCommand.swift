import Basics
import Configuration
import Foundation

/// `sollol config`: the effective configuration, each value with its origin.
enum ConfigCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let format = try Format.of(arguments, in: ["text", "json"])
        let environment = ProcessInfo.processInfo.environment
        let files = try ConfigurationFiles(
            arguments, environment: environment, home: ConfigurationFiles.home)
        let loaded = try files.load()
        if !arguments.has("--quiet") {
            for notice in loaded.notices { CommandLineInterface.complain("notice: \(notice)") }
        }
        try CommandLineInterface.write(
            format == "json" ? loaded.effective.json : loaded.effective.text)
        return .success
    }
}

/// The option `--format`.
enum Format {
    /// What is given, or the first of the allowed.
    static func of(
        _ arguments: CommandLineArguments, in allowed: [String]
    ) throws(CommandLineArguments.Mistake) -> String {
        guard let given = arguments.values["--format"] else { return allowed[0] }
        guard allowed.contains(given) else {
            throw CommandLineArguments.Mistake(
                message: "--format \(given): expected one of \(allowed.joined(separator: ", "))")
        }
        return given
    }
}
