import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol completion SHELL`: the program that lets a shell complete; and what it asks with each
/// key, `sollol complete WORD…`, which no person types.
enum CompletionCommand {
    /// The shells, each with its program.
    private static let programs = [
        ("bash", PackageResources.completion_bash), ("zsh", PackageResources.completion_zsh),
        ("fish", PackageResources.completion_fish),
    ]

    /// How the shells are called.
    static let shells = programs.map(\.0)

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let given = arguments.words.dropFirst().first
        guard let program = programs.first(where: { $0.0 == given })?.1 else {
            let wrong = given.map { "there is none for \($0)" } ?? "it needs a shell"
            throw CommandLineArguments.Mistake(
                message: "completion: \(wrong); one of \(shells.joined(separator: ", "))")
        }
        try CommandLineInterface.write(program)
        return .success
    }

    /// One line a candidate, with what it means behind a tab; `:files` where it may be a file.
    static func answer(_ words: [String]) throws -> ExitStatus {
        let completion = Completion(
            words,
            names: Completion.Names(
                clusters: { ClusterSearch().all().map(\.name) },
                processes: { arguments in
                    guard let cluster = try? NamedCluster(quietly(arguments)) else { return [] }
                    let running = cluster.status().processes.map(\.name)
                    return running.isEmpty ? LogReaders.names(state: cluster.statePath) : running
                }))
        let lines = completion.candidates.map {
            TerminalText.line($0.word) + ($0.help.isEmpty ? "" : "\t\($0.help)")
        }
        let all = lines + (completion.takesFiles ? [":files"] : [])
        try CommandLineInterface.write(Array(all.map { $0 + "\n" }.joined().utf8))
        return .success
    }

    /// Only what finds a cluster: nothing is to be told while somebody types.
    private static func quietly(_ arguments: CommandLineArguments) -> CommandLineArguments {
        var values = arguments.values.filter { ["--config", "--name"].contains($0.key) }
        values[Options.quiet.name] = ""
        return CommandLineArguments(values: values)
    }
}
