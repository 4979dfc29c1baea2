import Foundation
import Testing

/// The main job on real llama.cpp, all on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct LocalClusterTests {
    @Test func thePrintedCommandsAreTheExecutedOnes() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        for (name, pids) in try cluster.pids() {
            #expect(pids.count == 1, "\(name): \(LocalCluster.commandLines())")
        }
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test(arguments: [
        ["--layers", "6", "--embedding", "128", "--feed-forward", "256"],
        [
            "--layers", "7", "--embedding", "192", "--feed-forward", "320", "--type", "q8_0",
            "--seed", "3",
        ],
    ])
    func greedyTokensEqualThoseOfASingleServer(kind: [String]) throws {
        let model = try TestEnvironment.model(kind)
        let cluster = try LocalCluster(model: model)
        let sollol = try cluster.serving()
        let distributed = try cluster.tokens()
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)

        let alone = try LocalCluster(workers: 0, model: model)
        let single = try alone.serving()
        #expect(try alone.tokens() == distributed)
        #expect(Set(distributed).count > 3, "a degenerate model proves nothing: \(distributed)")
        single.signal(SIGTERM)
        #expect(single.exitStatus() == 0)
    }

    @Test func layersAreOnTheWorkersAndSaidToBe() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let first = try sollol.waitFor("worker-1 (127.0.0.1:\(cluster.ports[0])): layers 0-2, ")
        let second = try sollol.waitFor("worker-2 (127.0.0.1:\(cluster.ports[1])): layers 3-6, ")
        #expect(!first.contains(" 0.00 MiB") && !second.contains(" 0.00 MiB"))
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func aCoordinatorThatKeepsTheLayersIsRefusedByTheWorkersName() throws {
        let cluster = try LocalCluster()
        // What SOLLOL does (`--gpu-layers 0`), by a llama-server that adds it at the end.
        let wrapper = cluster.folder + "/llama-server-without-offload"
        let text =
            "#!/bin/sh\ncase $1 in --model) set -- \"$@\" -ngl 0;; esac\n"
            + "exec \(TestEnvironment.llamaServer) \"$@\"\n"
        try text.write(toFile: wrapper, atomically: true, encoding: .utf8)
        chmod(wrapper, 0o755)
        let configured = try String(contentsOfFile: cluster.configuration, encoding: .utf8)
        try configured.replacingOccurrences(
            of: "\"ctx_size\"", with: "\"binary\": \"\(wrapper)\", \"ctx_size\""
        ).write(toFile: cluster.configuration, atomically: true, encoding: .utf8)
        let sollol = try cluster.sollol("up")
        #expect(sollol.exitStatus() == 69)
        let errors = sollol.lines.filter { $0.contains("error: ") }
        #expect(errors.count == 1 && errors[0].contains("0 of 7 layers went to the workers"))
        #expect(cluster.leftovers() == [])
    }

    @Test func killOfSollolLeavesNothing() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        sollol.signal(SIGKILL)
        _ = sollol.exitStatus()
        try eventually("nothing is left: \(cluster.leftovers())") { cluster.leftovers().isEmpty }
        let again = try cluster.serving()
        again.signal(SIGTERM)
        #expect(again.exitStatus() == 0)
    }

    /// `nohup` starts programs with the hang-up ignored, and they are to leave it so.
    @Test func anIgnoredHangUpStaysIgnored() throws {
        let cluster = try LocalCluster(workers: 0)
        let sollol = try RunningProgram(
            "/bin/sh",
            [
                "-c", "trap '' HUP; exec \"$@\"", "sh", TestEnvironment.products + "/sollol", "up",
                "--config", cluster.configuration,
            ],
            environment: cluster.environment)
        try sollol.waitFor("serving at")
        let status = ProcFile.read("/proc/\(sollol.pid)/status").map { Array($0) } ?? []
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        let ignored = lines.first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last ?? ""
        #expect((Int(ignored, radix: 16) ?? 0) & 1 == 1, "\(lines)")
        sollol.signal(SIGHUP)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func killOfSollolDuringBringUpLeavesNothing() throws {
        let cluster = try LocalCluster()
        for phase in ["[2/5]", "[3/5]", "[4/5]"] {
            let sollol = try cluster.sollol("up")
            try sollol.waitFor(phase)
            sollol.signal(SIGKILL)
            _ = sollol.exitStatus()
            try eventually("nothing is left") { cluster.leftovers().isEmpty }
        }
    }

    @Test func anIdleWorkerThatIsKilledIsReplacedAndRequestsSucceed() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let before = try cluster.tokens()
        let survivor = try cluster.pid("worker-2")
        kill(try cluster.pid("worker-1"), SIGKILL)
        try sollol.waitFor("worker-1: it was killed")
        try sollol.waitFor("serving again")
        for _ in 0..<20 { #expect(try cluster.tokens(count: 4) == Array(before.prefix(4))) }
        #expect(try cluster.pid("worker-2") == survivor)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aCoordinatorThatIsKilledIsReplacedAndTheWorkersStay() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let workers = try [cluster.pid("worker-1"), cluster.pid("worker-2")]
        kill(try cluster.pid("coordinator"), SIGKILL)
        try sollol.waitFor("serving again")
        #expect(try [cluster.pid("worker-1"), cluster.pid("worker-2")] == workers)
        #expect(try cluster.tokens().count == 24)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
    }

    @Test func allWorkersKilledAtOnceAreOneRecovery() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let workers = try [cluster.pid("worker-1"), cluster.pid("worker-2")]
        for worker in workers { kill(worker, SIGKILL) }
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens().count == 24)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(sollol.lines.filter { $0.contains("serving again") }.count == 1)
    }

    @Test func aGuardThatIsKilledTakesItsServerWithItAndIsReplaced() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let worker = try cluster.pid("worker-1")
        let status = try String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
        let parent = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        kill(Int32(parent?.split(separator: "\t").last ?? "") ?? 0, SIGKILL)
        try sollol.waitFor("serving again")
        #expect(try cluster.pid("worker-1") != worker)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aStopWaitsForTheRequestInFlight() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        let thread = Thread {
            answer.finish(Result { try LocalCluster.tokens(port: port, count: 1500) })
        }
        thread.start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(try answer.wait().get().count == 1500)
        #expect(cluster.leftovers() == [])
    }

    @Test func aSecondSignalStopsAtOnce() throws {
        let cluster = try LocalCluster()
        let sollol = try cluster.serving()
        let answer = Answer()
        let port = cluster.port
        Thread { answer.finish(Result { try LocalCluster.tokens(port: port, count: 3900) }) }
            .start()
        try eventually("the request is being processed") {
            (try? LocalCluster.busySlots(port: port)) == 1
        }
        sollol.signal(SIGINT)
        try sollol.waitFor("1 request in flight")
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        #expect(throws: (any Error).self) { try answer.wait().get() }
        #expect(cluster.leftovers() == [])
    }
}
