import Foundation
import SollolCore

/// The models that Ollama has already downloaded to this machine.
struct OllamaLibrary {
    /// Why a name does not lead to a file.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    private let folders: [String]

    /// The library in `$OLLAMA_MODELS`, else in Ollama's usual folders.
    init(environment: [String: String], home: String) {
        let given = environment["OLLAMA_MODELS"].flatMap { $0.isEmpty ? nil : [$0] }
        folders = given ?? ["\(home)/.ollama/models", "/usr/share/ollama/.ollama/models"]
    }

    /// The GGUF of a model by its Ollama name.
    func path(of name: String) throws(Problem) -> String {
        do {
            let model = try OllamaModel(name)
            let manifests = folders.map { (folder: $0, path: "\($0)/\(model.manifestPath)") }
            guard let found = manifests.first(where: { access($0.path, R_OK) == 0 }) else {
                let places = manifests.map(\.path).joined(separator: ", ")
                throw Problem(
                    description: "the Ollama model \(name) is not on this machine; looked for "
                        + "\(places). Try: ollama pull \(name)")
            }
            let manifest = try Data(contentsOf: URL(fileURLWithPath: found.path))
            return try "\(found.folder)/\(OllamaModel.blobPath(manifest: manifest))"
        } catch let problem as Problem {
            throw problem
        } catch let problem as OllamaModel.Problem {
            throw Problem(description: "the model \(name): \(problem.message)")
        } catch {
            throw Problem(description: "the manifest of the Ollama model \(name): \(error)")
        }
    }
}
