import Testing

@testable import Basics
@testable import Configuration
@testable import Samples
@testable import Supervision

/// Rule 4, for a cluster at rest: a worker that is frozen is found before a user does.
@Suite struct Rule4CanaryTests {
    private func cluster() -> TestCluster {
        var health = HealthPolicy()
        health.canary = true
        return TestCluster.serving(workers: 1, unmanaged: 1, health: health)
    }

    /// What a due timer leads to, with so many requests at the last look.
    private func due(_ cluster: inout TestCluster, busy: Int) -> [SupervisorEffect] {
        let run = cluster.run("coordinator")
        _ = cluster.happens(.activityAnswered(run, SlotActivity(busy: busy)), after: 1)
        return cluster.happens(.timerFired(.canary(run)), after: 0)
    }

    @Test func rule4AtRestASmallRequestIsSentAndItsAnswerIsAllRight() {
        var cluster = cluster()
        let run = cluster.run("coordinator")
        let effects = due(&cluster, busy: 0)
        #expect(
            effects == [.probeAnswer(run), .setTimer(.canary(run), at: cluster.now + 54)])
        let answered = cluster.happens(.requestAnswered(run, .computed))
        #expect(answered == [.setTimer(.canary(run), at: cluster.now + 300)])
    }

    @Test func rule4WithoutAnAnswerAWorkerIsLost() {
        var cluster = cluster()
        _ = due(&cluster, busy: 0)
        let run = cluster.run("coordinator")
        cluster.now = cluster.now + 53
        #expect(due(&cluster, busy: 1) == [.kill(run)])
        let reports = cluster.reports(.exited(run, ExitReport(status: 137)))
        #expect(reports.first?.cause == .workerLost)
        #expect(reports.first?.message.contains("had no answer within 54") == true)
    }

    @Test func rule4WhileUsersAskNothingIsSentAndNothingIsJudged() {
        var cluster = cluster()
        let run = cluster.run("coordinator")
        let later = { (cluster: TestCluster) in
            [SupervisorEffect.setTimer(.canary(run), at: cluster.now + 300)]
        }
        #expect(due(&cluster, busy: 1) == later(cluster))
        #expect(due(&cluster, busy: 0).first == .probeAnswer(run))
        #expect(due(&cluster, busy: 2) == later(cluster))
        // An old look says nothing.
        #expect(cluster.happens(.timerFired(.canary(run)), after: 60) == later(cluster))
    }

    @Test func rule4WhileOneIsOnItsWayALineInTheLogAsksNothingElse() {
        var cluster = cluster()
        let run = cluster.run("coordinator")
        _ = due(&cluster, busy: 0)
        #expect(cluster.happens(.computationFailed(run)) == [])
        #expect(cluster.happens(.requestAnswered(run, .failed("500"))).contains(.probeAnswer(run)))
        // That question is one of its own: three errors in answer to it are the end.
        for _ in 0..<2 {
            _ = cluster.happens(.requestAnswered(run, .failed("500")))
            let again = cluster.happens(.timerFired(.answer(run)), after: 5)
            #expect(again.contains(.probeAnswer(run)))
        }
        #expect(cluster.happens(.requestAnswered(run, .failed("500"))).contains(.kill(run)))
    }

    @Test func rule4AnErrorIsAskedAgain() {
        var cluster = cluster()
        let run = cluster.run("coordinator")
        _ = due(&cluster, busy: 0)
        let effects = cluster.happens(.requestAnswered(run, .failed("status 500")))
        #expect(effects.contains(.probeAnswer(run)))
        #expect(due(&cluster, busy: 0) == [.setTimer(.canary(run), at: cluster.now + 300)])
    }

    @Test func rule4WithoutTheKeyNothingIsSent() {
        var cluster = TestCluster.serving(workers: 1)
        #expect(due(&cluster, busy: 0) == [])
    }
}
