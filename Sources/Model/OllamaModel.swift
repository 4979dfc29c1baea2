import Foundation

/// A model by its Ollama name, and where Ollama keeps its GGUF.
///
/// Pure: paths relative to Ollama's `models` folder, which is `$OLLAMA_MODELS`, `~/.ollama/models`
/// or `/usr/share/ollama/.ollama/models` on the coordinator's host.
package struct OllamaModel: Equatable, Sendable {
    /// Why a name or a manifest cannot be used.
    package enum Problem: Error, Equatable, Sendable {
        /// Not `[HOST/][NAMESPACE/]NAME[:TAG]` of `[A-Za-z0-9._-]`.
        case invalidName(String)
        /// Not a manifest: not JSON, or without layers.
        case unreadableManifest
        /// A manifest without exactly one GGUF; models split in several files are not supported.
        case modelLayers(Int)
        /// The digest is not `sha256:` and 64 hexadecimal digits, so it names no file.
        case invalidDigest(String)

        /// What is wrong, as one sentence.
        package var message: String {
            switch self {
            case .invalidName(let name):
                "'\(name)' is no Ollama name: expected [HOST/][USER/]NAME[:TAG]. "
                    + "A path begins with / ./ ../ or ~/ or ends in .gguf."
            case .unreadableManifest: "the Ollama manifest is not readable JSON with layers."
            case .modelLayers(let count):
                "the Ollama manifest names \(count) GGUF files, exactly one is supported."
            case .invalidDigest(let digest): "the Ollama manifest has the bad digest '\(digest)'."
            }
        }
    }

    /// `registry.ollama.ai` unless the name begins with a host.
    package var registry: String
    /// `library` unless the name has a user.
    package var namespace: String
    package var name: String
    /// `latest` unless given.
    package var tag: String

    /// Parses `[HOST/][NAMESPACE/]NAME[:TAG]`.
    ///
    /// Every part becomes a folder or file name, so `.`, `..` and anything outside
    /// `[A-Za-z0-9._-]` (and a port of the host) is refused.
    package init(_ reference: String) throws(Problem) {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), let last = parts.last else {
            throw .invalidName(reference)
        }
        let named = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        registry = parts.count == 3 ? String(parts[0]) : "registry.ollama.ai"
        namespace = parts.count >= 2 ? String(parts[parts.count - 2]) : "library"
        name = String(named[0])
        tag = named.count == 2 ? String(named[1]) : "latest"
        guard Self.isPart(registry, allowsColon: true), Self.isPart(namespace),
            Self.isPart(name), Self.isPart(tag)
        else { throw .invalidName(reference) }
    }

    /// Where the manifest lies, relative to the `models` folder.
    package var manifestPath: String { "manifests/\(registry)/\(namespace)/\(name)/\(tag)" }

    /// Where the GGUF lies, relative to the `models` folder.
    ///
    /// - Parameter manifest: the bytes of the file at `manifestPath`; not trusted.
    package static func blobPath(manifest: Data) throws(Problem) -> String {
        let layers = try layers(of: manifest)
        let models = layers.filter { $0.mediaType == mediaType("model") }
        guard models.count == 1, let digest = models.first?.digest else {
            throw .modelLayers(models.count)
        }
        return try blobPath(digest: digest)
    }

    /// Where the files lie that belong to the model: a projector (of vision models), adapters.
    package static func companionPaths(
        manifest: Data
    ) throws(Problem) -> [(kind: CompanionFile.Kind, path: String)] {
        var paths: [(kind: CompanionFile.Kind, path: String)] = []
        for layer in try layers(of: manifest) {
            switch layer.mediaType {
            case mediaType("projector"):
                paths.append((.projector, try blobPath(digest: layer.digest)))
            case mediaType("adapter"):
                paths.append((.adapter, try blobPath(digest: layer.digest)))
            default: break
            }
        }
        return paths
    }

    private static func layers(of manifest: Data) throws(Problem) -> [Manifest.Layer] {
        guard let decoded = try? JSONDecoder().decode(Manifest.self, from: manifest) else {
            throw .unreadableManifest
        }
        return decoded.layers
    }

    private static func blobPath(digest: String) throws(Problem) -> String {
        let hex = digest.dropFirst("sha256:".count)
        guard digest.hasPrefix("sha256:"), hex.utf8.count == 64, hex.allSatisfy(isHexDigit) else {
            throw .invalidDigest(digest)
        }
        return "blobs/sha256-\(hex)"
    }

    private static func mediaType(_ kind: String) -> String {
        "application/vnd.ollama.image.\(kind)"
    }

    private struct Manifest: Decodable {
        struct Layer: Decodable {
            var mediaType: String
            var digest: String
        }
        var layers: [Layer]
    }

    private static func isHexDigit(_ character: Character) -> Bool {
        character.isASCII && character.isHexDigit
    }

    private static func isPart(_ text: String, allowsColon: Bool = false) -> Bool {
        !text.isEmpty && text.utf8.count <= 255 && text != "." && text != ".."
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType == .decimal)
                    || "._-".unicodeScalars.contains($0) || (allowsColon && $0 == ":")
            }
    }
}
