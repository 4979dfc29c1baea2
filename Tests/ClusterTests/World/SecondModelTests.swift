import Foundation
import Testing

/// A coordinator that loads more than one model, or one that writes no text. A draft model follows
/// `--device`, hence goes to RPC workers where nobody says otherwise (ggml-org/llama.cpp 10455,
/// ikawrakow/ik_llama.cpp 645): its weights were taken for misplaced ones, and every start was
/// ended.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct SecondModelTests {
    @Test func aDraftModelStaysOnTheCoordinator() throws {
        let draft = try TestEnvironment.model([
            "--layers", "4", "--embedding", "128", "--feed-forward", "256", "--seed", "2",
        ])
        let cluster = try LocalCluster(
            coordinator: #""extra_arguments": ["-md", "\#(draft)"]"#)
        let sollol = try cluster.serving()
        let line = try sollol.waitFor("coordinator: draft model, ")
        #expect(line.hasSuffix(" MiB of weights"))
        let body = #"{"prompt":"hello","n_predict":4,"temperature":0}"#
        let answer = try LocalCluster.post("/completion", body, port: cluster.port)
        #expect(answer.contains("\"content\""))
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func anEncoderAnswersWithEmbeddings() throws {
        let encoder = try TestEnvironment.model([
            "--architecture", "bert", "--layers", "4", "--kv-heads", "8",
        ])
        let cluster = try LocalCluster(model: encoder)
        let sollol = try cluster.serving()
        let next = try sollol.waitFor("next: curl")
        #expect(next.contains("/v1/embeddings"))
        let body = #"{"input":"Hello"}"#
        let answer = try LocalCluster.post("/v1/embeddings", body, port: cluster.port)
        #expect(answer.contains("\"embedding\""))
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
    }
}
