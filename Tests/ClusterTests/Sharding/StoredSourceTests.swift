import Foundation
import Testing

/// `sollol shard` where the model is gone and what hosts store of it is damaged or half in place.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama.cpp on this machine"))
struct StoredSourceTests {
    /// Two workers, and a coordinator that takes the first layer where the workers take less.
    private final class Bench {
        let cluster: LocalCluster
        let model: String

        init() throws {
            model = NSTemporaryDirectory() + "sollol-stored-\(UUID().uuidString).gguf"
            try FileManager.default.copyItem(atPath: try ShardedModel.small(), toPath: model)
            cluster = try LocalCluster(
                workers: 2, model: model,
                extra: """
                    "storage": "sharded", "placement": {"strategy": "manual", "layers": [2, 2]},
                    "worker_defaults": {"shards": {"folder": "SHARDS"}}
                    """,
                coordinator: #""shards": {"folder": "SHARDS"}"#)
            try cluster.edit("SHARDS", cluster.folder + "/shards")
        }

        deinit { try? FileManager.default.removeItem(atPath: model) }

        func shard(_ words: [String] = [], tools: Bool = false) throws -> (Int32, String) {
            var environment = cluster.environment
            if tools { environment["PATH"] = "\(cluster.folder):\(environment["PATH"] ?? "")" }
            let program = try RunningProgram(
                TestEnvironment.products + "/sollol",
                ["shard", "--config", cluster.configuration] + words, environment: environment)
            let output = program.standardOutput()
            let status = program.exitStatus()
            return (status, output + program.lines.joined(separator: "\n"))
        }

        /// Everything that is stored, by its place, and what is on its way too.
        func stored(counting name: String = "*") throws -> String {
            try ShellRun.output(
                "cd \"$1\" && find . -type f -name \"$2\" ! -name .checked ! -name .about "
                    + "-exec sha256sum {} + | sort", [cluster.folder + "/shards", name])
        }

        /// Kills the coordinator's shell in the place of that `mv`.
        func kill(at words: String) throws {
            let tool = cluster.folder + "/mv"
            let text = """
                #!/bin/sh
                case "$PWD $*" in
                */coordinator-*"\(words)"*) kill -9 "$PPID";;
                *) exec /bin/mv "$@";;
                esac
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: tool))
            chmod(tool, 0o755)
        }
    }

    /// What is damaged is not digested as it is: that would make it what is right.
    @Test(arguments: ["coordinator-*/*/skeleton.gguf", "*/*/rpc/*"])
    func whatIsDamagedIsNoSource(_ files: String) throws {
        let bench = try Bench()
        let first = try bench.shard()
        #expect(first.0 == 0, "\(first.1)")
        try bench.cluster.edit("[2, 2]", "[1, 2]")
        let changed = try ShellRun.output(
            """
            cd "$1" && for file in $2; do
            chmod u+w "$file" && printf xyz | dd of="$file" bs=1 seek=300000 conv=notrunc && echo y
            done
            """, [bench.cluster.folder + "/shards", files])
        #expect(changed.contains("y"))
        try FileManager.default.moveItem(atPath: bench.model, toPath: bench.model + ".gone")
        defer { try? FileManager.default.removeItem(atPath: bench.model + ".gone") }
        let before = try bench.stored()
        let second = try bench.shard()
        #expect(second.0 == 69, "\(second.1)")
        #expect(second.1.contains("it is not what was stored"), "\(second.1)")
        #expect(try bench.stored() == before)
        // Its source mends it.
        let third = try bench.shard(["--from", bench.model + ".gone"])
        #expect(third.0 == 0, "\(third.1)")
    }

    /// Killed at any step of the coordinator's commit, nothing is lost: another placement is
    /// refused, and the same one completed.
    @Test(arguments: ["skeleton.gguf.new", "incoming/manifest.json"])
    func aCommitThatIsKilledIsCompleted(_ step: String) throws {
        let bench = try Bench()
        try bench.cluster.edit("[2, 2]", "[1, 2]")
        #expect(try bench.shard().0 == 0)
        let wanted = try bench.stored()
        try bench.cluster.edit("[1, 2]", "[2, 2]")
        #expect(try bench.shard().0 == 0)
        try FileManager.default.removeItem(atPath: bench.model)
        try bench.cluster.edit("[2, 2]", "[1, 2]")
        try bench.kill(at: step)
        let killed = try bench.shard(tools: true)
        #expect(killed.0 == 69, "\(killed.1)")
        #expect(killed.1.contains("waits there for that of"), "\(killed.1)")
        let rest = try bench.stored()
        if step == "skeleton.gguf.new" {
            try bench.cluster.edit("[1, 2]", "[2, 1]")
            let other = try bench.shard()
            #expect(other.0 == 69, "\(other.1)")
            #expect(other.1.contains("sollol shard was ended before all was"), "\(other.1)")
            #expect(try bench.stored() == rest)
            try bench.cluster.edit("[2, 1]", "[1, 2]")
        }
        let again = try bench.shard()
        #expect(again.0 == 0, "\(again.1)")
        #expect(try bench.stored() == wanted)
    }
}
