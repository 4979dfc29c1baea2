import Foundation
import Testing

/// An rpc-server that somebody else runs, and that goes away while nobody asks anything: the
/// coordinator's `/health` stays 200, and the next request aborts it (ggml-org/llama.cpp 25938,
/// 26384; measured).
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct UnmanagedBackendTests {
    /// Its own rpc-server, at the port of that worker.
    private func backend(_ cluster: LocalCluster, _ number: Int) throws -> RunningProgram {
        let folder = TestEnvironment.llamaFolder ?? ""
        let programs = ["rpc-server", "ggml-rpc-server"].map { "\(folder)/\($0)" }
        let program = try #require(programs.first { access($0, X_OK) == 0 })
        let port = cluster.ports[number - 1]
        let server = try RunningProgram(program, ["-H", "127.0.0.1", "-p", "\(port)"])
        let listens = String(format: "%04X 00000000:0000 0A", port)
        try eventually("it listens") {
            (try? ShellRun("grep -q '\(listens)' /proc/net/tcp").status) == 0
        }
        return server
    }

    /// Its second worker is somebody else's, and fails while nobody asks: once another one is
    /// there, the cluster serves as before.
    private func loses(
        _ cluster: LocalCluster, by fault: (RunningProgram, RunningProgram) throws -> Void
    ) throws {
        try cluster.edit(
            "\"127.0.0.1:\(cluster.ports[1])\"",
            #"{"host": "127.0.0.1", "port": \#(cluster.ports[1]), "managed": false}"#)
        let first = try backend(cluster, 2)
        let sollol = try cluster.serving()
        let before = try cluster.tokens()
        try fault(first, sollol)
        let second = try backend(cluster, 2)
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == before)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        second.signal(SIGKILL)
    }

    @Test func oneThatIsKilledWhileNobodyAsksIsFoundAndWaitedFor() throws {
        let cluster = try LocalCluster(timeouts: #""stall": 10, "progress": 10"#)
        try loses(cluster) { first, sollol in
            first.signal(SIGKILL)
            let address = "127.0.0.1:\(cluster.ports[1])"
            try sollol.waitFor(
                "coordinator: its connection to worker-2 (\(address)) was closed")
            try sollol.waitFor("worker-2: ")
        }
    }

    /// It stands still, its connection stands, and nobody asks: `health.canary` does. When another
    /// one is there, the cluster serves again.
    @Test func oneThatIsFrozenWhileNobodyAsksIsFoundByACanary() throws {
        let cluster = try LocalCluster(
            extra: #""health": {"canary": true}"#, timeouts: #""stall": 3"#)
        try loses(cluster) { first, sollol in
            first.signal(SIGSTOP)
            try sollol.waitFor("a small request of sollol had no answer within")
            // One that goes on may die of its client's end (ggml-org/llama.cpp 26680).
            first.signal(SIGKILL)
        }
    }
}
