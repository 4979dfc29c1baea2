import Foundation
import Testing

/// `sollol reload` with real llama.cpp on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct ReloadTests {
    /// Everything runs exactly as the dry run of the configuration of now says.
    private func runsAsPrinted(_ cluster: LocalCluster) throws -> [String: [Int32]] {
        let pids = try cluster.pids()
        for (name, found) in pids {
            #expect(found.count == 1, "\(name): \(LocalCluster.commandLines())")
        }
        return pids
    }

    private func end(_ cluster: LocalCluster, _ sollol: RunningProgram) throws {
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aChangedContextRestartsTheCoordinatorOnly() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let before = try runsAsPrinted(cluster)
        let tokens = try cluster.tokens()
        try cluster.edit("\"ctx_size\": 4096", "\"ctx_size\": 2048")
        let reload = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 0)
        let told = reload.lines.first { $0.contains("coordinator changes: ") } ?? ""
        #expect(told.contains("--ctx-size 2048"), "\(reload.lines)")
        #expect(reload.lines.contains { $0.contains("serving again at ") }, "\(reload.lines)")
        let after = try runsAsPrinted(cluster)
        #expect(after["coordinator"] != before["coordinator"])
        #expect(after["worker-1"] == before["worker-1"])
        #expect(after["worker-2"] == before["worker-2"])
        #expect(try cluster.tokens() == tokens)
        try end(cluster, sollol)
        #expect(!sollol.lines.contains { $0.contains("warning") }, "\(sollol.lines)")
        let history = try cluster.history()
        #expect(history.contains("taking over the changed configuration"))
    }

    @Test func workersComeAndGoAndTheOthersStay() throws {
        let cluster = try LocalCluster(workers: 3)
        let third = ", \"127.0.0.1:\(cluster.ports[2])\""
        try cluster.edit(third, "")
        let sollol = try cluster.serving()
        let two = try runsAsPrinted(cluster)
        #expect(two.count == 3)
        let tokens = try cluster.tokens()
        let second = "\"127.0.0.1:\(cluster.ports[1])\""
        try cluster.edit(second, second + third)
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        let three = try runsAsPrinted(cluster)
        #expect(three.count == 4)
        #expect(three["worker-1"] == two["worker-1"] && three["worker-2"] == two["worker-2"])
        #expect(try cluster.tokens() == tokens)
        let status = try cluster.sollol("status").standardOutput()
        #expect(status.contains("worker-3     ready") && status.contains("layers 4-6"), "\(status)")
        #expect(!(try cluster.sollol("logs", "worker-3").standardOutput()).isEmpty)
        // Back again, and the numbers go on.
        try cluster.edit(third, "")
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        let again = try runsAsPrinted(cluster)
        #expect(again.count == 3 && again["worker-1"] == two["worker-1"])
        #expect(again["worker-2"] == two["worker-2"])
        #expect(try cluster.tokens() == tokens)
        // And a worker that was lost is still found.
        kill(try cluster.pid("worker-2"), SIGKILL)
        try sollol.waitFor("worker-2: it was killed")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == tokens)
        try end(cluster, sollol)
    }

    @Test func aWrongConfigurationChangesNothing() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let before = try runsAsPrinted(cluster)
        let good = try String(contentsOfFile: cluster.configuration, encoding: .utf8)
        try cluster.edit("\"ctx_size\": 4096", "\"ctx_size\": -1, \"paralel\": 2")
        let wrong = try cluster.sollol("reload")
        #expect(wrong.exitStatus() == 78)
        #expect(wrong.lines.contains { $0.contains("coordinator.ctx_size") }, "\(wrong.lines)")
        #expect(wrong.lines.contains { $0.contains("paralel") }, "\(wrong.lines)")
        // What only a look at the host can tell.
        try good.replacing(cluster.model, with: "/nowhere.gguf")
            .write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        let missing = try cluster.sollol("reload")
        #expect(missing.exitStatus() == 69)
        #expect(missing.lines.contains { $0.contains("/nowhere.gguf") }, "\(missing.lines)")
        // Another name is another cluster.
        try good.replacing("{ \"model\"", with: "{ \"name\": \"other\", \"model\"")
            .write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        let renamed = try cluster.sollol("reload", "--name", "test")
        #expect(renamed.exitStatus() == 69)
        #expect(renamed.lines.contains { $0.contains("cannot change") }, "\(renamed.lines)")
        try good.write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        let unchanged = try cluster.sollol("reload")
        #expect(unchanged.exitStatus() == 0)
        #expect(unchanged.lines.contains { $0.contains("nothing that runs has changed") })
        #expect(try runsAsPrinted(cluster) == before)
        #expect(try cluster.tokens().count == 24)
        try end(cluster, sollol)
        #expect(sollol.lines.filter { $0.contains("the reload is refused") }.count == 3)
        #expect(try cluster.sollol("reload").exitStatus() == 69)
    }

    @Test func policiesAreTakenOverWithoutARestart() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving("--detach")
        #expect(sollol.exitStatus() == 0)
        let before = try runsAsPrinted(cluster)
        try cluster.edit("\"stop\": 60", "\"stop\": 60, \"lease\": 3")
        let reload = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 0)
        let told = "took over the changed configuration (timeouts); nothing restarts"
        #expect(reload.lines.contains { $0.contains(told) }, "\(reload.lines)")
        #expect(try runsAsPrinted(cluster) == before)
        // A service has no terminal that could hang up.
        let text = try cluster.sollol("status", "--format", "json").standardOutput()
        let status = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let supervisor = try #require(status?["pid"] as? Int)
        try cluster.edit("\"lease\": 3", "\"lease\": 300")
        kill(Int32(supervisor), SIGHUP)
        try eventually("it is taken over") {
            (try? cluster.history())?.components(separatedBy: "took over the").count == 3
        }
        #expect(try runsAsPrinted(cluster) == before)
        #expect(try cluster.sollol("down").exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aRequestInFlightIsAnsweredFirst() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 1500) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        try cluster.edit(
            "\"127.0.0.1:\(cluster.ports[1])\"",
            "{\"host\": \"127.0.0.1\", \"port\": \(cluster.ports[1]), \"threads\": 1}")
        let before = try cluster.pid("worker-1")
        let reload = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 0)
        #expect(try answer.wait().get().count == 1500)
        #expect(try runsAsPrinted(cluster)["worker-1"] == [before])
        #expect(reload.lines.contains { $0.contains("worker-2 changes: ") }, "\(reload.lines)")
        try end(cluster, sollol)
    }

    /// What it asks for is not in force before the first one's requests are answered.
    @Test func aSecondReloadWaitsForTheFirst() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 1500) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        try cluster.edit("\"ctx_size\": 4096", "\"ctx_size\": 2048")
        let first = try cluster.sollol("reload")
        try first.waitFor("coordinator changes: ")
        let second = try cluster.sollol("reload")
        try second.waitFor("this one waits for it")
        // Read by the second one alone, since it has not begun.
        try cluster.edit("\"ctx_size\": 2048", "\"ctx_size\": 1024")
        let third = try cluster.sollol("reload")
        try third.waitFor("this one waits for it")
        #expect(try answer.wait().get().count == 1500)
        #expect(second.exitStatus() == 0)
        #expect(third.exitStatus() == 0)
        // Replaced before it served, or served before it was replaced.
        let replaced = first.lines.contains { $0.contains("another reload has taken the place") }
        #expect(
            first.exitStatus() == 0 || replaced || first.lines.contains { $0.contains("taken") })
        _ = try runsAsPrinted(cluster)
        #expect(second.lines.contains { $0.contains("--ctx-size 1024") }, "\(second.lines)")
        let taken = try cluster.history().components(separatedBy: "taking over the changed")
        #expect(taken.count == 3)
        try end(cluster, sollol)
    }

    @Test func twoAtOnceAreJudgedOnce() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        try cluster.edit("\"ctx_size\": 4096", "\"ctx_size\": 2048")
        let both = try [cluster.sollol("reload"), cluster.sollol("reload")]
        for reload in both { #expect(reload.exitStatus() == 0, "\(reload.lines)") }
        _ = try runsAsPrinted(cluster)
        let taken = try cluster.history().components(separatedBy: "taking over the changed")
        #expect(taken.count == 2)
        try end(cluster, sollol)
    }

    @Test func logsFollowWhatIsAdded() throws {
        let cluster = try LocalCluster()
        let second = ", \"127.0.0.1:\(cluster.ports[1])\""
        try cluster.edit(second, "")
        let sollol = try cluster.serving()
        let follow = try cluster.sollol("logs", "-f", "-n", "all")
        var text = ""
        while !text.contains("worker-1 | ") {
            let more = follow.moreOutput()
            if more.isEmpty { break }
            text += more
        }
        #expect(text.contains("worker-1 | ") && !text.contains("worker-2 | "))
        let first = "\"127.0.0.1:\(cluster.ports[0])\""
        try cluster.edit(first, first + second)
        #expect(try cluster.sollol("reload").exitStatus() == 0)
        while !text.contains("worker-2 | ") {
            let more = follow.moreOutput()
            if more.isEmpty { break }
            text += more
        }
        #expect(text.contains("worker-2 | "))
        follow.signal(SIGTERM)
        #expect(follow.exitStatus() == 0)
        try end(cluster, sollol)
    }
}
