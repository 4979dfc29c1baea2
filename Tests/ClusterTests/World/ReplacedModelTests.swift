import Foundation
import Testing

/// A model is updated under its name while it is served (ollama/ollama 2617, dogkeeper886/ollama37
/// 6): the next start of the coordinator loads another model than was planned.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct ReplacedModelTests {
    @Test func itIsToldWithWhatTakesItIn() throws {
        let folder = NSTemporaryDirectory() + "sollol-replaced-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let model = folder + "/model.gguf"
        func put(_ other: String) throws {
            try FileManager.default.copyItem(atPath: other, toPath: model + ".new")
            #expect(rename(model + ".new", model) == 0)
        }
        try put(TestEnvironment.smallModel())
        let cluster = try LocalCluster(model: model)
        let sollol = try cluster.serving()
        let coordinator = try cluster.pid("coordinator")
        try put(
            TestEnvironment.model(["--layers", "8", "--embedding", "128", "--feed-forward", "256"]))
        kill(coordinator, SIGKILL)
        let line = try sollol.waitFor("that were planned")
        #expect(line.contains("if its file was replaced meanwhile"), "\(line)")
        #expect(line.contains("sollol reload"), "\(line)")
        let reload = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 0, "\(reload.lines)")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens().count == 24)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
