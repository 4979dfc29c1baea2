import Basics

/// The folder of one node's part of one model: `BASE/HOST/ID`. For a worker it is `LLAMA_CACHE`, so
/// that rpc-server looks for its tensors in `rpc` below it; the coordinator's has the skeleton.
package enum ShardFolder {
    /// Where shards are unless the configuration says something else.
    package static let usualBase = "~/.local/share/sollol/shards"

    /// The folder.
    package static func path(base: String, _ node: Node, cluster: String, _ id: ModelID) -> String {
        "\(base)/\(name(of: node, cluster: cluster))/\(id)"
    }

    /// What stands for a node: home folders are often shared between hosts, and a host may have
    /// several workers, so it is the endpoint, with where ssh goes if that tells it from others.
    package static func name(of node: Node, cluster: String) -> String {
        switch node.identity {
        case .coordinator: return "coordinator-\(cluster)"
        case .worker(let endpoint, let destination):
            let words = [endpoint.host, String(endpoint.port)] + [destination].compactMap(\.self)
            let name = words.joined(separator: "-").unicodeScalars.map { scalar -> Character in
                let isPlain =
                    scalar.isASCII
                    && (scalar.properties.isAlphabetic
                        || ("0"..."9").contains(scalar) || "._-@".unicodeScalars.contains(scalar))
                return isPlain ? Character(scalar) : "-"
            }
            // A folder of the name `..` is one above.
            return name.first == "." ? "-" + String(name) : String(name)
        }
    }
}
