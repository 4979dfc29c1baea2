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

    /// A cluster whose second worker can be made to disappear: its program is a link.
    private static func cluster() throws -> (LocalCluster, link: String) {
        let cluster = try LocalCluster(workers: 3, extra: restart)
        let link = cluster.folder + "/rpc-server-2"
        let folder = TestEnvironment.llamaFolder ?? ""
        let programs = ["\(folder)/rpc-server", "\(folder)/ggml-rpc-server"]
        let program = try #require(programs.first { access($0, X_OK) == 0 })
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: program)
        let text = try String(contentsOfFile: cluster.configuration, encoding: .utf8)
        let address = "\"127.0.0.1:\(cluster.ports[1])\""
        let object = """
            {"host": "127.0.0.1", "port": \(cluster.ports[1]), "binary": "\(link)"}
            """
        try text.replacingOccurrences(of: address, with: object)
            .write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        return (cluster, link)
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
}
