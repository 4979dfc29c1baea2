import Foundation
import Testing

/// Rule 4 on real llama.cpp: what hangs is found and replaced, what is only slow is left alone.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct HangTests {
    /// A request of some seconds that is being processed.
    private func request(_ cluster: LocalCluster) throws -> Answer {
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 3900) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        return answer
    }

    @Test func aWorkerThatStandsStillUnderARequestIsReplacedAndNoOther() throws {
        let cluster = try LocalCluster(timeouts: #""stall": 3"#)
        let sollol = try cluster.serving()
        let before = try cluster.tokens()
        let stopped = try cluster.pid("worker-1")
        let survivor = try cluster.pid("worker-2")
        let answer = try request(cluster)
        kill(stopped, SIGSTOP)
        try sollol.waitFor("coordinator: 1 request made no progress for")
        try sollol.waitFor("serving again")
        #expect(throws: (any Error).self) { try answer.wait().get() }
        #expect(try cluster.pid("worker-1") != stopped)
        #expect(try cluster.pid("worker-2") == survivor)
        #expect(try cluster.tokens() == before)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aCoordinatorThatStandsStillIsReplacedAndTheWorkersStay() throws {
        let cluster = try LocalCluster(
            extra: #""health": {"interval": 0.2, "timeout": 0.5, "failures": 3}"#)
        let sollol = try cluster.serving()
        let workers = try [cluster.pid("worker-1"), cluster.pid("worker-2")]
        let stopped = try cluster.pid("coordinator")
        kill(stopped, SIGSTOP)
        try sollol.waitFor("serving again")
        #expect(try cluster.pid("coordinator") != stopped)
        #expect(try [cluster.pid("worker-1"), cluster.pid("worker-2")] == workers)
        #expect(try cluster.tokens().count == 24)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    /// One batch, so that no counter moves while it is computed; only CPU time tells.
    @Test func aLongPromptIsNoHang() throws {
        let model = try TestEnvironment.model([
            "--layers", "8", "--embedding", "512", "--feed-forward", "1536",
        ])
        let cluster = try LocalCluster(
            model: model, timeouts: #""stall": 2"#,
            coordinator: #""extra_arguments": ["--batch-size", "4096", "--ubatch-size", "4096"]"#)
        let sollol = try cluster.serving()
        let coordinator = try cluster.pid("coordinator")
        let prompt = Array(repeating: "17", count: 3800).joined(separator: ",")
        let body = #"{"prompt": [\#(prompt)], "n_predict": 2, "temperature": 0}"#
        let answer = try LocalCluster.post("/completion", body, port: cluster.port)
        let object = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
        let timings = object?["timings"] as? [String: Any]
        let milliseconds = try #require(timings?["prompt_ms"] as? Double)
        #expect(milliseconds > 4000, "too quick to prove anything; use a larger model")
        #expect(try cluster.pid("coordinator") == coordinator)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(!sollol.lines.contains { $0.contains("made no progress") })
    }
}
