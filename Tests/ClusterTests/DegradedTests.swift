import Foundation
import Testing

/// Rule 7 with real servers: going on without a worker, and taking it back.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct DegradedTests {
    private static let restart = """
        "restart": {"degrade_after": 1, "max_delay": 1, "reset_after": 1},
        "placement": {"participants": "workers_only"}
        """

    /// A cluster one worker of which can be made to disappear: its program is a link.
    private static func cluster(lost number: Int = 2) throws -> (LocalCluster, link: String) {
        let cluster = try LocalCluster(workers: 3, extra: restart)
        return (cluster, try cluster.linkProgram(ofWorker: number))
    }

    private static func state(_ cluster: LocalCluster) throws -> String? {
        let text = try cluster.sollol("status", "--format", "json").standardOutput()
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return object?["state"] as? String
    }

    @Test func goesOnWithoutAWorkerAndTakesItBack() throws {
        let (cluster, link) = try Self.cluster()
        let sollol = try cluster.serving()
        let tokens = try cluster.tokens()
        let second = try cluster.pid("worker-2")
        try FileManager.default.moveItem(atPath: link, toPath: link + ".away")
        kill(second, SIGKILL)
        try sollol.waitFor("going on without worker-2")
        try sollol.waitFor("serving again")
        try sollol.waitFor("worker-3 (127.0.0.1:\(cluster.ports[2])): layers")
        #expect(try cluster.tokens() == tokens)
        #expect(try Self.state(cluster) == "degraded")

        try FileManager.default.moveItem(atPath: link + ".away", toPath: link)
        try sollol.waitFor("taking back worker-2")
        try sollol.waitFor("serving again")
        try sollol.waitFor("worker-2 (127.0.0.1:\(cluster.ports[1])): layer")
        #expect(try cluster.tokens() == tokens)
        #expect(try Self.state(cluster) == "serving")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
    @Test func aReloadMeanwhileIsTakenOverAndTheMissingWorkerCanBeRemoved() throws {
        let (cluster, link) = try Self.cluster(lost: 3)
        let sollol = try cluster.serving()
        let tokens = try cluster.tokens()
        let third = try cluster.pid("worker-3")
        try FileManager.default.removeItem(atPath: link)
        kill(third, SIGKILL)
        try sollol.waitFor("going on without worker-3")
        try sollol.waitFor("serving again")
        // What is wrong with the worker is known, and no reason to refuse.
        try cluster.edit("\"ctx_size\": 4096", "\"ctx_size\": 2048")
        let changed = try cluster.sollol("reload")
        #expect(changed.exitStatus() == 0, "\(changed.lines)")
        #expect(changed.lines.contains { $0.contains("warning: worker-3: ") }, "\(changed.lines)")
        #expect(try Self.state(cluster) == "degraded")
        #expect(try cluster.tokens() == tokens)
        let running = cluster.servers().filter { $0.argv.contains("2048") }
        #expect(running.count == 1)
        // Nothing but the missing one changes.
        let port = cluster.ports[2]
        let object = ", {\"host\": \"127.0.0.1\", \"port\": \(port), \"binary\": \"\(link)\"}"
        try cluster.edit(object, "")
        let removed = try cluster.sollol("reload")
        #expect(removed.exitStatus() == 0, "\(removed.lines)")
        #expect(removed.lines.contains { $0.contains("worker-3 is removed") })
        #expect(try Self.state(cluster) == "serving")
        #expect(try cluster.pid("coordinator") == running.first?.pid)
        #expect(try cluster.tokens() == tokens)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
