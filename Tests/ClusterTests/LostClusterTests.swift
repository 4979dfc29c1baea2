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
        // It is neither started once more nor forgotten for that.
        let second = try cluster.sollol("up")
        #expect(second.exitStatus() == 75)
        #expect(second.lines.contains { $0.contains("was removed meanwhile") }, "\(second.lines)")
        try FileManager.default.createDirectory(
            atPath: cluster.folder + "/state/sollol/test", withIntermediateDirectories: true)
        try "".write(
            toFile: cluster.folder + "/state/sollol/test/lock", atomically: true, encoding: .utf8)
        let json = try cluster.sollol("status", "--format", "json").standardOutput()
        #expect(json.contains(#""state": "failed","#), "\(json)")
        let down = try cluster.sollol("down")
        #expect(down.exitStatus() == 0)
        #expect(down.lines.last == "cluster test is down; nothing is left running")
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    /// A program that says nothing is not judged by what it has not said, and why nothing was
    /// started is what is remembered.
    @Test func aRefusedStartIsTheLastThingThatIsRemembered() throws {
        let cluster = try LocalCluster(coordinator: #""binary": "./hangs""#)
        let program = cluster.folder + "/hangs"
        try "#!/bin/sh\nexec sleep 1000\n".write(
            toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        try cluster.edit("./hangs", program)
        let refused = try cluster.sollol("up")
        #expect(refused.exitStatus() == 69)
        let errors = refused.lines.filter { $0.contains(" error: ") }
        #expect(errors.count == 1 && errors[0].contains("gives no answer in time"), "\(errors)")
        let status = try cluster.sollol("status", "--format", "json").standardOutput()
        #expect(status.contains(#""state": "failed","#), "\(status)")
        #expect(status.contains("gives no answer in time"), "\(status)")
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
