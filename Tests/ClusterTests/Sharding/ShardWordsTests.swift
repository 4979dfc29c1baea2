import Foundation
import Testing

/// What `sollol shard` and others say of shards before llama.cpp has anything to do.
@Suite(.serialized)
struct ShardWordsTests {
    private struct Outcome {
        var status: Int32
        var text: String
    }

    /// Two workers of so much memory; all nodes store below the cluster's own folder.
    private static func cluster(memory: String = "1GiB") throws -> LocalCluster {
        let cluster = try LocalCluster(
            model: try ShardedModel.small(),
            extra: """
                "storage": "sharded",
                "placement": {"participants": "workers_only", "strategy": "even"},
                "worker_defaults": {"memory_limit": "\(memory)", "shards": {"folder": "SHARDS"}}
                """,
            coordinator: #""memory_limit": "1GiB", "shards": {"folder": "SHARDS"}"#)
        try cluster.edit("SHARDS", cluster.folder + "/shards")
        return cluster
    }

    private static func run(_ cluster: LocalCluster, _ words: [String]) throws -> Outcome {
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol",
            words + ["--config", cluster.configuration], environment: cluster.environment)
        let output = program.standardOutput()
        let status = program.exitStatus()
        return Outcome(status: status, text: output + program.lines.joined(separator: "\n"))
    }

    /// What is sent moves once more before anything can start from it.
    @Test func whatDoesNotFitIsNotStored() throws {
        let cluster = try Self.cluster(memory: "8MiB")
        for words in [["shard", "--dry-run"], ["shard"]] {
            let refused = try Self.run(cluster, words)
            #expect(refused.status == 69, "\(refused.text)")
            #expect(
                refused.text.contains("error: coordinator: the model does not fit"),
                "\(refused.text)")
        }
        #expect(!FileManager.default.fileExists(atPath: cluster.folder + "/shards"))
        let told = try Self.run(cluster, ["shard", "--dry-run", "--overcommit"])
        #expect(told.status == 0 && told.text.contains("does not fit"), "\(told.text)")
    }
}
