import Foundation
import Testing

/// `sollol measure` with real programs.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct MeasureTests {
    private func measured(_ cluster: LocalCluster) throws -> (status: Int32, json: [String: Any]) {
        let run = try cluster.sollol("measure", "--format", "json")
        let text = run.standardOutput()
        let status = run.exitStatus()
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return (status, try #require(json, "\(text) \(run.lines)"))
    }

    /// A machine that does other things, too, may be told to be busy; nothing else may stand in
    /// the way, and what was measured counts.
    @Test func devicesAreMeasuredAndPlansGoByIt() throws {
        let cluster = try LocalCluster(workers: 2)
        let (status, json) = try measured(cluster)
        let devices = json["devices"] as? [[String: Any]] ?? []
        let problems = json["problems"] as? [[String: Any]] ?? []
        #expect(devices.count + problems.count == 3)
        #expect(status == (problems.isEmpty ? 0 : 69))
        for problem in problems {
            #expect((problem["problem"] as? String)?.contains("at rest") == true, "\(problem)")
        }
        for device in devices {
            #expect(device["device"] as? String == "CPU")
            #expect(device["seconds_per_layer"] as? Double ?? 0 > 0)
            let isWorker = device["name"] as? String != "coordinator"
            #expect((device["hop_seconds"] as? Double != nil) == isWorker)
            #expect((device["transport"] as? String == "direct") == isWorker)
        }
        try LocalCluster.scratchFoldersEnd()
        #expect(cluster.leftovers() == [])
        let run = try cluster.sollol("plan")
        let plan = run.standardOutput()
        #expect(run.exitStatus() == 0)
        let areWorkersMeasured = devices.count { $0["name"] as? String != "coordinator" } == 2
        #expect(plan.contains("Predicted: ") == areWorkersMeasured, "\(plan)")
        #expect(plan.contains("placed by fastest") == areWorkersMeasured, "\(plan)")
    }

    @Test func withoutItsProgramThatIsSaid() throws {
        let cluster = try LocalCluster(workers: 1)
        let run = try cluster.sollol(["measure"], programs: cluster.programs(bench: nil))
        let text = run.standardOutput()
        #expect(run.exitStatus() == 69)
        let words = text.replacing("\n", with: " ")
        #expect(
            words.contains("error: worker-1, coordinator: there is no llama-bench on this machine"),
            "\(text)")
        #expect(cluster.leftovers() == [])
    }

    /// Nobody blames the worker for it, and its device is measured.
    @Test func withoutItOnTheCoordinatorsHostTheWayIsNotMeasured() throws {
        let cluster = try LocalCluster(workers: 1)
        // Beside the coordinator's program it would be found, too.
        let coordinator = try cluster.programs(bench: nil)
        let there = cluster.folder + "/there"
        try FileManager.default.moveItem(atPath: coordinator, toPath: there)
        let programs = try cluster.programs(
            bench: "#!/bin/sh\ncase \"$*\" in *--help*) exit 0;; esac\n" + LocalCluster.goodBench)
        let rpc = try #require(
            ["rpc-server", "ggml-rpc-server"].first { access("\(there)/\($0)", X_OK) == 0 })
        let port = cluster.ports[0]
        try cluster.edit(
            "\"127.0.0.1:\(port)\"",
            #"{"host": "127.0.0.1", "port": \#(port), "binary": "\#(programs)/\#(rpc)"}"#)
        let run = try cluster.sollol(["measure"], programs: there)
        let text = run.standardOutput().replacing("\n", with: " ")
        #expect(run.exitStatus() == 69)
        #expect(text.contains("worker-1 CPU") && text.contains("25.000 ms a token"), "\(text)")
        #expect(
            text.contains(
                "error: worker-1: the way to it is not measured, and so nothing recorded: there "
                    + "is no llama-bench on the coordinator's host"), "\(text)")
        #expect(text.contains("error: coordinator: there is no llama-bench"), "\(text)")
        #expect(text.contains("Nothing is recorded"), "\(text)")
    }

    /// They would share the network and the processors of the coordinator's host. Each bench of a
    /// way takes half a second, within which another one would begin.
    @Test func waysAreMeasuredOneAfterTheOther() throws {
        let cluster = try LocalCluster(workers: 3)
        let notes = cluster.folder + "/notes"
        let script = """
            #!/bin/sh
            case "$*" in
            *--help*) exit 0;;
            *' -rpc '*) echo begins >>'\(notes)'; sleep 0.5; echo ends >>'\(notes)';;
            esac
            \(LocalCluster.goodBench)
            """
        let run = try cluster.sollol(["measure"], programs: cluster.programs(bench: script))
        #expect(run.exitStatus() == 0, "\(run.lines)")
        let words = try String(contentsOfFile: notes, encoding: .utf8).split(separator: "\n")
        #expect(words == ["begins", "ends", "begins", "ends", "begins", "ends"])
    }

    /// Its devices cannot be measured, so nothing is placed by what was measured of the others.
    @Test(arguments: [true, false]) func aBackendOfSomebodyElseIsAProblem(_ isAlone: Bool) throws {
        let cluster = try LocalCluster(
            workers: isAlone ? 1 : 2,
            extra: isAlone ? #""placement": {"participants": "workers_only"}"# : "")
        let address = "127.0.0.1:\(cluster.ports[0])"
        try cluster.edit(
            "\"\(address)\"",
            #"{"host": "127.0.0.1", "port": \#(cluster.ports[0]), "managed": false}"#)
        let script = "#!/bin/sh\ncase \"$*\" in *--help*) exit 0;; esac\n" + LocalCluster.goodBench
        let programs = try cluster.programs(bench: script)
        let run = try cluster.sollol(["measure"], programs: programs)
        let text = run.standardOutput()
        #expect(run.exitStatus() == 69)
        #expect(text.contains("error: worker-1: sollol does not run it"), "\(text)")
        #expect(text.contains("Nothing is recorded") == isAlone, "\(text)")
        #expect(text.contains("it counts once") == !isAlone, "\(text)")
        #expect(run.lines.contains { $0.contains("measuring \(isAlone ? 0 : 2) devices") })
        let again = try cluster.sollol(["measure", "--format", "json"], programs: programs)
        #expect(again.standardOutput().contains("sollol does not run it"))
        #expect(again.exitStatus() == 69)
    }

    /// Shards were demanded first, which are placed by what is measured.
    @Test func whatIsToBeShardedIsMeasuredBefore() throws {
        let cluster = try LocalCluster(workers: 1, extra: #""storage": "sharded""#)
        let script = "#!/bin/sh\ncase \"$*\" in *--help*) exit 0;; esac\n" + LocalCluster.goodBench
        let run = try cluster.sollol(["measure"], programs: cluster.programs(bench: script))
        let text = run.standardOutput()
        #expect(run.exitStatus() == 0, "\(run.lines)")
        #expect(text.contains("25.000 ms a token"), "\(text)")
    }

    /// Of another state folder, on the same host.
    @Test func anotherClusterThereIsTold() throws {
        let other = try LocalCluster(workers: 1)
        let up = try other.serving("--name", "beside")
        let cluster = try LocalCluster(workers: 1)
        let script = "#!/bin/sh\ncase \"$*\" in *--help*) exit 0;; esac\n" + LocalCluster.goodBench
        let run = try cluster.sollol(["measure"], programs: cluster.programs(bench: script))
        #expect(run.exitStatus() == 0, "\(run.lines)")
        let words = run.lines.joined(separator: " ")
        #expect(words.contains("the cluster beside (pid "), "\(words)")
        #expect(words.contains("Try: sollol down --name beside"), "\(words)")
        up.signal(SIGINT)
        #expect(up.exitStatus() == 0)
    }

    @Test func besideARunningClusterItIsRefused() throws {
        let cluster = try LocalCluster(workers: 1)
        let up = try cluster.serving()
        let run = try cluster.sollol("measure")
        #expect(run.exitStatus() == 75)
        #expect(run.lines.contains { $0.contains("Try: sollol down") }, "\(run.lines)")
        up.signal(SIGINT)
        #expect(up.exitStatus() == 0)
    }
}
