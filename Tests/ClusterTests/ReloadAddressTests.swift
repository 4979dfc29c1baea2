import Foundation
import Testing

/// Workers known by their address, reloads that are only asked about, and those that are taken
/// back, with real llama.cpp on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct ReloadAddressTests {
    private func backend(_ port: Int, _ name: String) -> String {
        #"{"host": "127.0.0.1", "port": \#(port), "name": "\#(name)"}"#
    }

    private func warnings(_ cluster: LocalCluster) throws -> [String] {
        let text = try cluster.sollol("status", "--format", "json").standardOutput()
        let status = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return status?["warnings"] as? [String] ?? []
    }

    @Test func oneInFrontAndTheFirstOneRemovedLeaveTheOthersAlone() throws {
        let cluster = try LocalCluster(workers: 3)
        let all = cluster.ports.map { "\"127.0.0.1:\($0)\"" }
        try cluster.edit("\(all[0]), \(all[1]), \(all[2])", "\(all[1]), \(all[2])")
        let sollol = try cluster.serving()
        let before = try cluster.pids()
        #expect(before.keys.sorted() == ["coordinator", "worker-1", "worker-2"])
        // In front, with a name.
        let front = backend(cluster.ports[0], "attic")
        try cluster.edit(all[1], "\(front), \(all[1])")
        let preview = try cluster.sollol("reload", "--dry-run")
        let told = preview.standardOutput()
        #expect(preview.exitStatus() == 0)
        #expect(told.contains("attic is added: ") && told.contains("    --rpc "), "\(told)")
        #expect(!told.contains("worker-"), "\(told)")
        #expect(told.contains("then none is answered for about "), "\(told)")
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        let three = try cluster.pids()
        #expect(three.keys.sorted() == ["attic", "coordinator", "worker-1", "worker-2"])
        for name in ["worker-1", "worker-2"] { #expect(three[name] == before[name]) }
        #expect(!(try cluster.sollol("logs", "attic").standardOutput()).isEmpty)
        #expect(try cluster.sollol("restart", "attic").exitStatus() == 0)
        let status = try cluster.sollol("status").standardOutput()
        #expect(status.contains("attic        ready"), "\(status)")
        // The first one goes, and one that goes on gets a name.
        let attic = try cluster.pid("attic")
        try cluster.edit("\(front), \(all[1])", backend(cluster.ports[1], "cellar"))
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        let two = try cluster.pids()
        #expect(two["cellar"] == before["worker-1"] && two["worker-2"] == before["worker-2"])
        #expect(kill(attic, 0) != 0)
        #expect(try cluster.tokens().count == 24)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        // Numbers are kept from start to start.
        try cluster.edit(backend(cluster.ports[1], "cellar"), "\(all[0]), \(all[1])")
        let names = try cluster.plannedProcesses().map(\.name)
        #expect(names == ["worker-3", "worker-1", "worker-2", "coordinator"])
        #expect(cluster.leftovers() == [])
    }

    @Test func whatDoesNotComeUpIsTakenBack() throws {
        let cluster = try LocalCluster(coordinator: #""api_key_file": "keys""#)
        let keys = cluster.folder + "/keys"
        try "sk-first\n".write(toFile: keys, atomically: true, encoding: .utf8)
        let sollol = try cluster.serving()
        let before = try cluster.pids()
        let good = try String(contentsOfFile: cluster.configuration, encoding: .utf8)
        try cluster.edit(
            "\"ctx_size\": 4096",
            "\"extra_arguments\": [\"--no-such-flag\"], \"ctx_size\": 2048")
        let preview = try cluster.sollol("reload", "--dry-run", "--format", "json")
        let json = preview.standardOutput()
        #expect(preview.exitStatus() == 0 && json.contains(#""former": "4096""#), "\(json)")
        let reload = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 69)
        let error = reload.lines.last { $0.hasPrefix("error: ") } ?? ""
        #expect(error.contains("the reload was taken back") && error.contains("coordinator: "))
        try sollol.waitFor("serving again")
        try good.write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        let after = try cluster.pids()
        #expect(after["worker-1"] == before["worker-1"])
        #expect(after["coordinator"] != before["coordinator"])
        #expect(try warnings(cluster).contains { $0.contains("the file is not what serves") })
        #expect(try LocalCluster.tokens(port: cluster.port, key: "sk-first").count == 24)
        // The file as it was is what serves: nothing starts again, and nothing is to be said.
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        #expect(try warnings(cluster) == [])
        #expect(try cluster.pids() == after)
        // Other keys, under the same name.
        try "sk-second\n".write(toFile: keys, atomically: true, encoding: .utf8)
        let asked = try cluster.sollol("reload", "--dry-run").standardOutput()
        #expect(asked.contains("coordinator starts again: its API keys have changed"), "\(asked)")
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        #expect(try cluster.pids()["worker-1"] == before["worker-1"])
        #expect(try cluster.pids()["coordinator"] != after["coordinator"])
        #expect(try LocalCluster.tokens(port: cluster.port, key: "sk-second").count == 24)
        #expect(throws: TestFailure.self) {
            try LocalCluster.tokens(port: cluster.port, key: "sk-first")
        }
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        #expect(!sollol.lines.contains { $0.contains("sk-") })
        #expect(cluster.leftovers() == [])
    }

    @Test func aMovedConfigurationTakesTheStateOver() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.sollol("up", "--adopt")
        try sollol.waitFor("serving at")
        let nothing = "notice: there was nothing to adopt: "
        #expect(sollol.lines.contains { $0.contains(nothing + "no cluster of this name") })
        let running = try cluster.sollol("up")
        #expect(running.exitStatus() == 75)
        // Who has it, and on a line of its own what to do.
        #expect(running.lines.contains { $0.contains("(pid \(sollol.pid))") }, "\(running.lines)")
        #expect(running.lines.contains { $0.contains("sollol reload") }, "\(running.lines)")
        let moved = cluster.folder + "/moved/test.json"
        try FileManager.default.createDirectory(
            atPath: cluster.folder + "/moved", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: cluster.configuration, toPath: moved)
        func run(_ words: String...) throws -> RunningProgram {
            try RunningProgram(
                TestEnvironment.products + "/sollol", words + ["--config", moved],
                environment: cluster.environment)
        }
        // While it runs nobody takes it over, and what is advised works.
        let advice =
            "`sollol down -c \(cluster.configuration)`, then `sollol up -c \(moved) --adopt`"
        for (refused, status) in [
            (try run("up", "--adopt"), 75), (try run("up"), 75), (try run("status"), 78),
            (try run("down"), 78),
        ] as [(RunningProgram, Int32)] {
            #expect(refused.exitStatus() == status, "\(refused.lines)")
            #expect(refused.lines.contains { $0.contains(advice) }, "\(refused.lines)")
        }
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        let refused = try run("up")
        #expect(refused.exitStatus() == 78)
        #expect(
            refused.lines.contains { $0.contains("--adopt") && $0.contains("--name") },
            "\(refused.lines)")
        let adopted = try run("up", "--adopt")
        try adopted.waitFor("serving at")
        #expect(
            adopted.lines.contains {
                $0.hasSuffix(
                    " has been that of \(cluster.configuration); from now on it is that of "
                        + moved)
            }, "\(adopted.lines)")
        adopted.signal(SIGTERM)
        #expect(adopted.exitStatus() == 0)
        let again = try run("up", "--adopt")
        try again.waitFor("serving at")
        #expect(
            again.lines.contains { $0.contains(nothing) && $0.contains("of this file already") })
        again.signal(SIGTERM)
        #expect(again.exitStatus() == 0)
        // From now on it is that file's.
        #expect(try cluster.sollol("up").exitStatus() == 78)
        #expect(cluster.leftovers() == [])
    }
}
