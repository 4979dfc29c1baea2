import Foundation
import Testing

/// `sollol shard` on hosts of their own, and llama.cpp with what it has stored.
@Suite(.serialized, .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct ShardCommandTests {
    private static func cluster() throws -> SshCluster {
        let bed = try TestBed(
            ["worker-a", "worker-b"].map { HostOptions($0) }, keeping: [ShardedModel.small()])
        return try SshCluster(
            bed,
            backends: ["worker-a", "worker-b"].map {
                #"{"host": "\#($0)", "transport": "ssh"}"#
            },
            extra: #""placement": {"participants": "workers_only", "strategy": "even"}"#)
    }

    private static let base = "\(HostUser.root.home)/.local/share/sollol/shards"

    private static func shard(_ cluster: SshCluster, _ words: String...) throws -> String {
        let program = try RunningProgram(
            on: cluster.bed.control,
            ["\(TestEnvironment.products)/sollol", "shard", "--format", "json"] + words
                + ["--config", cluster.configuration, "--model", try ShardedModel.small()],
            limit: 120)
        let text = program.standardOutput()
        guard program.exitStatus() == 0 else { throw TestFailure("\(text) \(program.lines)") }
        return text
    }

    private struct Stored: Decodable {
        struct Node: Decodable {
            var name: String
            var storedBytes: Int
            var sentBytes: Int?
            var problem: String?
        }
        struct Change: Decodable, Equatable {
            var sendBytes: Int
            var movedBytes: Int
            var keptBytes: Int
            var skeletonBytes: Int
        }
        var nodes: [Node]
        var modelBytes: Int
        var change: Change?
    }

    private static func report(_ text: String) throws -> Stored {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Stored.self, from: Data(text.utf8))
    }

    @Test func eachHostStoresItsPartAndNothingElse() throws {
        let cluster = try Self.cluster()
        let planned = try Self.report(try Self.shard(cluster, "--dry-run"))
        #expect(planned.nodes.map(\.name) == ["worker-1", "worker-2", "coordinator"])
        #expect(ShardedModel.bytes(of: cluster.bed["worker-a"], in: Self.base) == 0)
        let first = try Self.report(try Self.shard(cluster))
        #expect(first.nodes.allSatisfy { $0.problem == nil && $0.sentBytes == $0.storedBytes })
        let hosts = [
            cluster.bed["worker-a"], cluster.bed["worker-b"], cluster.bed.control,
        ]
        for (host, node) in zip(hosts, first.nodes) {
            // Folders and the manifest take some blocks.
            let bytes = ShardedModel.bytes(of: host, in: Self.base)
            #expect((node.storedBytes...(node.storedBytes + 65536)).contains(bytes))
            #expect(bytes < first.modelBytes * 7 / 10)
        }
        // Again: everything is compared, nothing is sent.
        let again = try Self.report(try Self.shard(cluster))
        #expect(again.nodes.allSatisfy { $0.sentBytes == 0 })
        // One flipped bit, and one file less.
        _ = try cluster.bed["worker-b"].run(
            "cd \(Self.base)/*/*/rpc && set -- * && chmod 700 . \"$1\" && rm \"$2\" && "
                + "printf x | dd of=\"$1\" bs=1 seek=9999 conv=notrunc")
        let mended = try Self.report(try Self.shard(cluster))
        #expect(mended.nodes.map { ($0.sentBytes ?? 0) > 0 } == [false, true, false])
        #expect((mended.nodes[1].sentBytes ?? 0) < mended.nodes[1].storedBytes)
        let last = try Self.report(try Self.shard(cluster))
        #expect(last.nodes.allSatisfy { $0.sentBytes == 0 })
        #expect(try Self.shard(cluster, "--list").contains("\"complete\": true"))
        _ = try Self.shard(cluster, "--remove")
        for host in hosts { #expect(ShardedModel.bytes(of: host, in: Self.base) < 65536) }
    }

    /// What a worker has stays, what changes hands is sent, and it is known before.
    @Test func anotherPlacementMovesWhatItHasTo() throws {
        let cluster = try Self.cluster()
        func place(_ layers: String, _ participants: String = "workers_only") throws {
            try cluster.configure(
                backends: ["worker-a", "worker-b"].map {
                    #"{"host": "\#($0)", "transport": "ssh"}"#
                },
                extra: """
                    "placement": {"participants": "\(participants)", "strategy": "manual",
                                  "layers": [\(layers)]}
                    """)
        }
        try place("2, 2")
        #expect(try Self.report(try Self.shard(cluster, "--dry-run")).change == nil)
        let first = try Self.report(try Self.shard(cluster))
        let same = try Self.report(try Self.shard(cluster, "--dry-run"))
        #expect(same.change?.sendBytes == 0 && (same.change?.keptBytes ?? 0) > 0)
        try place("3, 1")
        let before = try Self.report(try Self.shard(cluster, "--dry-run"))
        let change = try #require(before.change)
        #expect(change.sendBytes > 0 && change.movedBytes == change.sendBytes)
        let workers = first.nodes.dropLast().reduce(0) { $0 + $1.storedBytes }
        #expect(change.sendBytes + change.keptBytes == workers)
        let moved = try Self.report(try Self.shard(cluster))
        #expect(moved.change == change)
        // The skeleton has the same holes, so that nothing of it is sent.
        #expect(moved.nodes.map(\.sentBytes) == [change.sendBytes, 0, 0])
        #expect(change.skeletonBytes == 0)
        // It has others, and is made of what it had and of what has come.
        for layers in ["1, 1", "1, 2"] {
            try place(layers, "with_coordinator")
            let change = try #require(try Self.report(try Self.shard(cluster, "--dry-run")).change)
            let sent = try Self.report(try Self.shard(cluster)).nodes.last?.sentBytes
            #expect(sent == change.skeletonBytes && sent ?? 0 > 0)
        }
        func skeleton() throws -> String {
            try cluster.bed.control.run("cksum \(Self.base)/*/*/skeleton.gguf").output
        }
        let patched = try skeleton()
        _ = try Self.shard(cluster, "--remove")
        _ = try Self.shard(cluster)
        #expect(try skeleton() == patched && !patched.isEmpty)
        // One that has no part any more.
        try place("4, 0")
        let last = try Self.report(try Self.shard(cluster))
        #expect(last.nodes.map(\.name) == ["worker-1", "coordinator"])
        #expect(ShardedModel.bytes(of: cluster.bed["worker-b"], in: Self.base) < 65536)
    }

    /// Another cluster with the same workers neither replaces what is stored there nor removes it.
    @Test func whatIsAnotherClustersStays() throws {
        let cluster = try Self.cluster()
        _ = try Self.shard(cluster)
        func manifests() throws -> [String] {
            try ["worker-a", "worker-b"].map {
                try cluster.bed[$0].run("cat \(Self.base)/*/*/manifest.json").output
            }
        }
        let before = try manifests()
        let program = try RunningProgram(
            on: cluster.bed.control,
            [
                "\(TestEnvironment.products)/sollol", "shard", "--name", "other", "--config",
                cluster.configuration, "--model", try ShardedModel.small(),
            ], limit: 120)
        let said = program.standardOutput()
        #expect(program.exitStatus() == 69, "\(said)")
        #expect(said.contains("is stored for the cluster 'test'"), "\(said)")
        _ = try Self.shard(cluster, "--remove", "--name", "other")
        #expect(try manifests() == before && before.allSatisfy { $0.contains("sha256") })
        let again = try Self.report(try Self.shard(cluster))
        #expect(again.nodes.allSatisfy { $0.sentBytes == 0 && $0.problem == nil })
    }

    /// Each of two workers has room on the disk of their host, and both have not.
    @Test func whatNodesOfOneHostNeedIsCountedTogether() throws {
        let cluster = try Self.cluster()
        let host = cluster.bed["worker-a"]
        try cluster.configure(
            backends: [50052, 50053].map {
                #"{"host": "worker-a", "port": \#($0), "transport": "ssh"}"#
            },
            extra: #""placement": {"participants": "workers_only", "strategy": "even"}"#)
        let planned = try Self.report(try Self.shard(cluster, "--dry-run")).nodes.dropLast()
        let most = try #require(planned.map(\.storedBytes).max()) >> 20
        _ = try host.run(
            "mkdir -p \(Self.base) && mount -t tmpfs -o size=\(most + 70)M none \(Self.base)")
        let program = try RunningProgram(
            on: cluster.bed.control,
            [
                "\(TestEnvironment.products)/sollol", "shard", "--config", cluster.configuration,
                "--model", try ShardedModel.small(),
            ], limit: 120)
        let said = program.standardOutput()
        #expect(program.exitStatus() == 69, "\(said)")
        #expect(said.contains("there by worker-1") && said.contains("there by worker-2"), "\(said)")
        #expect(try host.run("find \(Self.base) -type f").output == "")
    }

    /// As when it was killed, and the placement is another one now.
    @Test func whatAnotherRunHasLeftIsNeitherUsedNorKept() throws {
        let cluster = try Self.cluster()
        _ = try Self.shard(cluster)
        // Files of another placement, half a file of this one, pieces of another skeleton.
        for (name, command) in [
            ("worker-a", "echo x >incoming/00000000000000ff"),
            (
                "worker-b",
                "set -- rpc/*; head -c 1000 \"$1\" >\"incoming/${1#rpc/}\"; chmod 700 rpc; "
                    + "rm -f \"$2\"; head -c 99999 /dev/zero >incoming/00000000000000ff"
            ),
        ] {
            let left = try cluster.bed[name].run(
                "cd \(Self.base)/*/*/ && mkdir incoming && \(command)")
            #expect(left.status == 0, "\(left.output)")
        }
        let piece = try cluster.bed.control.run(
            "cd \(Self.base)/*/*/ && mkdir incoming && "
                + "size=$(sed -n 's/.*\"offset\": 0, \"bytes\": \\([0-9]*\\).*/\\1/p' "
                + "manifest.json) && "
                + "head -c \"$size\" skeleton.gguf >incoming/skeleton.gguf@0")
        #expect(piece.status == 0, "\(piece.output)")
        let report = try Self.report(try Self.shard(cluster))
        #expect(report.nodes.map { ($0.sentBytes ?? 0) > 0 } == [false, true, false])
        for host in [cluster.bed["worker-a"], cluster.bed["worker-b"], cluster.bed.control] {
            let left = try host.run("ls -d \(Self.base)/*/*/incoming")
            #expect(left.status != 0, "\(left.output)")
        }
        let last = try Self.report(try Self.shard(cluster))
        #expect(last.nodes.allSatisfy { $0.sentBytes == 0 && $0.problem == nil })
    }

    @Test func whatWasGivenUpHalfWayIsRemoved() throws {
        let cluster = try Self.cluster()
        let program = try RunningProgram(
            on: cluster.bed.control,
            [
                "\(TestEnvironment.products)/sollol", "shard", "--config", cluster.configuration,
                "--model", try ShardedModel.small(),
            ], limit: 120)
        let workers = ["worker-a", "worker-b"].map { cluster.bed[$0] }
        try eventually("something is there") {
            workers.allSatisfy { ShardedModel.bytes(of: $0, in: Self.base) >= 1 << 20 }
        }
        program.signal(SIGKILL)
        _ = program.exitStatus()
        try eventually("nothing is received any more") {
            workers.allSatisfy { !$0.processes().contains { $0.argv.first == "tar" } }
        }
        #expect(try Self.shard(cluster, "--remove").contains("\"removed\": true"))
        for host in workers { #expect(ShardedModel.bytes(of: host, in: Self.base) < 65536) }
    }

    /// Killed at moments all over its work, it comes to the same when it is run again.
    @Test func killedAnywhereItIsContinued() throws {
        let cluster = try Self.cluster()
        for round in 0..<8 {
            let program = try RunningProgram(
                on: cluster.bed.control,
                [
                    "\(TestEnvironment.products)/sollol", "shard", "--config",
                    cluster.configuration, "--model", try ShardedModel.small(),
                ], limit: 120)
            // From before anything is sent until it is all there.
            let wanted = [0, 1, 200, 4000, 12000, 20000, 30000, 60000][round]
            try eventually("\(wanted) KiB are there") {
                let sizes = ["worker-a", "worker-b"].map {
                    ShardedModel.bytes(of: cluster.bed[$0], in: Self.base)
                }
                return sizes.reduce(0, +) >= wanted << 10
            }
            program.signal(SIGKILL)
            _ = program.exitStatus()
            for name in ["worker-a", "worker-b"] {
                // Whatever has a final name is whole.
                let check = try cluster.bed[name].run(
                    "cd \(Self.base)/*/*/ 2>/dev/null || exit 0; [ ! -f manifest.json ] || "
                        + "sed -n 's/.*\"file\": \"\\([0-9a-f]*\\)\", \"sha256\": \"\\(.*\\)\".*/"
                        + "\\2  rpc\\/\\1/p' manifest.json | sha256sum -c --quiet -")
                #expect(check.status == 0, "\(round) \(name): \(check.output)")
            }
        }
        let last = try Self.report(try Self.shard(cluster))
        #expect(last.nodes.allSatisfy { $0.problem == nil })
        let again = try Self.report(try Self.shard(cluster))
        #expect(again.nodes.allSatisfy { $0.sentBytes == 0 })
    }
}
