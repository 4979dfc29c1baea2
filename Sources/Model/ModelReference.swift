/// What names a model.
package enum ModelReference: Equatable, Codable, Sendable {
    /// A GGUF on the coordinator's host: absolute, or beginning with `~/` on a remote host.
    case file(path: String)
    /// A model by its Ollama name, to be resolved on the coordinator's host.
    case ollama(name: String)
    /// A GGUF on a web server, of which shards are made; without a query, since everybody sees it.
    case address(SourceAddress)

    /// The reference as configured: the path, the Ollama name or the address.
    package var text: String {
        switch self {
        case .file(let path): path
        case .ollama(let name): name
        case .address(let address): address.text
        }
    }
}
