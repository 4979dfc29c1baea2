import Foundation
import Testing

/// `sollol up --detach` with real llama.cpp on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct DetachTests {
    @Test func itReturnsWhenServingAndLeavesASessionOfItsOwn() throws {
        let cluster = try LocalCluster()
        defer { _ = try? cluster.sollol("down").exitStatus() }
        // The end of its output is waited for, too: nothing left behind may hold it.
        let up = try cluster.sollol("up", "--detach")
        #expect(up.exitStatus() == 0)
        #expect(up.lines.contains { $0.contains("[2/5]") })
        #expect(up.lines.contains { $0.contains("serving at") })
        #expect(up.standardOutput() == "")
        #expect(try cluster.tokens().count == 24)
        let supervisor = try #require(
            Int32(
                String(
                    contentsOfFile: cluster.folder + "/state/sollol/test/lock", encoding: .utf8
                ).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(getsid(supervisor) == supervisor)
        #expect(try cluster.sollol("up", "--detach").exitStatus() == 75)
        kill(try cluster.pid("worker-1"), SIGKILL)
        try eventually("it is still supervised") {
            (try? cluster.sollol("logs", "sollol").standardOutput().contains("serving again"))
                == true
        }
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aFailureHasItsStatusAndItsCause() throws {
        let cluster = try LocalCluster()
        let up = try cluster.sollol("up", "--detach", "--model", "/nowhere/x.gguf")
        #expect(up.exitStatus() == 69)
        #expect(up.lines.contains { $0.contains("error: coordinator: the model /nowhere/x.gguf") })
        let wrong = try cluster.sollol("up", "--detach", "--port", "x")
        #expect(wrong.exitStatus() == 64)
    }

    @Test func aSignalMeanwhileEndsWhatComesUp() throws {
        // A worker that never listens, so that it comes up for long.
        let silent = NSTemporaryDirectory() + "sollol-silent-\(UUID().uuidString)"
        defer { unlink(silent) }
        let real = (TestEnvironment.llamaFolder ?? "") + "/ggml-rpc-server"
        try "#!/bin/sh\ncase $* in *-p*) exec sleep 1000;; esac\nexec \(real) \"$@\"\n".write(
            toFile: silent, atomically: true, encoding: .utf8)
        chmod(silent, 0o755)
        let cluster = try LocalCluster(extra: "\"worker_defaults\": {\"binary\": \"\(silent)\"}")
        let up = try cluster.sollol("up", "--detach")
        try up.waitFor("[2/5]")
        up.signal(SIGINT)
        #expect(up.exitStatus() == 0)
        #expect(try cluster.sollol("status").exitStatus() == 3)
    }

    @Test func whoeverIsGoneDoesNotKeepItFromComingUp() throws {
        let cluster = try LocalCluster()
        defer { _ = try? cluster.sollol("down").exitStatus() }
        let up = try cluster.sollol("up", "--detach")
        try up.waitFor("[2/5]")
        up.signal(SIGKILL)
        _ = up.exitStatus()
        try eventually("it serves") { (try? cluster.sollol("status").exitStatus()) == 0 }
    }
}
