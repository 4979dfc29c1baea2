import Survey
import Foundation
import Basics
import Configuration
import SollolRuntime

/// What a running `sollol` starts for a reload: loads the configuration, looks at all hosts and
/// plans, which takes seconds in which the cluster has to be supervised.
///
/// The question comes as JSON on standard input, the answer goes as JSON to standard output. It
/// changes nothing but old files of tensor caches.
enum ReloadLookCommand {
    static let name = "reload-look"

    static func run() throws -> ExitStatus {
        let bytes = try FileHandle.standardInput.read(upToCount: Bounds.reloadBytes) ?? Data()
        let envelope = try? JSONDecoder().decode(ReloadProtocol.Envelope.self, from: bytes)
        if let problem = envelope?.problem("the running sollol") {
            CommandLineInterface.complain("error: \(problem)")
            return .unavailable
        }
        guard let question = try? JSONDecoder().decode(ReloadQuestion.self, from: bytes) else {
            throw CommandLineArguments.Mistake(
                message: "\(name) is what a running sollol starts: it needs a question as JSON on "
                    + "standard input")
        }
        let answer = try JSONEncoder().encode(answer(question))
        try CommandLineInterface.write(Array(answer))
        return .success
    }

    private static func answer(_ question: ReloadQuestion) throws -> ReloadAnswer {
        let loaded: LoadedConfiguration
        do {
            let arguments = CommandLineArguments(values: question.sources.options)
            var files = try ConfigurationFiles(
                arguments, environment: ProcessInfo.processInfo.environment,
                home: ConfigurationFiles.home, found: question.sources.file)
            files.sources.numbers = question.numbers
            loaded = try UpCommand.load(files, arguments)
        } catch let errors as ConfigurationErrors {
            return .refused(CommandLineInterface.lines(errors), .configuration)
        }
        let spec = loaded.spec
        guard spec.name == question.cluster else {
            return .refused(
                [
                    "error: the cluster's name is \(spec.name) now and was \(question.cluster): "
                        + "that cannot change while it runs. Stop it with sollol down --name "
                        + "\(question.cluster), then: sollol up"
                ], .unavailable)
        }
        let look = Preflight.beside(
            question.running, spec, recorded: question.facts, isPreview: question.isPreview)
        return ReloadAnswer(look, beside: question.running, loaded)
    }
}
