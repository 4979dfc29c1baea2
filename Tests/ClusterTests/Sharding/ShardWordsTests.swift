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
                "placement": {"participants": "workers_only", "strategy": "manual",
                              "layers": [2, 2]},
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

    /// Reading a large model takes minutes, and who cannot be asked is known in a second.
    @Test func whoCannotBeAskedIsToldBeforeTheModelIsRead() throws {
        let cluster = try Self.cluster()
        try cluster.edit(
            "\"127.0.0.1:\(cluster.ports[1])\"",
            """
            {"host": "127.0.0.1", "port": \(cluster.ports[1]), "ssh": "root@127.0.0.1", "transport": "ssh",
             "ssh_options": ["Port=1"]}
            """)
        let refused = try Self.run(cluster, ["shard"])
        #expect(refused.status == 69, "\(refused.text)")
        #expect(refused.text.contains("error: worker-2: "), "\(refused.text)")
        #expect(!refused.text.contains("error: worker-1: "), "\(refused.text)")
        #expect(!refused.text.contains("reading "), "\(refused.text)")
    }

    /// A start that `up` would refuse is not called exact commands.
    @Test func anotherPlacementIsToldBeforeAStart() throws {
        let cluster = try Self.cluster()
        let stored = try Self.run(cluster, ["shard"])
        #expect(stored.status == 0, "\(stored.text)")
        let fits = try Self.run(cluster, ["plan"])
        #expect(fits.status == 0 && fits.text.contains("\nStored: worker-1"), "\(fits.text)")
        try cluster.edit("[2, 2]", "[3, 1]")
        let would = try Self.run(cluster, ["shard", "--dry-run", "--format", "json"])
        let bytes = would.text.split(separator: "\n").filter { $0.contains("\"stored_bytes\"") }
        #expect(bytes.count == 3, "\(would.text)")
        let plan = try Self.run(cluster, ["plan"])
        #expect(plan.status == 69, "\(plan.text)")
        #expect(plan.text.contains("error: coordinator: what the workers store"), "\(plan.text)")
        #expect(plan.text.contains("\nTo be stored: worker-1"), "\(plan.text)")
        let json = try Self.run(cluster, ["plan", "--format", "json"])
        for line in bytes {
            let number = try #require(line.firstRange(of: /"stored_bytes": [0-9]+/))
            #expect(json.text.contains(line[number]), "\(json.text)")
        }
        let dryRun = try Self.run(cluster, ["up", "--dry-run"])
        #expect(dryRun.status == 0, "\(dryRun.text)")
        #expect(
            dryRun.text.contains("warning: coordinator: what the workers store"),
            "\(dryRun.text)")
        let script = try Self.run(cluster, ["up", "--dry-run", "--format", "sh"])
        #expect(script.status == 69 && !script.text.contains("#!"), "\(script.text)")
    }

    /// What is no address at all is a mistake of who typed it.
    @Test(arguments: [
        "ftp://a/m.gguf", "http://u:p@a/m.gguf", "http://",
        "https://huggingface.co/a/b/blob/main/m.gguf",
    ])
    func anAddressThatIsNoneIsAMistake(address: String) throws {
        let refused = try Self.run(try Self.cluster(), ["shard", "--from", address])
        #expect(refused.status == 64, "\(refused.text)")
        #expect(refused.text.contains("--from: "), "\(refused.text)")
    }

    /// Whoever stops it is told that what has come stays, and it is no failure.
    @Test(arguments: [SIGINT, SIGTERM]) func aStopIsNoFailure(signal number: Int32) throws {
        let cluster = try Self.cluster()
        // It takes connections and never answers.
        let server = try Listener(port: 0)
        defer { _ = server }
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol",
            [
                "shard", "--from", "http://127.0.0.1:\(server.port)/m.gguf", "--config",
                cluster.configuration,
            ], environment: cluster.environment)
        _ = try program.waitFor("reading the header of")
        program.signal(number)
        #expect(program.exitStatus() == 0)
        #expect(program.lines.last == "stopped; what has come stays there", "\(program.lines)")
    }

    /// A skeleton is not what somebody has downloaded.
    @Test func aSkeletonThatWasCutIsStoredAgain() throws {
        let cluster = try Self.cluster()
        #expect(try Self.run(cluster, ["shard"]).status == 0)
        _ = try ShellRun.output(
            "truncate -s -1 \"$1\"/coordinator-*/*/skeleton.gguf", [cluster.folder + "/shards"])
        let check = try Self.run(cluster, ["check"])
        #expect(check.status == 69 && !check.text.contains("download"), "\(check.text)")
        #expect(check.text.contains("Try: sollol shard"), "\(check.text)")
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
