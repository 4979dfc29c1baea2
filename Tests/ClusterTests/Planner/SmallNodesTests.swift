import Foundation
import Testing

/// A model that no node could hold: its workers may have less memory than it weighs.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct SmallNodesTests {
    /// MiB; the weights alone are 90.6.
    private static let limit = 88

    /// Workers get so much data from the system (prlimit) and no more.
    private static func cluster(workers: Int) throws -> LocalCluster {
        let model = try TestEnvironment.model([
            "--layers", "12", "--embedding", "512", "--feed-forward", "2048",
        ])
        let cluster = try LocalCluster(
            workers: workers, model: model,
            extra: """
                "worker_defaults": {"binary": "SCRIPT", "memory_limit": "\(limit)MiB",
                  "threads": 1, "cache": false},
                "placement": {"participants": "workers_only"}
                """)
        let llama = TestEnvironment.llamaFolder ?? ""
        let programs = ["\(llama)/rpc-server", "\(llama)/ggml-rpc-server"]
        let program = try #require(programs.first { access($0, X_OK) == 0 })
        let path = cluster.folder + "/small-rpc-server"
        let script = "#!/bin/sh\nulimit -d \(limit * 1024) && exec '\(program)' \"$@\"\n"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        let text = try String(contentsOfFile: cluster.configuration, encoding: .utf8)
        try text.replacingOccurrences(of: "SCRIPT", with: path)
            .write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        return cluster
    }

    @Test func runsOnThreeNodes() throws {
        let cluster = try Self.cluster(workers: 3)
        let sollol = try cluster.serving()
        let spread = try cluster.tokens()
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)

        let alone = try LocalCluster(workers: 0, model: cluster.model)
        let single = try alone.serving()
        #expect(try alone.tokens() == spread)
        single.signal(SIGTERM)
        #expect(single.exitStatus() == 0)
    }

    /// The same limit is real: it is refused, and with --overcommit it fails by it.
    @Test func failsOnOneNode() throws {
        let cluster = try Self.cluster(workers: 1)
        let refused = try cluster.sollol("up")
        #expect(refused.exitStatus() == 69)
        #expect(refused.lines.contains { $0.contains("the model does not fit: worker-1") })
        let failed = try cluster.sollol("up", "--overcommit")
        #expect(failed.exitStatus() == 69)
        let words = failed.lines.joined(separator: "\n")
        #expect(
            words.contains("not enough memory of RPC0[127.0.0.1:\(cluster.ports[0])]"), "\(words)")
        #expect(cluster.leftovers() == [])
    }
}
