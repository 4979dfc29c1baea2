import Foundation
import Testing

/// What `sollol up --dry-run --format sh` prints, run by bash beside other programs.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct LocalScriptTests {
    private func script(_ cluster: LocalCluster) throws -> RunningProgram {
        let dryRun = try cluster.sollol("up", "--dry-run", "--format", "sh")
        let path = cluster.folder + "/cluster.sh"
        try dryRun.standardOutput().write(toFile: path, atomically: true, encoding: .utf8)
        #expect(dryRun.exitStatus() == 0)
        return try RunningProgram(
            "/usr/bin/env", ["bash", path], environment: cluster.environment)
    }

    @Test func itServesAndCtrlCEndsIt() throws {
        let cluster = try LocalCluster()
        let script = try script(cluster)
        try script.waitFor("coordinator is ready")
        #expect(script.moreOutput() == "serving on http://127.0.0.1:\(cluster.port)\n")
        #expect(try cluster.tokens().count == 24)
        script.signal(SIGINT)
        #expect(script.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    /// Nobody has to guess which of two commands is right.
    @Test func upAndDownSayThatItRuns() throws {
        let cluster = try LocalCluster()
        let script = try script(cluster)
        try script.waitFor("coordinator is ready")
        for command in ["up", "down"] {
            let run = try cluster.sollol(command)
            #expect(run.exitStatus() == 69)
            #expect(run.lines.contains { $0.contains("a printed script (pid ") }, "\(run.lines)")
        }
        script.signal(SIGINT)
        #expect(script.exitStatus() == 0)
        #expect(try cluster.sollol("down").exitStatus() == 0)
    }

    /// Somebody else's server would answer each question about readiness.
    @Test(arguments: [0, 1, 2])
    func aForeignListenerIsNotTakenForItsOwn(index: Int) throws {
        let cluster = try LocalCluster()
        let other = try Listener(port: cluster.ports[index])
        defer { other.close() }
        let script = try script(cluster)
        #expect(script.exitStatus() == 69)
        let address = "127.0.0.1:\(cluster.ports[index])"
        let name = ["worker-1", "worker-2", "coordinator"][index]
        let refusal = "\(name): another program listens on \(address) already"
        #expect(script.lines.contains { $0.contains(refusal) }, "\(script.lines)")
        #expect(!script.lines.contains { $0.contains("\(name) is ready") }, "\(script.lines)")
        #expect(script.standardOutput() == "")
        #expect(cluster.leftovers() == [])
    }

    /// The guard refuses before any server runs, and what it says is shown.
    @Test func aServerThatCannotStartIsNamed() throws {
        let cluster = try LocalCluster()
        try cluster.edit(
            #""127.0.0.1:\#(cluster.ports[0])""#,
            #"{"host": "127.0.0.1", "port": \#(cluster.ports[0]), "binary": "/no/such"}"#)
        let script = try script(cluster)
        #expect(script.exitStatus() == 69)
        #expect(script.lines.contains { $0.contains("worker-1 ended with") }, "\(script.lines)")
        #expect(cluster.leftovers() == [])
    }
}
