import Foundation
import Testing

@testable import Model

@Suite struct OllamaModelTests {
    @Test(arguments: [
        ("codellama:13b", "manifests/registry.ollama.ai/library/codellama/13b"),
        ("llama3.2", "manifests/registry.ollama.ai/library/llama3.2/latest"),
        ("ann/my_model:q4_K_M", "manifests/registry.ollama.ai/ann/my_model/q4_K_M"),
        (
            "hf.co/bartowski/Llama-3.2-1B-GGUF:Q8_0",
            "manifests/hf.co/bartowski/Llama-3.2-1B-GGUF/Q8_0"
        ),
        ("localhost:5000/ann/m", "manifests/localhost:5000/ann/m/latest"),
    ])
    func manifestOfAName(_ name: String, _ path: String) throws {
        #expect(try OllamaModel(name).manifestPath == path)
    }

    @Test(arguments: [
        "", ":", "a:", ":b", "a:b:c", "../etc", "a/..", "..:latest", "a:..", "a//b", "/a",
        "a/b/c/d",
        "a b", "a\nb", "a:b\0", "ä", "a%2f", "http://x/y", "a:../../b", ".",
    ])
    func whatNamesNoModel(_ name: String) {
        #expect(throws: OllamaModel.Problem.invalidName(name)) { try OllamaModel(name) }
    }

    private static let digest = String(repeating: "0af9", count: 16)

    @Test func blobOfAManifest() throws {
        let manifest = """
            {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
             "config": {"mediaType": "application/vnd.docker.container.image.v1+json",
                        "digest": "sha256:11", "size": 5},
             "layers": [
               {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:22"},
               {"mediaType": "application/vnd.ollama.image.model",
                "digest": "sha256:\(Self.digest)", "size": 7}]}
            """
        #expect(
            try OllamaModel.blobPath(manifest: Data(manifest.utf8))
                == "blobs/sha256-\(Self.digest)")
    }

    @Test(arguments: [
        ("", OllamaModel.Problem.unreadableManifest),
        ("{}", .unreadableManifest),
        (#"{"layers": [{"mediaType": 1, "digest": "x"}]}"#, .unreadableManifest),
        (#"{"layers": []}"#, .modelLayers(0)),
        (layers("sha256:\(digest)", "sha256:\(digest)"), .modelLayers(2)),
        (layers("md5:\(digest)"), .invalidDigest("md5:\(digest)")),
        (layers("sha256:abc"), .invalidDigest("sha256:abc")),
        (layers("sha256:../../../../etc/passwd"), .invalidDigest("sha256:../../../../etc/passwd")),
        (
            layers("sha256:" + String(repeating: "g", count: 64)),
            .invalidDigest("sha256:" + String(repeating: "g", count: 64))
        ),
    ])
    func aBadManifest(_ text: String, _ problem: OllamaModel.Problem) {
        #expect(throws: problem) { try OllamaModel.blobPath(manifest: Data(text.utf8)) }
        #expect(!problem.message.isEmpty)
    }

    private static func layers(_ digests: String...) -> String {
        let type = "application/vnd.ollama.image.model"
        let layers = digests.map { #"{"mediaType": "\#(type)", "digest": "\#($0)"}"# }
        return #"{"layers": [\#(layers.joined(separator: ","))]}"#
    }
}
