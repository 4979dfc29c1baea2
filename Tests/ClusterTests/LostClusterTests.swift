import Foundation
import Testing

/// A cluster that runs is found and can be stopped, whatever became of its configuration, its state
/// folder, or the environment of whoever asks; with real llama.cpp on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct LostClusterTests {
    /// `sollol` with another state folder than the cluster's, as a unit of systemd has one.
    private func elsewhere(_ cluster: LocalCluster, _ words: String...) throws -> RunningProgram {
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol",
            words + (words[0] == "list" ? [] : ["--config", cluster.configuration]),
            environment: ["XDG_STATE_HOME": cluster.folder + "/other"])
        return program
    }

    @Test func itIsFoundFromAnotherStateFolder() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let status = try elsewhere(cluster, "status")
        let text = status.standardOutput()
        #expect(status.exitStatus() == 0)
        #expect(text.contains("cluster test: serving at"))
        #expect(
            status.lines == [
                "notice: cluster test runs with another state folder than here: "
                    + "\(cluster.folder)/state/sollol/test (pid \(sollol.pid), from "
                    + "\(cluster.configuration))"
            ])
        let list = try elsewhere(cluster, "list", "--format", "json")
        let object = try JSONSerialization.jsonObject(with: Data(list.standardOutput().utf8))
        let clusters = (object as? [String: Any])?["clusters"] as? [[String: Any]] ?? []
        let one = clusters.first { $0["pid"] as? Int == Int(sollol.pid) }
        #expect(one?["state"] as? String == "serving")
        #expect(one?["configuration"] as? String == cluster.configuration)
        #expect(list.exitStatus() == 0)
        let logs = try elsewhere(cluster, "logs", "coordinator")
        #expect(logs.standardOutput().contains("listening"))
        #expect(logs.exitStatus() == 0)
        #expect(try elsewhere(cluster, "down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func itIsFoundWithoutItsStateFolder() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        try FileManager.default.removeItem(atPath: cluster.folder + "/state")
        let status = try cluster.sollol("status")
        #expect(status.standardOutput().contains("was removed while it runs"))
        #expect(status.exitStatus() == 3)
        let down = try cluster.sollol("down")
        #expect(down.exitStatus() == 0)
        #expect(down.lines.last == "cluster test is down; nothing is left running")
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aKilledSollolIsNoOrderlyStop() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        sollol.signal(SIGKILL)
        _ = sollol.exitStatus()
        try eventually("its servers end") { cluster.leftovers().isEmpty }
        let killed = try cluster.sollol("status")
        let text = killed.standardOutput()
        #expect(
            text.contains("sollol (pid \(sollol.pid)) ended without stopping the cluster"),
            "\(text)")
        #expect(text.contains("cluster test: dead since 20"))
        #expect(text.contains("), its servers ended with it\n"), "\(text)")
        #expect(killed.exitStatus() == 3)
        let json = try cluster.sollol("status", "--format", "json").standardOutput()
        #expect(json.contains(#""state": "dead","#), "\(json)")
        let second = try cluster.serving()
        second.signal(SIGTERM)
        _ = second.exitStatus()
        let stopped = try cluster.sollol("status").standardOutput()
        #expect(!stopped.contains("without stopping"), "\(stopped)")
    }

    @Test(arguments: ["{ \"model\": ", nil])
    func aBrokenOrMovedConfigurationIsNoObstacle(_ text: String?) throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        if let text {
            try text.write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        } else {
            try FileManager.default.removeItem(atPath: cluster.configuration)
        }
        let status = try cluster.sollol("status")
        #expect(status.standardOutput().contains("cluster test: serving at"))
        #expect(status.exitStatus() == 0)
        #expect(status.lines.allSatisfy { $0.hasPrefix("warning: ") })
        #expect(
            status.lines.last?.hasPrefix(
                "warning: this is about cluster test, which was started from "
                    + "\(cluster.configuration)") == true)
        let logs = try cluster.sollol("logs", "worker-1")
        #expect(logs.exitStatus() == 0)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        // What it left still tells: nothing has to run.
        let after = try cluster.sollol("status")
        #expect(after.standardOutput().contains("cluster test: stopped"))
        #expect(after.exitStatus() == 3)
    }
}
