/// What names a model.
package enum ModelReference: Equatable, Sendable {
    /// A GGUF on the coordinator's host: absolute, or beginning with `~/` on a remote host.
    case file(path: String)
    /// A model by its Ollama name, to be resolved on the coordinator's host.
    case ollama(name: String)

    /// The reference as configured: the path or the Ollama name.
    package var text: String {
        switch self {
        case .file(let path): path
        case .ollama(let name): name
        }
    }
}
