import Basics
import Foundation
import Model

extension SurveyReport {
    /// Why the model on that host cannot be used, with what to do.
    package struct ModelProblem: Error, Equatable, Sendable {
        /// What follows the name of a process.
        package var complaint: Complaint

        init(_ problem: String, remedy: String? = nil) {
            complaint = Complaint(problem, remedy: remedy)
        }

        /// From the first line that `SurveyScript.read` printed.
        ///
        /// - Parameters:
        ///   - user: who may not read it; empty when nobody asked, for a look at this machine.
        ///   - model: how the configuration calls it; nil stands for a path.
        ///   - kind: nil for the model itself.
        ///   - part: which part of a split model it is; nil for what is named itself.
        ///   - isSkeleton: whether it is what `sollol shard` has put there in its place.
        package init(
            answer: String, path: String, user: String, model: ModelReference? = nil,
            kind: CompanionFile.Kind? = nil, part: (number: Int, count: Int)? = nil,
            isSkeleton: Bool = false
        ) {
            let user = user.isEmpty ? "this user" : user
            let reason =
                switch (answer, part) {
                case ("missing", let part?):
                    "part \(part.number) of \(part.count) is missing on {host}"
                case ("missing", nil): "there is no such file on {host}"
                case ("unreadable", _): "\(user) may not read it on {host}"
                case ("other", _): "it is not a regular file on {host}"
                default: "it cannot be read on {host}"
                }
            let advice =
                switch (answer, model) {
                case _ where isSkeleton: "Try: sollol shard"
                case ("missing", .ollama(let name)):
                    "The Ollama model \(name) wants it. Try there: "
                        + "ollama pull \(ShellQuoting.quote(name))"
                case ("unreadable", _):
                    "Let \(user) read it, its folders included, or give another one with --model."
                case _ where part != nil: "Copy it beside the first."
                case (_, _) where kind != nil:
                    "Check its path, which is one on the coordinator's host."
                default:
                    "Check the key `model`, which is a path on the coordinator's host, or give "
                        + "another one with --model."
                }
            self.init("the \(kind?.name ?? "model") \(path): \(reason)", remedy: advice)
        }
    }

    /// Where what belongs to an Ollama model lies on that host: a projector, adapters.
    package func ollamaCompanions() -> [SurveyRequest.Companion] {
        guard let folder = manifestFolder else { return [] }
        let paths = try? OllamaModel.companionPaths(manifest: Data(manifest.utf8))
        return (paths ?? []).map { .init(kind: $0.kind, path: "\(folder)/\($0.path)") }
    }

    /// Where the GGUF of an Ollama name lies on that host.
    ///
    /// - Parameter isFile: whether a file has that name, which may be what was meant.
    package func ollamaPath(
        of name: String, isFile: Bool = false
    ) throws(ModelProblem) -> String {
        guard let folder = manifestFolder else {
            let places = manifestPlaces.joined(separator: ", ")
            throw ModelProblem(
                "the Ollama model \(name) is not on {host}; looked for \(places)",
                remedy: (isFile ? "For the file write \(ShellQuoting.quote("./\(name)")). " : "")
                    + "Try there: ollama pull \(ShellQuoting.quote(name))")
        }
        do {
            return try "\(folder)/\(OllamaModel.blobPath(manifest: Data(manifest.utf8)))"
        } catch {
            throw ModelProblem("the model \(name) on {host}: \(error.message)")
        }
    }
}
