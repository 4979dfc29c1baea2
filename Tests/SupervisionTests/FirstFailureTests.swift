import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// What is told as the cause is the first failure, and the one that explains the others
/// (ggml-org/llama.cpp 25938: the coordinator's abort is all that people see of a lost worker).
@Suite struct FirstFailureTests {
    private let memory = MemoryKills.Group(hits: 1, limit: 1 << 30, folder: "/sys/fs/cgroup/a")
    private let lost = "/src/ggml-rpc/ggml-rpc.cpp:685: Remote RPC server crashed"

    private func aborts(_ cluster: TestCluster, _ generation: Int) -> SupervisorEvent {
        .exited(
            cluster.run("coordinator", generation), ExitReport(status: 134, lastWords: [lost]))
    }

    private func killed(_ cluster: TestCluster, _ generation: Int) -> SupervisorEvent {
        .exited(
            cluster.run("worker-2", generation),
            ExitReport(status: 137, lastWords: ["its last word"], killer: .group(memory)))
    }

    /// A cluster whose coordinator loads.
    private func loading() -> TestCluster {
        var cluster = TestCluster()
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1")))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-2")))
        return cluster
    }

    /// Worker 2 is killed for memory whenever the model is loaded, and the coordinator tells its
    /// own end first.
    @Test func aCoordinatorThatLostItsWorkerIsNotTheCause() throws {
        var cluster = loading()
        var reports: [Report] = []
        for generation in 1...3 where cluster.supervisor.phase == .up {
            reports += cluster.reports(aborts(cluster, generation))
            guard cluster.supervisor.phase == .up else { break }
            reports += cluster.reports(killed(cluster, generation))
            let cause = cluster.supervisor.service.episode?.cause?.description ?? ""
            #expect(cause.hasPrefix("worker-2: it was killed (signal 9) since its control group"))
            cluster.now = cluster.now + 60
            for number in 1...2 {
                let node = Node.worker(number)
                let slot = cluster.supervisor.workers[number - 1]
                _ = cluster.happens(.timerFired(.restart(slot.run)))
                let run = cluster.supervisor.workers[number - 1].run
                _ = cluster.happens(.readinessConfirmed(run))
                #expect(run.node == node)
            }
            _ = cluster.happens(.timerFired(.restart(cluster.supervisor.coordinator.run)))
        }
        let end = try #require(reports.last { $0.kind == .failure })
        #expect(end.subject == .worker(2) && end.cause == .memoryLimit)
        #expect(end.message.hasPrefix("worker-2: it was killed (signal 9) since its control group"))
        #expect(end.message.hasSuffix("giving up, after 3 attempts"))
        #expect(end.details.contains("| its last word"))
        #expect(
            end.details.contains(
                "at the last attempt: coordinator: it aborted (signal 6): a worker went away"))
    }

    @Test func whatDiffersAtTheThirdAttemptIsNotTheCause() throws {
        var cluster = TestCluster(workers: 0)
        _ = cluster.happens(.upRequested)
        var reports: [Report] = []
        let words = [
            "terminate called after throwing an instance of 'std::bad_alloc'", "no", "nor this",
        ]
        for (index, word) in words.enumerated() {
            let exit = ExitReport(status: 134, lastWords: [word])
            reports = cluster.reports(.exited(cluster.run("coordinator", index + 1), exit))
            _ = cluster.happens(
                .timerFired(.restart(cluster.run("coordinator", index + 1))), after: 60)
        }
        let end = try #require(reports.last)
        #expect(
            end.message
                == "coordinator: it aborted (signal 6): out of memory; giving up, after 3 attempts")
        #expect(end.cause == .outOfMemory)
        #expect(end.details.first == "| \(words[0])")
        #expect(end.details.contains("at the last attempt: coordinator: it aborted (signal 6)"))
    }

    /// A worker that was lost on the way, and came back, does not explain a model that is missing.
    @Test func aFailureThatStandsForItselfIsTheCause() throws {
        var cluster = loading()
        _ = cluster.happens(killed(cluster, 1))
        _ = cluster.happens(.exited(cluster.run("coordinator"), ExitReport(status: 137)))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-2", 2)))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1")))
        let exit = ExitReport(
            status: 1, lastWords: ["gguf_init_from_file: failed to open GGUF file '/m'"])
        let end = try #require(
            cluster.reports(.exited(cluster.run("coordinator", 2), exit)).last)
        #expect(end.subject == .coordinator && end.cause == .model)
        #expect(!end.details.contains { $0.hasPrefix("at the last") })
    }

    /// Of each real end, what is shown.
    @Test(arguments: [
        ("rpc-port", ["Failed to create server socket"]),
        ("rpc-cache", ["Failed to create cache directory: /proc/nope/rpc"]),
        ("srv-noworker", ["./src/ggml-rpc/ggml-rpc.cpp:650: Failed to connect to 127.0.0.1:50999"]),
    ])
    func constantNoiseIsNotAmongLastWords(name: String, telling: [String]) throws {
        let folder = try #require(Bundle.module.resourceURL)
        let file = folder.appendingPathComponent("Fixtures/last-words/\(name).txt")
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        let shown = ExitReport(status: 1, lastWords: lines).tellingWords
        #expect(shown.last == telling.last)
        #expect(!shown.contains { $0.contains("enumerate") || $0.contains("loaded ") })
    }

    /// Of a worker that lives long, connections are nearly all that it prints.
    @Test func connectionsAreNoise() throws {
        let chatter = ["Accepted client connection", "recv returned 0 (peer closed?)", "", "x"]
        #expect(ExitReport(status: 1, lastWords: chatter).tellingWords == ["x"])
    }
}
