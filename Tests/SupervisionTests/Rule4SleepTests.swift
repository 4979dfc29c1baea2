import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 4, for a coordinator that gives up its model while nobody asks anything.
@Suite struct Rule4SleepTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)
    private let nodes: [Node] = ["worker-1", "worker-2", "coordinator"]

    private func asleep() -> TestCluster {
        var cluster = TestCluster.serving(sleeps: true)
        _ = cluster.happens(.activityAnswered(coordinator, SlotActivity(busy: 0)))
        _ = cluster.happens(.sleepSeen(coordinator))
        return cluster
    }

    /// Seconds until it is killed, with reports of numbers that do not move; nil if it is not.
    private func secondsUntilKill(_ cluster: inout TestCluster, _ look: SupervisorEvent) -> Int? {
        for second in 0..<200 {
            var effects: [SupervisorEffect] = []
            for node in nodes {
                let usage = ResourceUsage(residentKiB: 1000, cpuSeconds: 5, bytesRead: 0)
                effects += cluster.happens(.usageReported(cluster.run(node), usage), after: 0.2)
            }
            effects += cluster.happens(look, after: 0.4)
            if effects.contains(.kill(coordinator)) { return second }
        }
        return nil
    }

    @Test func sleepIsAStateThatServes() {
        var cluster = TestCluster.serving(sleeps: true)
        let seen = cluster.now + 0.1
        #expect(
            cluster.happens(.sleepSeen(coordinator))
                == [.setTimer(.activity(coordinator), at: seen + 6)])
        let snapshot = cluster.supervisor.snapshot
        #expect(snapshot.state == .asleep)
        #expect(snapshot.processes.last?.state == .asleep)
        #expect(cluster.reports(.sleepSeen(coordinator)) == [], "it is told once")
    }

    @Test func whatSleepsDoesNotHang() {
        var cluster = asleep()
        #expect(secondsUntilKill(&cluster, .sleepSeen(coordinator)) == nil)
    }

    /// It is waking when it does not say what it is doing.
    @Test func theLoadAfterItIsJudgedAsALoad() throws {
        var timeouts = Timeouts()
        (timeouts.progress, timeouts.stall) = (90, 20)
        var cluster = TestCluster.serving(timeouts: timeouts, sleeps: true)
        _ = cluster.happens(.sleepSeen(coordinator))
        let seconds = try #require(
            secondsUntilKill(&cluster, .activityAnswered(coordinator, nil)))
        #expect(seconds > 85 && seconds < 95, "\(seconds)")
    }

    @Test func aLoadThatGoesOnIsLeftAlone() {
        var cluster = asleep()
        for second in 0..<300 {
            let usage = ResourceUsage(
                residentKiB: 1000, cpuSeconds: 5, bytesRead: second << 20)
            var effects = cluster.happens(.usageReported(coordinator, usage), after: 0.5)
            effects += cluster.happens(.activityAnswered(coordinator, nil), after: 0.5)
            #expect(!effects.contains(.kill(coordinator)))
        }
        #expect(cluster.supervisor.snapshot.processes.last?.state == .loading)
        #expect(cluster.supervisor.snapshot.state == .serving)
        _ = cluster.happens(.activityAnswered(coordinator, SlotActivity(busy: 1, counters: [1])))
        #expect(cluster.supervisor.snapshot.processes.last?.state == .serving)
    }

    @Test func oneThatMayNotSleepIsNotTakenToWake() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.activityAnswered(coordinator, nil))
        #expect(cluster.supervisor.snapshot.processes.last?.state == .serving)
    }

    /// It has no connections, and nobody else would find out that a backend is gone.
    @Test func backendsThatNobodyWatchesAreConnectedTo() {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1, sleeps: true)
        _ = cluster.happens(.connectionsSeen(coordinator, []))
        _ = cluster.happens(.sleepSeen(coordinator))
        let look = cluster.happens(.timerFired(.backends(coordinator)), after: 10)
        #expect(look.first == .probeBackend(cluster.run("worker-2")))
    }

    @Test func answersAreReadAsTheyArePrinted() {
        let metrics = """
            # HELP llamacpp:n_decode_total Total number of llama_decode() calls
            # TYPE llamacpp:n_decode_total counter
            llamacpp:prompt_tokens_total 19
            llamacpp:prompt_seconds_total 0.091974
            llamacpp:tokens_predicted_total 16
            llamacpp:n_decode_total 147
            llamacpp:requests_processing 1
            llamacpp:requests_deferred 2
            """
        #expect(
            SlotActivity(metrics: Array(metrics.utf8))
                == SlotActivity(busy: 3, counters: [147, 19, 16]))
        #expect(SlotActivity(metrics: Array("llamacpp:n_decode_total 1".utf8)) == nil)
        #expect(SlotActivity(metrics: Array("llamacpp:requests_processing -1e999".utf8)) == nil)
        let props = #"{"default_generation_settings":{},"is_sleeping":true}"#
        #expect(SlotActivity.isSleeping(props: Array(props.utf8)) == true)
        #expect(SlotActivity.isSleeping(props: Array("{}".utf8)) == nil)
    }
}
