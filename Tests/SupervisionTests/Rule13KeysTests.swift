import Basics
import Plan
import Testing

@testable import Samples
@testable import Supervision

@Suite struct Rule13KeysTests {
    private let coordinator = ProcessRun(node: .coordinator, generation: 1)

    /// A cluster whose API has keys, with a coordinator that has just loaded.
    private func loaded() -> (cluster: TestCluster, effects: [SupervisorEffect]) {
        var cluster = TestCluster(workers: 1, hasKeys: true)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(cluster.run(.worker(1))))
        let effects = cluster.happens(.readinessConfirmed(coordinator))
        return (cluster, effects)
    }

    private func serving() -> TestCluster {
        var (cluster, _) = loaded()
        _ = cluster.happens(.accessAnswered(coordinator, .guarded))
        _ = cluster.happens(.distributionProven(coordinator, summary: []))
        return cluster
    }

    @Test func itIsAskedBeforeAnythingElse() {
        var (cluster, effects) = loaded()
        // Two questions to it, and one to its host.
        #expect(
            effects == [
                .probeAccess(coordinator),
                .setTimer(.access(coordinator), at: cluster.now + 40),
            ])
        #expect(cluster.supervisor.snapshot.processes.last?.state == .proving)
        #expect(
            cluster.happens(.accessAnswered(coordinator, .guarded)) == [
                .proveDistribution(coordinator)
            ])
        // A late one decides nothing.
        #expect(cluster.happens(.timerFired(.access(coordinator))) == [])
        #expect(cluster.happens(.accessAnswered(coordinator, .guarded)) == [])
        #expect(
            cluster.happens(
                .accessAnswered(ProcessRun(node: .coordinator, generation: 7), .open(status: 200)))
                == [])
    }

    @Test func withoutKeysNobodyAsks() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(cluster.run(.worker(1))))
        #expect(
            cluster.happens(.readinessConfirmed(coordinator)) == [.proveDistribution(coordinator)])
    }

    @Test(arguments: [
        (
            APIAccess.open(status: 200),
            "its API answers without a key (status 200) although coordinator.api_key_file is set"
        ),
        (
            .refused(status: 401),
            "its API refuses the first key of coordinator.api_key_file (status 401)"
        ),
    ])
    func oneThatIsOpenOrTakesNoKeyEnds(access: APIAccess, text: String) {
        var (cluster, _) = loaded()
        #expect(
            cluster.happens(.accessAnswered(coordinator, access)) == [.kill(coordinator)])
        let reports = cluster.reports(.exited(coordinator, ExitReport(status: 137)))
        #expect(
            reports.first?.message
                == "coordinator: \(text); giving up, another attempt would not help")
    }

    /// After it has served it is tried again at the cap only: each attempt is open for a moment.
    @Test func anOpenOneIsNotHammered() {
        var cluster = serving()
        _ = cluster.exits(.coordinator, status: 139)
        _ = cluster.happens(.readinessConfirmed(cluster.run(.worker(1))))
        let next = ProcessRun(node: .coordinator, generation: 2)
        #expect(
            cluster.happens(.readinessConfirmed(next)).first == .probeAccess(next))
        #expect(cluster.happens(.accessAnswered(next, .open(status: 200))) == [.kill(next)])
        let effects = cluster.exits(.coordinator, 2)
        let wait = effects.compactMap { effect -> Double? in
            if case .setTimer(.restart(next), let at) = effect { at - cluster.now } else { nil }
        }
        #expect(wait.count == 1 && wait[0] >= 45 && wait[0] <= 60)
    }

    @Test func whatCannotBeFoundOutIsAskedThreeTimes() {
        var (cluster, _) = loaded()
        for _ in 0..<2 {
            #expect(
                cluster.happens(.accessAnswered(coordinator, .unknown("no answer"))) == [
                    .setTimer(.access(coordinator), at: cluster.now + 1)
                ])
            #expect(
                cluster.happens(.timerFired(.access(coordinator)), after: 1).first
                    == .probeAccess(coordinator))
        }
        _ = cluster.happens(.accessAnswered(coordinator, .unknown("GET /props: status 503")))
        #expect(
            cluster.happens(.timerFired(.access(coordinator)), after: 1) == [.kill(coordinator)])
        let reports = cluster.reports(.exited(coordinator, ExitReport(status: 137)))
        #expect(
            reports.first?.message.hasPrefix(
                "coordinator: nobody knows whether its API asks for a key: GET /props: status 503")
                == true, "\(reports)")
    }

    @Test func oneThatGivesNoAnswerAtAllIsAskedAgain() {
        var (cluster, _) = loaded()
        for _ in 0..<2 {
            #expect(
                cluster.happens(.timerFired(.access(coordinator)), after: 40).first
                    == .probeAccess(coordinator))
        }
        #expect(
            cluster.happens(.timerFired(.access(coordinator)), after: 40) == [.kill(coordinator)])
    }

    // MARK: While it serves

    @Test func aRefusalIsToldOnceAndShownForAsLongAsItLasts() {
        var cluster = serving()
        let refused = SupervisorEvent.activityRefused(coordinator, reason: "status 401")
        let text =
            "coordinator: it does not say what it is doing (status 401), so that sollol cannot see "
            + "whether its requests hang, and a stop cannot see when they are finished"
        let reports = cluster.reports(refused)
        #expect(reports.map(\.message) == [text])
        #expect(reports.map(\.kind) == [.warning])
        for _ in 0..<3 { #expect(cluster.reports(refused) == []) }
        #expect(cluster.supervisor.snapshot.warnings == [text])
        // It is asked all the same.
        #expect(
            cluster.happens(refused) == [
                .setTimer(.activity(coordinator), at: cluster.now + 6)
            ])
        let again = cluster.reports(.activityAnswered(coordinator, SlotActivity(busy: 0)))
        #expect(
            again.map(\.message) == [
                "coordinator: it says again what it is doing; hangs are noticed"
            ])
        #expect(cluster.supervisor.snapshot.warnings == [])
        #expect(cluster.reports(refused).count == 1)
    }

    /// No answer says nothing: the health probe judges it.
    @Test func silenceIsNoRefusal() {
        var cluster = serving()
        #expect(cluster.reports(.activityAnswered(coordinator, nil)) == [])
        #expect(cluster.supervisor.snapshot.warnings == [])
    }
}
