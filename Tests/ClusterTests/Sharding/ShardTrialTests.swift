import Foundation
import Testing

@testable import Remote

/// Whether a build keeps shards: the guard's part in all shells, with stand-ins for a server, and
/// all of it with real llama.cpp.
@Suite(.serialized) struct ShardTrialTests {
    private static let files = TriedFiles(
        taken: .init(name: "00000000000000aa", byteCount: 5000),
        kept: .init(name: "00000000000000bb", byteCount: 3))

    /// What a guard says of a server that does that in its tensor cache.
    private static func fate(
        _ command: String, _ shell: GuardShell, in folder: String
    ) throws -> [String] {
        let line = Guard.startLine(
            argv: ["sh", "-c", "cd \"$LLAMA_CACHE/rpc\" && " + command], environment: [:],
            slot: nil, shards: files)
        let text = "TMPDIR='\(folder)'; \(Guard.command)"
        return try ShellAnswer(shell.words + ["-c", text], input: line + "\n").output
            .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("started ") }
    }

    @Test(arguments: GuardShell.all)
    func theGuardTellsWhatBecameOfTheFiles(_ shell: GuardShell) throws {
        let folder = NSTemporaryDirectory() + "sollol-trial-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (command, fate, status) in [
            ("printf abc >00000000000000bb", "kept", 0),
            ("[ \"$(wc -c <00000000000000aa)\" -eq 5000 ] && exit 7", "absent", 7),
            ("printf ab >00000000000000bb", "absent", 0),
            ("mkdir ../../other; printf abc >../../other/00000000000000bb", "absent", 0),
            (
                "head -c 5000 /dev/zero >00000000000000aa; printf abc >00000000000000bb",
                "rewritten", 0
            ),
            ("rm *; printf abc >00000000000000bb", "rewritten", 0),
            ("printf x >>00000000000000aa; printf abc >00000000000000bb", "rewritten", 0),
            ("rm -rf \"$LLAMA_CACHE\"", "rewritten", 0),
        ] {
            let said = try Self.fate(command, shell, in: folder)
            #expect(said == ["trial \(fate)", "exited \(status)"], "\(command)")
            try? FileManager.default.removeItem(atPath: folder + "/other")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
        // Nothing is started where there is no folder for it.
        #expect(
            try Self.fate("touch \(folder)/ran", shell, in: folder + "/none") == [
                "trial nowhere", "exited 1",
            ])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    // MARK: Real llama.cpp

    private static let hosts = ["worker-a", "worker-b"]
    private static let base = "\(HostUser.root.home)/.local/share/sollol/shards"

    private static func model() throws -> String {
        try TestEnvironment.model([
            "--layers", "3", "--embedding", "512", "--heads", "8", "--kv-heads", "2",
            "--feed-forward", "12288", "--vocabulary", "12288", "--type", "f16",
        ])
    }

    private static func backends(binary: String? = nil) -> [String] {
        let own = binary.map { #", "binary": "\#($0)""# } ?? ""
        return [
            #"{"host": "worker-a", "transport": "ssh"\#(own)}"#,
            #"{"host": "worker-b", "bind": "0.0.0.0"}"#,
        ]
    }

    private static let extra =
        #""placement": {"participants": "workers_only", "strategy": "even"}, "#
        + #""allow_exposed_bind": true"#

    private static func shard(
        _ cluster: SshCluster, _ words: String...
    ) throws -> (status: Int32, said: String) {
        let program = try RunningProgram(
            on: cluster.bed.control,
            ["\(TestEnvironment.products)/sollol", "shard", "--from", try model()] + words
                + ["--config", cluster.configuration], limit: 120)
        let text = program.standardOutput()
        return (program.exitStatus(), (program.lines + [text]).joined(separator: "\n"))
    }

    private static let trying = "trying whether"

    @Test(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
    func aBuildThatDoesNotKeepShardsGetsNone() throws {
        let bed = try TestBed(Self.hosts.map { HostOptions($0) }, keeping: [Self.model()])
        let cluster = try SshCluster(bed, backends: Self.backends(), extra: Self.extra)
        func nothingIsLeft() throws {
            for host in [bed["worker-a"], bed["worker-b"], bed.control] {
                let left = try host.run("ls -d /tmp/sollol-short-*")
                #expect(left.status != 0, "\(left.output)")
            }
            #expect(cluster.servers() == [])
        }
        // Its cache is another folder than it is told, a build that looks elsewhere.
        let script =
            "#!/bin/sh\nLLAMA_CACHE=/var/tmp/other exec ggml-rpc-server \"$@\"\n"
        let place = "\(HostUser.root.home)/other-server"
        try HostDisk.write(script, to: bed["worker-a"].path(place))
        #expect(try bed["worker-a"].run("chmod 755 \(place)").status == 0)
        try cluster.configure(backends: Self.backends(binary: place), extra: Self.extra)
        let dry = try Self.shard(cluster, "--dry-run")
        #expect(dry.status == 0 && !dry.said.contains(Self.trying), "\(dry.said)")
        let refused = try Self.shard(cluster)
        #expect(refused.status == 69, "\(refused.said)")
        let words = "error: worker-1: this build does not keep shards: \(place) on worker-a does"
        #expect(refused.said.contains(words), "\(refused.said)")
        #expect(refused.said.contains("\n  Try: "), "\(refused.said)")
        for name in Self.hosts { #expect(ShardedModel.bytes(of: bed[name], in: Self.base) == 0) }
        try nothingIsLeft()

        // Killed in the middle of it, over ssh and here, it leaves nothing either.
        let killed = try RunningProgram(
            on: cluster.bed.control,
            [
                "\(TestEnvironment.products)/sollol", "shard", "--from", try Self.model(),
                "--config", cluster.configuration,
            ], limit: 120)
        try eventually("a trial has begun") {
            (try? bed["worker-a"].run("ls -d /tmp/sollol-short-*"))?.status == 0
        }
        killed.signal(SIGKILL)
        _ = killed.exitStatus()
        try eventually("nothing is left") {
            let hosts = [bed["worker-a"], bed["worker-b"]]
            let isGone = hosts.allSatisfy {
                (try? $0.run("ls -d /tmp/sollol-short-*"))?.status != 0
            }
            return isGone && cluster.servers() == []
        }
        try nothingIsLeft()

        // The one that is installed does, and is asked once.
        try cluster.configure(backends: Self.backends(), extra: Self.extra)
        let check = try cluster.sollol("check")
        _ = check.standardOutput()
        _ = check.exitStatus()
        let kept = try Self.shard(cluster)
        #expect(kept.status == 0, "\(kept.said)")
        #expect(kept.said.contains("\(Self.trying) 2 builds of llama.cpp keep"), "\(kept.said)")
        #expect(!kept.said.contains("was not found out"), "\(kept.said)")
        for name in Self.hosts { #expect(ShardedModel.bytes(of: bed[name], in: Self.base) > 0) }
        try nothingIsLeft()
        let again = try Self.shard(cluster)
        #expect(again.status == 0 && !again.said.contains(Self.trying), "\(again.said)")
    }
}
