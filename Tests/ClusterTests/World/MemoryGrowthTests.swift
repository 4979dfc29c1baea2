import Foundation
import Testing

/// Servers that hold more than `restart.max_memory` (they grow: ollama/ollama 18106,
/// ggml-org/llama.cpp 27725): a restart in a loop would be worse than the memory (Unitech/pm2 839).
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct MemoryGrowthTests {
    @Test func serversThatNeedMoreThanTheirLimitAreToldOfAndServeOn() throws {
        let cluster = try LocalCluster(
            workers: 1, extra: #""restart": {"max_memory": "1MiB", "period": 1}"#)
        let sollol = try cluster.serving()
        let pids = try [cluster.pid("worker-1"), cluster.pid("coordinator")]
        try sollol.waitFor("worker-1 holds")
        try sollol.waitFor("coordinator holds")
        let before = try cluster.tokens()
        // Looks at the slots go on; each would be an idle moment.
        try eventually("it was looked at again") {
            let status = try? cluster.sollol("status")
            return status?.standardOutput().contains("a restart would not help") == true
        }
        #expect(try cluster.tokens() == before)
        #expect(try [cluster.pid("worker-1"), cluster.pid("coordinator")] == pids)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
