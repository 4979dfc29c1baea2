import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 5: restarts back off, and are counted.
@Suite struct Rule5BackOffTests {
    @Test func rule5TheFirstRestartIsAtOnceTheSecondWaits() {
        var cluster = TestCluster.serving(workers: 1)
        _ = cluster.exits("worker-1")
        let effects = cluster.exits("worker-1", 2)
        guard case .setTimer(.restart(let run), let at) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(run == cluster.run("worker-1", 2))
        #expect((0.75...1).contains(at - cluster.now))
        #expect(
            cluster.happens(.timerFired(.restart(run))).first == .spawn(cluster.run("worker-1", 3)))
    }

    @Test func rule5AStableProcessStartsFromTheBeginning() {
        var cluster = TestCluster.serving(workers: 1)
        for generation in 1...5 {
            _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1", generation)), after: 61)
            cluster.now = cluster.now + 61
            let effects = cluster.exits("worker-1", generation)
            #expect(effects.contains(.spawn(cluster.run("worker-1", generation + 1))))
        }
    }

    @Test func rule5GivesUpAfterTooManyRestartsWithinThePeriod() {
        var restart = RestartPolicy()
        restart.maxRestarts = 1
        var cluster = TestCluster.serving(workers: 1, restart: restart)
        _ = cluster.exits("worker-1")
        _ = cluster.exits("coordinator")
        #expect(cluster.exits("worker-1", 2) == [.finish(.gaveUp)])
    }

    @Test func backOffGrowsToTheCapAndIsRepeatable() {
        var first = BackOff(policy: RestartPolicy(), seed: 7)
        var second = BackOff(policy: RestartPolicy(), seed: 7)
        let delays = (1...12).map { first.delay(afterFailures: $0) }
        #expect(delays == (1...12).map { second.delay(afterFailures: $0) })
        #expect(delays[0] == 0)
        for (delay, bound) in zip(delays.dropFirst(), [1.0, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]) {
            #expect(delay <= bound && delay > bound * 0.74)
        }
    }

    /// As CONFIGURATION.md says: every further failure in a row doubles the wait.
    @Test(arguments: [
        (3.0, 60.0, [3.0, 6, 12, 24, 48, 60, 60]), (0.5, 5, [0.5, 1, 2, 4, 5, 5]),
        (90, 60, [60, 60]),
    ])
    func aWaitBeforeTheFirstRestartIsDoubled(
        initial: Double, most: Double, documented: [Double]
    ) {
        var policy = RestartPolicy()
        (policy.initialDelay, policy.maxDelay) = (initial, most)
        var backOff = BackOff(policy: policy, seed: 7)
        for (index, wait) in documented.enumerated() {
            let delay = backOff.delay(afterFailures: index + 1)
            #expect(delay <= wait && delay > wait * 0.74, "failure \(index + 1)")
        }
    }
}
