import Foundation
import Testing

/// A model on a web server: each host of a bed fetches its own part, and real llama.cpp serves from
/// it what the model says.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && RangeServer.canRun, TestEnvironment.hostsComment))
struct FetchedShardTests {
    static let workers = ["worker-a", "worker-b", "worker-c"]
    static let base = "\(HostUser.root.home)/.local/share/sollol/shards"

    /// Of the model; with 54 it has 2 GB.
    static let layers =
        ProcessInfo.processInfo.environment["SOLLOL_SHARDED_LAYERS"].flatMap { Int($0) } ?? 3

    /// Matrices of 12 MiB, so that rpc-server takes them from its disk, and little else.
    static func model() throws -> String {
        try TestEnvironment.model([
            "--layers", "\(layers)", "--embedding", "512", "--heads", "8", "--kv-heads", "2",
            "--feed-forward", "12288", "--vocabulary", "12288", "--type", "f16",
        ])
    }

    @Test func eachHostFetchesItsPartAndServesWhatTheModelSays() throws {
        let world = try World()
        let truth = try ShardedModel.tokens(of: Self.model())
        let planned = try Stored(
            try world.shard("--dry-run", from: world.address + "?token=secret"))
        #expect(planned.source == world.address)
        #expect(world.holders.allSatisfy { ShardedModel.bytes(of: $0, in: Self.base) == 0 })
        try world.web.behave("redirect")
        for name in Self.workers { try world.bed[name].limit(megabitsPerSecond: 400) }
        // Never more than its part, whenever one looks; a skeleton is put together beside its
        // pieces.
        let program = try world.shard()
        var most: [String: Int] = [:]
        while program.process.isRunning {
            for host in world.holders {
                most[host.name] = max(
                    most[host.name] ?? 0, ShardedModel.bytes(of: host, in: Self.base))
            }
        }
        let report = try Stored(program)
        #expect(report.nodes.count == 4)
        #expect(report.nodes.allSatisfy { $0.problem == nil && $0.sentBytes == $0.storedBytes })
        let asked = try world.cdn.requests()
        for node in report.nodes {
            let host = world.host(node)
            let isControl = node.name == "coordinator"
            let share = node.storedBytes * (isControl ? 2 : 1)
            #expect(most[host.name] ?? 0 > 0)
            #expect(most[host.name] ?? 0 <= share + 262_144, "\(node.name)")
            // Nothing was asked for but that, and by the control machine a piece of the header.
            let bytes = asked.filter { $0.client == host.address }.reduce(0) { $0 + $1.byteCount }
            #expect(bytes == node.storedBytes + (isControl ? 2 << 20 : 0), "\(node.name)")
        }
        // Again: nothing but the header is fetched.
        try world.web.behave("good")
        #expect(try world.stored().nodes.allSatisfy { $0.problem == nil && $0.sentBytes == 0 })
        #expect(try world.web.requests().count == 1)
        let running = try world.sollol("up")
        try running.waitFor("serving at")
        #expect(try world.cluster.tokens() == truth)
        running.signal(SIGTERM)
        _ = running.exitStatus()
        #expect(world.cluster.servers() == [])
    }

