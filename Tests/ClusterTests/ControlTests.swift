import Foundation
import Testing

/// `sollol status`, `down` and what they rely on, with real llama.cpp on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct ControlTests {
    private func status(_ cluster: LocalCluster) throws -> (exit: Int32, [String: Any]) {
        let program = try cluster.sollol("status", "--format", "json")
        let text = program.standardOutput()
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return (program.exitStatus(), object as? [String: Any] ?? [:])
    }

    private func history(_ cluster: LocalCluster) throws -> [[String: Any]] {
        let path = cluster.folder + "/state/sollol/test/events.jsonl"
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test func statusTellsTheTruthBeforeWhileAndAfter() throws {
        let cluster = try LocalCluster()
        var (exit, object) = try status(cluster)
        #expect(exit == 3 && object["state"] as? String == "stopped")
        let sollol = try cluster.serving()
        (exit, object) = try status(cluster)
        #expect(exit == 0 && object["state"] as? String == "serving")
        #expect(object["url"] as? String == "http://127.0.0.1:\(cluster.port)")
        let processes = object["processes"] as? [[String: Any]] ?? []
        for process in processes {
            let name = process["name"] as? String ?? ""
            #expect(process["pid"] as? Int == Int(try cluster.pid(name)))
            #expect(process["restarts"] as? Int == 0)
        }
        #expect(processes.count == 3)
        kill(try cluster.pid("worker-1"), SIGKILL)
        try sollol.waitFor("serving again")
        (exit, object) = try status(cluster)
        #expect(exit == 0)
        let summary = object["summary"] as? String ?? ""
        #expect(summary.contains("worker-1: it was killed (signal 9"))
        #expect(summary.contains("started worker-1, coordinator; served after "))
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        (exit, object) = try status(cluster)
        #expect(exit == 3 && object["state"] as? String == "stopped")
        // The history has the words of the terminal.
        let told = try history(cluster).compactMap { $0["message"] as? String }
        for message in told {
            #expect(sollol.lines.contains { $0.hasSuffix(message) }, "\(message)")
        }
        #expect(told.count > 8)
    }

    @Test func downReturnsWhenNothingRunsAnyMore() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let down = try cluster.sollol("down")
        #expect(down.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
        #expect(sollol.exitStatus() == 0)
        let again = try cluster.sollol("down")
        #expect(again.exitStatus() == 0)
        #expect(again.lines.contains { $0.contains("nothing runs of cluster test") })
    }

    @Test(arguments: [0, 0.1])
    func downWithATimeoutDoesNotWaitForRequests(limit: Double) throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 3900) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        let down = try cluster.sollol("down", "--timeout", "\(limit)")
        #expect(down.exitStatus() == 0)
        #expect(down.lines == ["cluster test is down; nothing is left running"])
        #expect(sollol.exitStatus() == 0)
        #expect(throws: (any Error).self) { try answer.wait().get() }
        #expect(cluster.leftovers() == [])
    }

    @Test func aStoppedSollolIsNamedAndHowToEndIt() throws {
        let cluster = try LocalCluster(workers: 0)
        let sollol = try cluster.serving()
        sollol.signal(SIGSTOP)
        for (command, exit) in [("status", 3), ("down", 69), ("reload", 69), ("restart", 69)] {
            let program = try cluster.sollol(command)
            let text = program.standardOutput()
            #expect(program.exitStatus() == Int32(exit), "\(command)")
            let told = text + program.lines.joined(separator: "\n")
            #expect(
                told.contains("sollol (pid \(sollol.pid)) does not answer: it is stopped or hangs"),
                "\(told)")
            #expect(told.contains("kill -KILL \(sollol.pid)"), "\(told)")
        }
        sollol.signal(SIGCONT)
        let down = try cluster.sollol("down")
        #expect(down.exitStatus() == 0, "\(down.lines)")
        #expect(sollol.exitStatus() == 0)
    }

    @Test func aSocketThatAKilledSollolLeftIsReplaced() throws {
        let cluster = try LocalCluster()
        let first = try cluster.serving()
        first.signal(SIGKILL)
        _ = first.exitStatus()
        #expect(access(cluster.folder + "/state/sollol/test/control.sock", F_OK) == 0)
        #expect(try status(cluster).exit == 3)
        let second = try cluster.serving()
        #expect(try status(cluster).exit == 0)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(second.exitStatus() == 0)
    }

    @Test func aConfigurationThatBrokeMeanwhileIsNoObstacle() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        try "{".write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        #expect(try cluster.sollol("status").exitStatus() == 0)
        #expect(try cluster.sollol("status", "--name", "test").exitStatus() == 0)
        #expect(try cluster.sollol("check").exitStatus() == 78)
        try "{\"port\": \"x\"}".write(
            toFile: cluster.configuration, atomically: true, encoding: .utf8)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func aRestartIsPlannedAndReturnsWhenItServes() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let tokens = try cluster.tokens()
        let before = try cluster.pids()
        #expect(try cluster.sollol("restart", "worker-1").exitStatus() == 0)
        #expect(try cluster.tokens() == tokens)
        let after = try cluster.pids()
        #expect(after["worker-1"] != before["worker-1"])
        #expect(after["coordinator"] != before["coordinator"])
        #expect(after["worker-2"] == before["worker-2"])
        #expect(try cluster.sollol("restart", "coordinator").exitStatus() == 0)
        #expect(try cluster.pids()["worker-1"] == after["worker-1"])
        #expect(try cluster.sollol("restart").exitStatus() == 0)
        let last = try cluster.pids()
        #expect(last.values.allSatisfy { $0.count == 1 })
        for (name, pids) in after { #expect(last[name] != pids) }
        #expect(try cluster.sollol("restart", "worker-7").exitStatus() == 64)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        #expect(!sollol.lines.contains { $0.contains("warning") }, "\(sollol.lines)")
        #expect(try cluster.sollol("restart").exitStatus() == 69)
    }

    @Test func aRestartWaitsForTheRequestInFlight() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 1500) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        #expect(try cluster.sollol("restart", "worker-2").exitStatus() == 0)
        #expect(try answer.wait().get().count == 1500)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func anEndingClusterTakesNothingOver() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 3900) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        let down = try cluster.sollol("down")
        try eventually("it is being ended") {
            (try? status(cluster).1["state"] as? String) == "stopping"
        }
        for command in ["restart", "reload"] {
            let refused = try cluster.sollol(command)
            #expect(refused.exitStatus() == 69)
            #expect(refused.lines == ["error: the cluster is being ended"])
        }
        #expect(try cluster.sollol("down", "--timeout", "0").exitStatus() == 0)
        #expect(down.exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        _ = answer.wait()
    }

    @Test func logsShowWhatTheServersPrinted() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let all = try cluster.sollol("logs", "coordinator", "-n", "all").standardOutput()
        #expect(all.contains("load_tensors: offloaded 7/7 layers"))
        // What a worker says of a new coordinator is about its connections.
        let follow = try cluster.sollol("logs", "-f", "-n", "0", "--all")
        #expect(try cluster.sollol("restart", "coordinator").exitStatus() == 0)
        var text = ""
        while !text.contains("load_tensors: offloaded 7/7 layers") || !text.contains("worker-1 | ")
        {
            let more = follow.moreOutput()
            if more.isEmpty { break }
            text += more
        }
        #expect(text.contains("coordinator | "))
        follow.signal(SIGTERM)
        #expect(follow.exitStatus() == 0)
        let watch = try cluster.sollol("status", "--watch")
        _ = watch.moreOutput()
        watch.signal(SIGINT)
        #expect(watch.exitStatus() == 0)
        #expect(try cluster.sollol("logs", "worker-7").exitStatus() == 64)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
    }
}
