import Foundation
import Testing

/// A server that grows for real (ollama/ollama 18106, ggml-org/llama.cpp 27725): the true
/// rpc-server behind a script that takes memory and never gives it back. It is shown, and
/// restarted in an idle moment, once and not in a loop (Unitech/pm2 839). The two are tested apart:
/// on a slow machine a question takes longer than a short period.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct GrowingServerTests {
    /// A cluster whose worker takes 150 MB more each time that its folder holds a file `grow`.
    private static func cluster(period: Int) throws -> LocalCluster {
        let cluster = try LocalCluster(
            workers: 1, extra: #""restart": {"max_memory": "128MiB", "period": \#(period)}"#)
        let program = try cluster.linkProgram(ofWorker: 1)
        try cluster.edit(program, cluster.folder + "/growing")
        try HostDisk.write(
            """
            #!/bin/sh
            '\(program)' "$@" &
            server=$!
            while kill -0 $server; do
                if mv '\(cluster.folder)/grow' '\(cluster.folder)/grown'; then
                    hoard=$hoard$(head -c 150000000 /dev/zero | tr '\\0' x)
                fi
                sleep 0.1
            done 2>/dev/null
            wait $server

            """, to: cluster.folder + "/growing", mode: 0o755)
        return cluster
    }

    private typealias Seen = (text: String, asked: Int?, pid: Int?, needed: Int?)

    private func status(_ cluster: LocalCluster) throws -> Seen {
        let status = try cluster.sollol("status", "--format", "json")
        let text = status.standardOutput()
        _ = status.exitStatus()
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let processes = object?["processes"] as? [[String: Any]]
        let worker = processes?.first { $0["name"] as? String == "worker-1" }
        return (
            text, worker?["requested_restarts"] as? Int, worker?["pid"] as? Int,
            worker?["needed_bytes"] as? Int
        )
    }

    /// Lets the worker grow. What it has grown before its need is known would be what it needs.
    private func grow(_ cluster: LocalCluster) throws {
        try eventually("what the worker needs is known") {
            (try? status(cluster))?.needed != nil
        }
        try Data().write(to: URL(fileURLWithPath: cluster.folder + "/grow"))
    }

    /// It is left alone for as long as `restart.period`, here an hour, and shown for as long.
    @Test func itIsShown() throws {
        let cluster = try Self.cluster(period: 3600)
        let sollol = try cluster.serving()
        let tokens = try cluster.tokens()
        try grow(cluster)
        var seen: Seen = ("", nil, nil, nil)
        try eventually("it is shown") {
            seen = (try? status(cluster)) ?? seen
            return seen.text.contains("worker-1 has grown from")
        }
        #expect(seen.asked == 0)
        #expect(try cluster.tokens() == tokens)
        #expect(try status(cluster).pid == seen.pid)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    /// And restarted once that is over: one time, since the new one does not grow.
    @Test func itIsRestartedOnce() throws {
        let cluster = try Self.cluster(period: 1)
        let sollol = try cluster.serving()
        let tokens = try cluster.tokens()
        let before = try status(cluster)
        try grow(cluster)
        try sollol.waitFor("more than restart.max_memory, and nothing is being answered")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == tokens)
        var after: Seen = ("", nil, nil, nil)
        try eventually("what the new one needs is known") {
            after = (try? status(cluster)) ?? after
            return after.needed != nil
        }
        #expect(after.asked == 1)
        #expect(after.pid != nil && after.pid != before.pid)
        #expect(!after.text.contains("has grown"))
        #expect(try cluster.tokens() == tokens)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
