import Testing

@testable import Basics
@testable import Dashboard
@testable import Remote
@testable import Samples
@testable import Supervision

/// What is read first.
@Suite struct HeadlineTests {
    @Test func comingUp() {
        var shown = ShownCluster()
        shown.happens(.upRequested)
        let headline = shown.view.headline
        #expect(headline.title == "Not serving yet: coming up")
        #expect(!headline.isServing)
        #expect(headline.wrong == [])
        #expect(headline.doing == "starting worker-1, worker-2")
        #expect(shown.view.readiness.status == 503)
    }

    @Test func serving() {
        var shown = ShownCluster()
        shown.serves()
        let headline = shown.view.headline
        #expect(headline.title == "Serving")
        #expect(headline.since == shown.time)
        #expect(headline.wrong == [])
        #expect(headline.doing == nil)
        #expect(shown.view.readiness.status == 200)
        #expect(headline.sentence == "Serving since 2027-01-15T08:00:05Z")
    }

    @Test func aLostWorker() throws {
        var shown = ShownCluster()
        shown.serves()
        shown.happens(.exited(shown.cluster.run("worker-1"), ExitReport(status: 134)))
        let headline = shown.view.headline
        #expect(headline.title == "Not serving: recovering")
        let wrong = try #require(headline.wrong.first)
        #expect(wrong.hasPrefix("worker-1: it aborted (signal 6)"))
        let doing = try #require(headline.doing)
        #expect(doing.contains("ending coordinator"))
        let sentence = String(decoding: shown.view.readiness.body, as: UTF8.self)
        #expect(sentence.contains(" since 2027-"))
        #expect(sentence.contains(wrong))
    }

    @Test func theNextAttemptIsTold() {
        var shown = ShownCluster()
        shown.serves()
        // The first start anew comes at once, the second is waited for.
        shown.happens(.exited(shown.cluster.run("worker-1"), ExitReport(status: 134)))
        shown.happens(.exited(shown.cluster.run("coordinator"), ExitReport(status: 137)))
        shown.happens(
            .exited(shown.cluster.run("worker-1", 2), ExitReport(status: 134)), after: 0.1)
        let headline = shown.view.headline
        guard headline.doing?.contains("waiting before the next start of worker-1") == true else {
            Issue.record("\(headline)")
            return
        }
        #expect(headline.nextAttempt.map { $0 > shown.time } == true, "\(shown.record.attempts)")
    }
}
