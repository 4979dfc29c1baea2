import Foundation
import Testing

/// A server that grows for real (ollama/ollama 18106, ggml-org/llama.cpp 27725): the true
/// rpc-server behind a script that takes memory and never gives it back. It is shown, and
/// restarted in an idle moment, once and not in a loop (Unitech/pm2 839).
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

    private func status(_ cluster: LocalCluster) throws -> (text: String, asked: Int?, pid: Int?) {
        let status = try cluster.sollol("status", "--format", "json")
        let text = status.standardOutput()
        _ = status.exitStatus()
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let processes = object?["processes"] as? [[String: Any]]
        let worker = processes?.first { $0["name"] as? String == "worker-1" }
        return (text, worker?["requested_restarts"] as? Int, worker?["pid"] as? Int)
    }

    @Test func itIsShownAndRestartedOnce() throws {
        let cluster = try Self.cluster(period: 15)
        let sollol = try cluster.serving()
        let before = try cluster.tokens()
        func grow() throws {
            try eventually("the worker's memory is counted") {
                (try? status(cluster))?.text.contains("\"resident_bytes\": null") == false
            }
            try Data().write(to: URL(fileURLWithPath: cluster.folder + "/grow"))
        }
        func shown() throws -> (text: String, asked: Int?, pid: Int?) {
            var seen: (text: String, asked: Int?, pid: Int?) = ("", nil, nil)
            try eventually("it is shown") {
                seen = (try? status(cluster)) ?? seen
                return seen.text.contains("worker-1 has grown from")
            }
            return seen
        }
        try grow()
        let first = try shown()
        #expect(first.asked == 0)
        try sollol.waitFor("more than restart.max_memory, and nothing is being answered")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == before)
        // The next one grows at once, and is left alone for as long as `period`.
        try grow()
        let second = try shown()
        #expect(second.asked == 1)
        #expect(second.pid != first.pid)
        #expect(try cluster.tokens() == before)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
