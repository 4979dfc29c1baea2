import Basics
import Foundation
import Testing

/// Where `sollol shard` has a model from, when it is not on this machine.
@Suite(.serialized, .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct ShardSourceTests {
    private static let base = "\(HostUser.root.home)/.local/share/sollol/shards"
    private static let backends = ["worker-a", "worker-b"].map {
        #"{"host": "\#($0)", "transport": "ssh"}"#
    }

    /// Two workers and the coordinator's host, the only one that has the model.
    private static func cluster() throws -> SshCluster {
        let model = try ShardedModel.small()
        let bed = try TestBed(
            ["worker-a", "worker-b", "boss"].map { HostOptions($0) }, keeping: [])
        try FileManager.default.copyItem(
            atPath: model, toPath: bed["boss"].path("\(HostUser.root.home)/m.gguf"))
        let cluster = try SshCluster(
            bed, backends: backends, api: Endpoint(host: "10.99.0.13", port: 18080))
        try place(cluster, "2, 2")
        return cluster
    }

    private static func place(
        _ cluster: SshCluster, _ layers: String, backends: [String] = backends
    ) throws {
        try cluster.configure(
            backends: backends, coordinator: #""ssh": "boss""#,
            extra: """
                "storage": "sharded", "placement": {"participants": "workers_only",
                "strategy": "manual", "layers": [\(layers)]}
                """)
    }

    private struct Outcome {
        var text: String
        var lines: [String]
        var status: Int32
    }

    private static func shard(
        _ cluster: SshCluster, model: String = "~/m.gguf", _ words: String...
    ) throws -> Outcome {
        let program = try RunningProgram(
            on: cluster.bed.control,
            ["\(TestEnvironment.products)/sollol", "shard"] + words
                + ["--config", cluster.configuration, "--model", model], limit: 120)
        let text = program.standardOutput()
        let status = program.exitStatus()
        return Outcome(text: text, lines: program.lines, status: status)
    }

    /// Digests of what workers store, as they tell them.
    private static func digests(_ cluster: SshCluster) throws -> [String] {
        try ["worker-a", "worker-b"].flatMap { name -> [String] in
            let output = try cluster.bed[name].run("cd \(base)/*/*/rpc && sha256sum *").output
            return output.split(separator: "\n").map {
                $0.split(separator: " ").joined(separator: " ")
            }
        }.sorted()
    }

    /// Bytes of each file that was sent to a host and is not in its place.
    private static func arrived(at host: TestHost) -> [Int] {
        let folder = host.path(base)
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.filter { $0.contains("/incoming/") }.compactMap {
            try? FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.size] as? Int
        }
    }

    @Test func theCoordinatorsHostHasTheModel() throws {
        let cluster = try Self.cluster()
        let first = try Self.shard(cluster)
        #expect(first.status == 0, "\(first)")
        #expect(first.text.contains("from boss:~/m.gguf"), "\(first)")
        // The same model by a name of Ollama, and nothing is sent.
        let blob = "sha256-" + String(repeating: "ab", count: 32)
        _ = try cluster.bed["boss"].run(
            """
            cd && mkdir -p .ollama/models/blobs .ollama/models/manifests/registry.ollama.ai/library/it
            cp m.gguf .ollama/models/blobs/\(blob)
            printf '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "%s"}]}' \
            \(blob.replacing("-", with: ":")) \
            >.ollama/models/manifests/registry.ollama.ai/library/it/latest
            """)
        let named = try Self.shard(cluster, model: "it", "--format", "json")
        #expect(named.status == 0, "\(named)")
        let sent = named.text.matches(of: #/"sent_bytes": (\d+)/#).map { $0.1 }
        // Its name is in the manifest, which is not sent without the skeleton.
        #expect(sent.prefix(2) == ["0", "0"], "\(named)")
        // Neither here nor there.
        let missing = try Self.shard(cluster, "--from", "/no/such.gguf")
        #expect(missing.status == 69)
        #expect(
            missing.lines.contains {
                $0.hasPrefix("error: the model /no/such.gguf: there is no such file on boss")
            }, "\(missing)")
        let unnamed = try Self.shard(cluster, model: "nothing")
        #expect(unnamed.status == 69)
        #expect(
            unnamed.lines.contains {
                $0.hasPrefix("error: the Ollama model nothing is not on boss")
            }, "\(unnamed)")
    }

    /// The placement changes when nobody has the model any more: hosts have it among them.
    @Test func whatHostsStoreIsTheSourceOfWhatChangesHands() throws {
        let cluster = try Self.cluster()
        #expect(try Self.shard(cluster).status == 0)
        let before = try Self.digests(cluster)
        _ = try cluster.bed["boss"].run("rm ~/m.gguf")
        try Self.place(cluster, "3, 1")
        let moved = try Self.shard(cluster)
        #expect(moved.status == 0, "\(moved)")
        #expect(moved.text.contains("from what hosts store of it"), "\(moved)")
        #expect(try Self.digests(cluster) == before)
        // Killed when what changes hands begins to arrive, and when all of it has, it goes on.
        for (layers, taker, bytes) in [("2, 2", "worker-b", 1), ("3, 1", "worker-a", 12 << 20)] {
            try Self.place(cluster, layers)
            let program = try RunningProgram(
                on: cluster.bed.control,
                [
                    "\(TestEnvironment.products)/sollol", "shard", "--config",
                    cluster.configuration, "--model", "~/m.gguf",
                ], limit: 120)
            try eventually("\(bytes) bytes are at \(taker)") {
                !program.process.isRunning
                    || Self.arrived(at: cluster.bed[taker]).contains { $0 >= bytes }
            }
            program.signal(SIGKILL)
            _ = program.exitStatus()
            let again = try Self.shard(cluster)
            #expect(again.status == 0, "\(layers): \(again)")
            #expect(try Self.digests(cluster) == before, "\(layers)")
        }
        // The cluster serves with it.
        let sollol = try cluster.sollol("up", "--model", "~/m.gguf")
        try sollol.waitFor("serving at")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func whatIsNotAllThereIsNoSource() throws {
        let cluster = try Self.cluster()
        #expect(try Self.shard(cluster).status == 0)
        _ = try cluster.bed["boss"].run("rm ~/m.gguf")
        // A worker that is not asked any more.
        try Self.place(cluster, "4", backends: [Self.backends[0]])
        let left = try Self.shard(cluster)
        #expect(left.status == 69)
        #expect(left.lines.contains { $0.contains("is not in the configuration any more") })
        // One whose file is another one than it was.
        try Self.place(cluster, "3, 1")
        _ = try cluster.bed["worker-b"].run(
            "cd \(Self.base)/*/*/rpc && chmod 700 . * && for file in *; do "
                + "printf x | dd of=\"$file\" bs=1 seek=9999 conv=notrunc; done")
        let wrong = try Self.shard(cluster)
        #expect(wrong.status == 69)
        #expect(wrong.text.contains("\n  Whoever stored it has something else now"), "\(wrong)")
        #expect(wrong.text.contains("waits there for that of"), "\(wrong)")
    }
}
