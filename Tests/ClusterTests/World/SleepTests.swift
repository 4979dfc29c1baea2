import Foundation
import Testing

/// A server that gives up its model while nobody asks anything: looks at `/slots` keep it awake, or
/// wake it and load the model again and again (ggml-org/llama.cpp 20227, 20850, 27376).
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct SleepTests {
    /// KiB that a process holds of its own.
    private func resident(_ pid: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            .flatMap { Int($0) } ?? 0
    }

    private func state(_ cluster: LocalCluster) throws -> String? {
        let status = try cluster.sollol("status", "--format", "json")
        let text = status.standardOutput()
        #expect(status.exitStatus() == 0, "\(text)")
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return object?["state"] as? String
    }

    @Test func itSleepsFreesTheWorkersWakesAndEndsWithoutWaking() throws {
        // As in HangTests; its weights are most of what a worker holds.
        let model = try TestEnvironment.model([
            "--layers", "8", "--embedding", "512", "--feed-forward", "1536",
        ])
        let cluster = try LocalCluster(
            model: model, timeouts: #""stall": 10"#, coordinator: #""sleep_after": 6"#)
        let sollol = try cluster.serving()
        let before = try cluster.tokens()
        let workers = try [cluster.pid("worker-1"), cluster.pid("worker-2")]
        let coordinator = try cluster.pid("coordinator")
        let full = workers.map(resident)
        try sollol.waitFor("asleep until the next request")
        #expect(try state(cluster) == "asleep")
        for (worker, full) in zip(workers, full) {
            #expect(resident(worker) < full / 4, "\(resident(worker)) of \(full) KiB")
        }
        // A request wakes it, and is long enough for it to be seen awake on any machine.
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 600) }) }
            .start()
        try eventually("it serves") { (try? state(cluster)) == "serving" }
        #expect(try answer.wait().get().prefix(before.count) == before[...])
        try sollol.waitFor("asleep until the next request")
        #expect(try cluster.pid("coordinator") == coordinator)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        let log = try String(
            contentsOfFile: cluster.folder + "/state/sollol/test/logs/coordinator.log",
            encoding: .utf8)
        #expect(
            log.components(separatedBy: "server is exiting sleeping state").count == 2, "woken once"
        )
        #expect(cluster.leftovers() == [])
    }
}
