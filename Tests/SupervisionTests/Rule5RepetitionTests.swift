import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 5, for failures that come back: the same assertion whenever a client sends the same request
/// again (ggml-org/llama.cpp 17071, 27427), and a standstill that returns every minute with three
/// CPU workers (ggml-org/llama.cpp 28487).
@Suite struct Rule5RepetitionTests {
    private static func words(task: Int, address: String = "0x7ffc") -> [String] {
        [
            "0.06.019.970 I slot launch_slot_: id  0 | task \(task) | processing task, is_child = 0",
            "0.06.019.971 I slot process_sing: id  1 | task -1 | saving idle slot to prompt cache",
            "/build/\(task)/ggml/src/ggml.c:3214: GGML_ASSERT(a->ne[2] == \(task)) failed",
            "something that it says at \(address) afterwards",
        ]
    }

    /// The coordinator serves for that long, then ends like that.
    private func servesAndEnds(
        _ cluster: inout TestCluster, _ generation: Int, after pause: Double, _ exit: ExitReport
    ) -> (reports: [Report], wait: Double?) {
        let run = cluster.run("coordinator", generation)
        for index in cluster.supervisor.workers.indices {
            _ = cluster.happens(.readinessConfirmed(cluster.supervisor.workers[index].run))
        }
        _ = cluster.happens(.readinessConfirmed(run))
        _ = cluster.happens(.distributionProven(run, summary: []))
        cluster.now = cluster.now + pause
        let effects = cluster.supervisor.handle(.exited(run, exit), at: cluster.now)
        let waits = effects.compactMap { effect -> Double? in
            guard case .setTimer(.restart(run), let time) = effect else { return nil }
            return time - cluster.now
        }
        if waits.first != nil { _ = cluster.happens(.timerFired(.restart(run)), after: 60) }
        return (
            effects.compactMap { if case .report(let report) = $0 { report } else { nil } },
            waits.first
        )
    }

    @Test func rule5TheSameAssertionForTheThirdTimeIsToldAndBacksOff() throws {
        var cluster = TestCluster.serving(workers: 1)
        var told: [Report] = []
        for (generation, task) in [12, 40, 7, 300].enumerated() {
            let exit = ExitReport(
                status: 134, lastWords: Self.words(task: task, address: "0x\(task)a"))
            // It serves for longer than `restart.reset_after` in between.
            let (reports, wait) = servesAndEnds(&cluster, generation + 1, after: 600, exit)
            told += reports.filter { $0.message.contains("again and again") }
            switch generation {
            case 0, 1: #expect(wait == nil && told.isEmpty)
            case 2: #expect(try (1.5...2).contains(#require(wait)))
            default: #expect(try (3...4).contains(#require(wait)))
            }
        }
        let report = try #require(told.first)
        #expect(told.count == 1)
        #expect(
            report.message.hasPrefix(
                "coordinator fails again and again with '/build/7/ggml/src/ggml.c:3214: "
                    + "GGML_ASSERT(a->ne[2] == 7) failed', last at task 7, 3 times in 2"))
        #expect(report.message.hasSuffix("so restarts back off from now on"))
        let shown = cluster.supervisor.snapshot.processes.last?.repetition
        #expect(shown?.count == 4 && shown?.text.contains("task 300") == true)
    }

    @Test func rule5OtherFailuresAndOtherPlacesAreNoRepetition() {
        var cluster = TestCluster.serving(workers: 1)
        let places = ["ggml.c:3214", "ggml.c:3215", "ggml-cpu.c:3214", "ggml.c:3214"]
        for (generation, place) in places.enumerated() {
            let exit = ExitReport(status: 134, lastWords: ["/a/\(place): GGML_ASSERT(x) failed"])
            let (_, wait) = servesAndEnds(&cluster, generation + 1, after: 600, exit)
            #expect(wait == nil)
        }
        // Somebody kills it, again and again.
        for generation in 5...8 {
            let exit = ExitReport(status: 137, lastWords: ["the same line"])
            #expect(servesAndEnds(&cluster, generation, after: 600, exit).wait == nil)
        }
        #expect(cluster.supervisor.snapshot.processes.allSatisfy { $0.repetition == nil })
    }

    @Test func rule5OnceAnHourIsNoPattern() {
        var cluster = TestCluster.serving(workers: 1)
        for generation in 1...5 {
            let exit = ExitReport(status: 134, lastWords: Self.words(task: generation))
            #expect(servesAndEnds(&cluster, generation, after: 3600, exit).wait == nil)
        }
    }

    @Test func rule5ARestartThatWasAskedForForgives() {
        var cluster = TestCluster.serving(workers: 1)
        for generation in 1...3 {
            let exit = ExitReport(status: 134, lastWords: Self.words(task: generation))
            _ = servesAndEnds(&cluster, generation, after: 600, exit)
        }
        _ = cluster.happens(.restartRequested(nil))
        #expect(cluster.supervisor.coordinator.failures.repetition == nil)
    }

    /// A standstill is a finding with a remedy only where no worker is its reason.
    @Test(arguments: [(3, "two work reliably"), (2, "fewer workers, may help")])
    func rule5AStandstillThatReturnsIsOneFinding(workers: Int, remedy: String) throws {
        var cluster = TestCluster.serving(workers: workers)
        for generation in 1...3 { standStill(&cluster, generation) }
        let shown = try #require(cluster.supervisor.snapshot.processes.last?.repetition)
        #expect(shown.count == 3)
        #expect(shown.text.hasPrefix("stands still again and again, last at task 9, although"))
        #expect(shown.remedies.joined().contains(remedy))
    }

    @Test func rule5AStandstillForWhichAWorkerIsTheReasonIsNone() {
        var cluster = TestCluster.serving(workers: 3)
        for generation in 1...4 {
            standStill(&cluster, generation, isExplained: true)
            #expect(cluster.supervisor.snapshot.processes.last?.repetition == nil)
        }
    }

    /// Requests make no progress, the coordinator is killed, and the cluster serves again.
    private func standStill(
        _ cluster: inout TestCluster, _ generation: Int, isExplained: Bool = false
    ) {
        let run = cluster.run("coordinator", generation)
        let activity = SlotActivity(
            slots: Array(
                #"[{"id":0,"is_processing":true,"id_task":9,"next_token":[{"n_decoded":3}]}]"#.utf8)
        )
        for _ in 0..<200 where cluster.supervisor.coordinator.ending == nil {
            _ = cluster.happens(.activityAnswered(run, activity), after: 2)
            for worker in cluster.supervisor.workers {
                _ = cluster.happens(
                    .usageReported(worker.run, ResourceUsage(residentKiB: 1, cpuSeconds: 1)))
            }
            _ = cluster.happens(
                .usageReported(run, ResourceUsage(residentKiB: 1, cpuSeconds: 1)))
        }
        _ = cluster.exits("coordinator", generation)
        if isExplained {
            let worker = cluster.supervisor.workers[0].run
            _ = cluster.happens(.timerFired(.readinessDeadline(worker)), after: 60)
        }
        _ = cluster.happens(.timerFired(.restart(run)), after: 60)
        for worker in cluster.supervisor.workers {
            _ = cluster.happens(.readinessConfirmed(worker.run))
        }
        let next = cluster.run("coordinator", generation + 1)
        _ = cluster.happens(.readinessConfirmed(next))
        _ = cluster.happens(.distributionProven(next, summary: []))
    }
}
