import Foundation
import Testing

/// `"storage": "sharded"` on hosts of their own: real llama.cpp serves from their disks what a
/// single server says with the model itself, or nothing.
@Suite(.serialized, .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct ShardedStartTests {
    private static let workers = ["worker-a", "worker-b", "worker-c"]
    /// What the configuration calls the model: there is no such file anywhere.
    private static let gone = "/models/gone.gguf"
    private static let base = "\(HostUser.root.home)/.local/share/sollol/shards"
    /// Where one of them has its part.
    private static let disk = "\(HostUser.root.home)/disk/shards"

    /// Matrices of 12 MiB, so that rpc-server takes them from its disk, and little else.
    private static func model() throws -> String {
        try TestEnvironment.model([
            "--layers", "3", "--embedding", "512", "--heads", "8", "--kv-heads", "2",
            "--feed-forward", "12288", "--vocabulary", "12288", "--type", "f16",
        ])
    }

    /// Three workers, the coordinator on the control machine, and everything stored.
    private static func stored() throws -> SshCluster {
        let bed = try TestBed(workers.map { HostOptions($0) }, keeping: [model()])
        let cluster = try SshCluster(bed, backends: backends(), extra: extra())
        let shard = try sollol(cluster, "shard", "--from", try model())
        guard shard.exitStatus() == 0 else { throw TestFailure("shard: \(shard.lines)") }
        return cluster
    }

    private static func backends(binaryOfFirst binary: String? = nil) -> [String] {
        workers.enumerated().map { index, name in
            let program = index == 0 ? binary.map { #", "binary": "\#($0)""# } ?? "" : ""
            let folder = index == 1 ? #", "shards": {"folder": "\#(disk)"}"# : ""
            return #"{"host": "\#(name)", "transport": "ssh"\#(program)\#(folder)}"#
        }
    }

    private static func extra(layers: String = "2, 1, 1") -> String {
        """
        "storage": "sharded", "restart": {"max_delay": 1}, "timeouts": {"stop": 5},
        "placement": {"participants": "workers_only", "strategy": "manual", "layers": [\(layers)]}
        """
    }

    private static func sollol(
        _ cluster: SshCluster, _ words: String...
    ) throws -> RunningProgram {
        try RunningProgram(
            on: cluster.bed.control,
            ["\(TestEnvironment.products)/sollol"] + words
                + ["--config", cluster.configuration, "--model", gone], limit: 120)
    }

    /// Nothing has begun to serve, and what was said names all of these.
    private static func expectRefused(
        _ cluster: SshCluster, _ words: String..., status: Int32 = 69
    ) throws {
        let program = try sollol(cluster, "up")
        #expect(program.exitStatus() == status)
        let said = program.lines.joined(separator: "\n")
        for word in words { #expect(said.contains(word), "\(word): \(said)") }
        #expect(!said.contains("serving at"))
        #expect(cluster.servers() == [])
    }

    @Test func servesFromTheDisksOfItsWorkersWhatTheModelSays() throws {
        let cluster = try Self.stored()
        let truth = try ShardedModel.tokens(of: Self.model())
        let running = try Self.sollol(cluster, "up")
        try running.waitFor("serving at")
        #expect(try cluster.tokens() == truth)
        let dryRun = try Self.sollol(cluster, "up", "--dry-run").standardOutput()
        #expect(dryRun.contains("LLAMA_CACHE=\(Self.base)/worker-a-50052-worker-a/"))
        #expect(dryRun.contains("LLAMA_CACHE=\(Self.disk)/worker-b-50052-worker-b/"))
        #expect(dryRun.contains("/skeleton.gguf"))
        let plan = try Self.sollol(cluster, "plan").standardOutput()
        #expect(plan.contains("Stored: worker-1 "), "\(plan)")
        let status = try Self.sollol(cluster, "status").standardOutput()
        #expect(status.contains("  STORED  "), "\(status)")
        // A start after a failure is proven as well.
        let worker = cluster.bed["worker-b"].llamaProcesses()[0]
        _ = kill(worker.pid, SIGKILL)
        try running.waitFor("serving again at")
        #expect(try cluster.tokens() == truth)
        // What has gone meanwhile is noticed before anything is loaded.
        _ = try cluster.bed["worker-c"].run(
            "cd \(Self.base)/*/*/rpc && chmod 700 . && set -- * && rm -f \"$1\"")
        let coordinator = try #require(
            cluster.bed.control.llamaProcesses().first { $0.argv.contains("--rpc") })
        _ = kill(coordinator.pid, SIGKILL)
        try running.waitFor("is missing in")
        #expect(throws: (any Error).self) { try cluster.tokens() }
        running.signal(SIGTERM)
        _ = running.exitStatus()
        try cluster.expectNothingLeft()
    }

    @Test func whatWasChangedIsNamedAndNothingStarts() throws {
        let cluster = try Self.stored()
        let place = "cd \(Self.base)/*/*/rpc && chmod 700 . && set -- * && "
        let host = cluster.bed["worker-a"]
        for (change, words) in [
            ("truncate -s 1M \"$1\"", "has another size than was stored"),
            (
                "chmod 600 \"$1\"; printf x | dd of=\"$1\" bs=1 seek=9999 conv=notrunc",
                "is not what was stored"
            ),
            ("rm -f \"$1\"", "is missing in"),
            ("mv \"$1\" x; cp x \"$2\"; mv x \"$1\"", "is not what was stored"),
            ("mv ../rpc ../away", "/rpc cannot be read"),
        ] {
            let kept = try host.run("cp -a \(Self.base) /root/kept")
            #expect(kept.status == 0)
            let changed = try host.run(place + change)
            #expect(changed.status == 0, "\(changed.output)")
            try Self.expectRefused(cluster, "worker-1: ", words, "Try: sollol shard")
            // As it was, inodes apart.
            _ = try host.run("rm -rf \(Self.base) && mv /root/kept \(Self.base)")
        }
        // Another placement.
        try cluster.configure(backends: Self.backends(), extra: Self.extra(layers: "1, 2, 1"))
        try Self.expectRefused(cluster, "was placed otherwise", "Try: sollol shard")
        // None at all.
        try cluster.configure(backends: Self.backends(), extra: Self.extra())
        let removed = try Self.sollol(cluster, "shard", "--remove")
        #expect(removed.exitStatus() == 0)
        try Self.expectRefused(cluster, "no shards of the model", "Try: sollol shard")
    }

    /// A program that does not take what is there: without the proof its answers are wrong, and
    /// nobody gets one before it, however often he asks.
    @Test func aWorkerThatDoesNotReadItsShardNeverServes() throws {
        let cluster = try Self.stored()
        let host = cluster.bed["worker-a"]
        let script = "/root/other-cache"
        try HostDisk.write(
            "#!/bin/sh\n>/root/runs\nexport LLAMA_CACHE=/root/elsewhere\n"
                + "exec ggml-rpc-server \"$@\"\n",
            to: host.path(script))
        // What looks at files takes longer there than the rest of the start.
        let slow = "/usr/local/bin/find"
        try HostDisk.write(
            "#!/bin/sh\n[ ! -e /root/runs ] || sleep 3\nexec /usr/bin/find \"$@\"\n",
            to: host.path(slow))
        _ = try host.run("chmod 755 \(script) \(slow)")
        try cluster.configure(
            backends: Self.backends(binaryOfFirst: script), extra: Self.extra())
        let answers = "/root/answers"
        let client = try RunningProgram(
            on: cluster.bed.control,
            [
                "sh", "-c",
                #"exec >"$1"; while :; do curl -s -m 9 -o /dev/null -w '%{http_code}\n' "#
                    + #"-d '{"prompt": "a", "n_predict": 1}' "$2" || sleep .01; done"#,
                "client", answers, "http://\(cluster.api)/completion",
            ], limit: 240)
        try Self.expectRefused(
            cluster, "worker-1 has read ", "does not take it as it is",
            "another attempt would not help")
        client.signal(SIGKILL)
        _ = client.exitStatus()
        let statuses = Set(
            try String(contentsOfFile: cluster.bed.control.path(answers), encoding: .utf8).split(
                separator: "\n"))
        #expect(statuses.contains("503") && !statuses.contains("200"), "\(statuses)")
    }
}