    @Test func aSplitModelIsFetchedFromAllItsFiles() throws {
        let folder = NSTemporaryDirectory() + "sollol-split-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try ShellRun.output(
            "\"$1/llama-gguf-split\" --split --split-max-tensors 12 \"$2\" \"$3/m\"",
            [TestEnvironment.llamaFolder ?? "", try Self.model(), folder])
        let world = try World(folder + "/m-00001-of-00003.gguf")
        let report = try world.stored()
        #expect(report.nodes.allSatisfy { $0.problem == nil && $0.sentBytes == $0.storedBytes })
        #expect(Set(try world.web.requests().map(\.path)).count == 3)
        let running = try world.sollol("up")
        try running.waitFor("serving at")
        #expect(try world.cluster.tokens() == ShardedModel.tokens(of: Self.model()))
        running.signal(SIGTERM)
        #expect(running.exitStatus() == 0)
    }

    /// Each lie is an error by name, nothing counts, and another run completes.
    @Test func whateverTheServerDoesNothingHalfCounts() throws {
        let world = try World()
        for (mode, skip, words) in [
            ("whole", 0, "status 200"), ("whole", 5, "status 200"), ("weak", 0, "no strong ETag"),
            ("none", 0, "no strong ETag"), ("changes", 6, "was changed at the server"),
            ("lies", 4, "was changed at the server"), ("other", 3, "sends another part"),
            ("long", 3, "sends another length"), ("endless", 0, "headers without end"),
            ("endless", 4, "headers without end"), ("loop", 0, "redirects without end"),
            ("loop", 4, "redirects without end"), ("file", 4, "neither http nor https"),
        ] {
            // What came well before would be continued.
            for host in world.holders { _ = try host.run("rm -rf \(Self.base)") }
            try world.web.behave(mode, after: skip)
            let program = try world.shard()
            let said = program.standardOutput()
            #expect(program.exitStatus() == 69, "\(mode)")
            let all = said + program.lines.joined(separator: "\n")
            #expect(all.contains(words) && all.contains("Try: "), "\(mode): \(all)")
            for host in world.holders {
                let final = try host.run(
                    "ls -d \(Self.base)/*/*/manifest.json \(Self.base)/*/*/rpc")
                #expect(final.output == "", "\(mode)")
            }
        }
        try world.web.behave("break", after: 0, 3_000_000)
        let last = try world.stored()
        #expect(last.nodes.allSatisfy { $0.problem == nil }, "\(last)")
        try world.web.behave("good")
        #expect(try world.stored().nodes.allSatisfy { $0.sentBytes == 0 })
        // A file that was changed comes anew, all of it.
        try world.web.behave("changes")
        let anew = try world.stored()
        #expect(
            anew.nodes.allSatisfy { $0.problem == nil && $0.sentBytes ?? 0 > 0 }, "\(anew)")
    }

    /// Killed, or cut off from a host, it goes on where it was.
    @Test func brokenOffItIsContinued() throws {
        let world = try World()
        let host = world.bed["worker-a"]
        for name in Self.workers { try world.bed[name].limit(megabitsPerSecond: 200) }
        for round in 0..<5 {
            let program = try world.shard()
            let wanted = [0, 1, 9000, 15000, 30000][round]
            try eventually("\(wanted) KiB are there") {
                ShardedModel.bytes(of: host, in: Self.base) >= wanted << 10
            }
            program.signal(SIGKILL)
            _ = program.exitStatus()
            try eventually("nothing fetches any more") {
                Self.workers.allSatisfy { name in
                    !world.bed[name].processes().contains { $0.argv.first == "curl" }
                }
            }
        }
        let before = ShardedModel.bytes(of: host, in: Self.base)
        try world.web.behave("good")
        #expect(try world.stored().nodes.allSatisfy { $0.problem == nil })
        let fetched = try world.web.requests().filter { $0.client == host.address }
        #expect(before > 30_000 << 10 && !fetched.isEmpty)
        #expect(try world.stored().nodes.allSatisfy { $0.sentBytes == 0 })
    }

    /// An address that is a secret is in no command line, and on no disk.
    @Test func aSecretStaysOne() throws {
        let world = try World()
        for name in Self.workers { try world.bed[name].limit(megabitsPerSecond: 100) }
        let secret = "s3cr3t-\(UUID().uuidString)"
        let input = Pipe()
        input.fileHandleForWriting.write(Data("\(world.address)?token=\(secret)\n".utf8))
        try input.fileHandleForWriting.close()
        let program = try world.sollol(
            "shard", "--from", "-", "--format", "json", input: input.fileHandleForReading)
        var seen = 0
        while program.process.isRunning {
            for host in world.holders {
                for process in host.processes() {
                    seen += process.argv.first == "curl" ? 1 : 0
                    #expect(!process.argv.contains { $0.contains(secret) })
                }
            }
        }
        let source = try Stored(program).source
        #expect(program.exitStatus() == 0, "\(program.lines)")
        #expect(seen > 0)
        // The path may be the secret.
        #expect(source == world.web.address + "/...")
        for word in [secret, world.path] {
            #expect(!program.lines.contains { $0.contains(word) })
        }
        #expect(try world.web.requests().allSatisfy { $0.path.hasSuffix(secret) })
        for host in world.holders {
            #expect(try host.run("grep -rl \(secret) /root /home /tmp /run").output == "")
        }
    }

    /// The configuration may name the address; nobody needs it again once the model is stored.
    @Test func anAddressIsTheModelOfTheConfiguration() throws {
        let world = try World()
        world.model = world.address
        for (command, remedy) in [
            ("up", "shard"), ("check", "shard"), ("measure", "shard"),
            ("plan", "shard --dry-run"),
        ] {
            let early = try world.said(command)
            #expect(early.status == 69, "\(command): \(early.text)")
            #expect(early.text.contains(world.address), "\(command): \(early.text)")
            #expect(early.text.contains("Try: sollol \(remedy)"), "\(command): \(early.text)")
        }
        let shard = try world.said("shard")
        #expect(shard.status == 0, "\(shard.text)")
        world.web.stop()
        for command in ["check", "plan"] {
            let late = try world.said(command)
            #expect(late.status == 0, "\(command): \(late.text)")
        }
        let running = try world.sollol("up")
        try running.waitFor("serving at")
        #expect(try world.cluster.tokens() == ShardedModel.tokens(of: Self.model()))
        running.signal(SIGTERM)
        #expect(running.exitStatus() == 0)
        let again = try world.said("shard")
        #expect(again.status == 0 && again.text.contains("What hosts store of it"), "\(again.text)")
    }

    @Test func aHostWithoutCurlIsTold() throws {
        let world = try World()
        _ = try world.bed["worker-b"].run("mount --bind /dev/null /usr/bin/curl")
        for node in try world.stored().nodes {
            let words =
                node.name == "worker-2"
                ? "the host has no 'curl'" : "nothing was sent, since worker-2 cannot"
            #expect(node.problem?.contains(words) == true, "\(node)")
        }
        _ = try world.bed["worker-b"].run("umount /usr/bin/curl")
        let again = try world.stored()
        #expect(again.nodes.allSatisfy { $0.problem == nil })
        #expect(again.nodes.allSatisfy { $0.sentBytes ?? 0 > 0 })
    }
}
