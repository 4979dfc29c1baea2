import Foundation
import Testing

/// `sollol shard` where all workers are on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama.cpp on this machine"))
struct LocalShardTests {
    private struct Outcome {
        var status: Int32
        var text: String
    }

    /// A cluster whose nodes all store below its own folder.
    private static func cluster(
        workers: Int, coordinator folder: String? = nil
    ) throws -> LocalCluster {
        let cluster = try LocalCluster(
            workers: workers, model: try ShardedModel.small(),
            extra: """
                "storage": "sharded",
                "placement": {"participants": "workers_only", "strategy": "even"},
                "worker_defaults": {"shards": {"folder": "SHARDS"}}
                """,
            coordinator: #""shards": {"folder": "\#(folder ?? "SHARDS")"}"#)
        try cluster.edit("SHARDS", cluster.folder + "/shards")
        return cluster
    }

    private static func run(_ cluster: LocalCluster, _ words: String...) throws -> Outcome {
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol",
            words + ["--config", cluster.configuration], environment: cluster.environment)
        let output = program.standardOutput()
        let status = program.exitStatus()
        return Outcome(
            status: status, text: output + program.lines.joined(separator: "\n"))
    }

    /// Everything that counts of what is stored, by its place.
    private static func stored(_ cluster: LocalCluster) throws -> String {
        try ShellRun.output(
            "cd \"$1\" && find . -path '*/incoming*' -prune -o -type f ! -name .checked "
                + "! -name .about -exec sha256sum {} + | sort", [cluster.folder + "/shards"])
    }

    /// Where one host fails, what another placement needs is nowhere taken apart.
    @Test func aHostThatFailsLeavesAllAsItWas() throws {
        let cluster = try Self.cluster(workers: 3)
        let third = "\"127.0.0.1:\(cluster.ports[2])\""
        try cluster.edit(", " + third, "")
        let first = try Self.run(cluster, "shard")
        #expect(first.status == 0, "\(first.text)")
        let before = try Self.stored(cluster)
        #expect(before.contains("/rpc/") && before.contains("skeleton.gguf"))
        let two = try String(contentsOfFile: cluster.configuration, encoding: .utf8)
        // One more, which has no place for its part.
        try cluster.edit(
            "\"127.0.0.1:\(cluster.ports[1])\"",
            """
            "127.0.0.1:\(cluster.ports[1])", {"host": "127.0.0.1", "port": \(cluster.ports[2]),
             "shards": {"folder": "\(cluster.configuration)/none"}}
            """)
        let second = try Self.run(cluster, "shard")
        #expect(second.status == 69, "\(second.text)")
        #expect(second.text.contains("nothing was sent, since worker-3 cannot"), "\(second.text)")
        #expect(try Self.stored(cluster) == before)
        try two.write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        let check = try Self.run(cluster, "check")
        #expect(check.status == 0, "\(check.text)")
        #expect(try Self.run(cluster, "shard").status == 0)
        #expect(try Self.stored(cluster) == before)
    }

    /// What lies in a hole is part of what llama.cpp looks for: it is found, and mended.
    @Test func aByteInAHoleIsFoundAndMended() throws {
        let cluster = try Self.cluster(workers: 2)
        let first = try Self.run(cluster, "shard")
        #expect(first.status == 0, "\(first.text)")
        #expect(try Self.run(cluster, "check").status == 0)
        let before = try Self.stored(cluster)
        // In the middle of the largest hole there is.
        _ = try ShellRun.output(
            """
            cd "$1"/coordinator-*/*/ && place=$(grep '"name": "skeleton.gguf"' manifest.json |
            grep -o '"offset": [0-9]*, "bytes": [0-9]*' | tr -d ',' |
            awk '$2 - end > most { most = $2 - end; at = end + int(most / 2) } { end = $2 + $4 }
                 END { print at }') &&
            printf x | dd of=skeleton.gguf bs=1 seek="$place" conv=notrunc 2>/dev/null
            """, [cluster.folder + "/shards"])
        #expect(try Self.stored(cluster) != before)
        let check = try Self.run(cluster, "check")
        #expect(check.status == 69, "\(check.text)")
        #expect(check.text.contains("skeleton.gguf"), "\(check.text)")
        #expect(check.text.contains("Try: sollol shard"), "\(check.text)")
        let mended = try Self.run(cluster, "shard")
        #expect(mended.status == 0, "\(mended.text)")
        #expect(try Self.stored(cluster) == before)
        #expect(try Self.run(cluster, "check").status == 0)
    }

    /// What is there needs no room.
    @Test(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
    func aFullDiskWithAllOfItIsNoObstacle() throws {
        let disk = NSTemporaryDirectory() + "sollol-disk-\(UUID().uuidString)"
        defer { _ = try? ShellRun("umount \"$1\"; rmdir \"$1\"", [disk]) }
        _ = try ShellRun.output(
            "mkdir \"$1\" && mount -t tmpfs -o size=160m none \"$1\"", [disk])
        let cluster = try Self.cluster(workers: 2, coordinator: disk)
        let first = try Self.run(cluster, "shard")
        #expect(first.status == 0, "\(first.text)")
        _ = try ShellRun.output(
            "cd \"$1\" && { dd if=/dev/zero of=other bs=64k 2>/dev/null; truncate -s -1M other; }",
            [disk])
        let again = try Self.run(cluster, "shard")
        #expect(again.status == 0, "\(again.text)")
    }
}
