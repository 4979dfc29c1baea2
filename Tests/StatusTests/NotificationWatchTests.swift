import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Status
@testable import Supervision

/// Of what somebody who is not there is told, beside a real supervisor.
@Suite struct NotificationWatchTests {
    private struct Watched {
        var cluster: TestCluster
        var keeper: StatusKeeper
        var watch = NotificationWatch()
        var told: [Status.Notification] = []
        var time = Timestamp(seconds: 1_800_000_000)

        init(_ restart: RestartPolicy = RestartPolicy()) {
            cluster = TestCluster(restart: restart)
            keeper = StatusKeeper(
                plan: TestCluster.plan(workers: 2), stateDirectory: "/state", pid: 7, at: time)
        }

        mutating func happens(_ event: SupervisorEvent, after pause: Double = 0.1) {
            cluster.now = cluster.now + pause
            time.seconds += 1
            for effect in cluster.supervisor.handle(event, at: cluster.now) {
                guard case .report(let report) = effect else { continue }
                keeper.told(report, at: time)
                if let news = watch.told(report, keeper.current, at: time) { told.append(news) }
            }
            keeper.happened(event, cluster.supervisor.snapshot, at: time)
            if let news = watch.saw(keeper.current, at: time) { told.append(news) }
        }

        mutating func exits(_ node: Node, status: Int? = 137, words: [String] = []) {
            let run = cluster.supervisor.snapshot.processes.first { $0.node == node }
            let generation = (run?.restarts ?? 0) + 1
            happens(
                .exited(
                    cluster.run(node, generation), ExitReport(status: status, lastWords: words)))
        }

        /// Every worker answers, and the coordinator serves.
        mutating func serves() {
            for worker in cluster.supervisor.workers {
                happens(.readinessConfirmed(worker.run))
            }
            let run = cluster.supervisor.coordinator.run
            happens(.readinessConfirmed(run))
            happens(.distributionProven(run, summary: []))
        }

        var kinds: [NotificationKind] { told.map(\.kind) }
    }

    private func serving(_ restart: RestartPolicy = RestartPolicy()) -> Watched {
        var watched = Watched(restart)
        watched.happens(.upRequested)
        watched.serves()
        return watched
    }

    @Test func aFailureIsTheLossOfServiceOnceAndItsEndHasTheOutage() {
        var watched = serving()
        #expect(watched.told == [])
        watched.exits("worker-1")
        watched.exits("coordinator")
        watched.exits("worker-1")
        #expect(watched.kinds == [.down])
        #expect(watched.told[0].message.hasPrefix("worker-1: "), "\(watched.told[0].message)")
        #expect(watched.told[0].cause != nil && watched.told[0].state == .recovering)
        watched.happens(.timerFired(.restart(watched.cluster.run("worker-1", 2))), after: 2)
        watched.serves()
        #expect(watched.kinds == [.down, .serving])
        #expect(watched.told[1].message == "serving again at http://127.0.0.1:18080")
        #expect((watched.told[1].outageSeconds ?? 0) > 2)
        watched.exits("worker-2")
        #expect(watched.kinds == [.down, .serving, .down])
    }

    @Test func whatWasAskedForIsNoNews() {
        var watched = serving()
        watched.happens(.restartRequested(nil))
        watched.happens(.busySlotsAnswered(watched.cluster.run("coordinator"), 0))
        watched.exits("coordinator", status: 0)
        watched.exits("worker-1", status: 143)
        watched.exits("worker-2", status: 143)
        watched.serves()
        #expect(watched.keeper.current.state == .serving)
        watched.happens(.stopRequested)
        #expect(watched.told == [])
    }

    @Test func aBringUpThatIsGivenUpIsTold() {
        var watched = Watched()
        watched.happens(.upRequested)
        watched.exits("worker-1", status: 1, words: ["error: invalid argument: x"])
        #expect(watched.kinds == [.gaveUp])
        #expect(watched.told[0].message.contains("giving up") && watched.told[0].state == .failed)
        #expect(watched.told[0].cause == "usage")
    }

    @Test func withoutAWorkerItIsDegraded() {
        var restart = RestartPolicy()
        restart.degradeAfter = 10
        var watched = serving(restart)
        watched.exits("worker-2")
        watched.exits("coordinator")
        watched.happens(.readinessConfirmed(watched.cluster.run("worker-1")))
        watched.happens(
            .exited(
                watched.cluster.run("worker-2", 2),
                ExitReport(status: 255, lastWords: ["ssh: Connection refused"])))
        watched.happens(.timerFired(.degrade), after: 20)
        var plan = TestCluster.plan(workers: 2)
        plan.leftOut = ["worker-2"]
        watched.happens(.replanned(plan))
        let next = watched.cluster.run("coordinator", 2)
        watched.happens(.readinessConfirmed(next))
        watched.happens(.distributionProven(next, summary: []))
        #expect(watched.kinds == [.down, .degraded])
        #expect(watched.told[1].message.hasPrefix("going on without worker-2"))
    }

    @Test func theLineHasDocumentedMembers() throws {
        let notification = Status.Notification(
            kind: .gaveUp, cluster: "home", state: .failed, cause: "usage",
            message: "worker-1: \"no\"\nnext", outageSeconds: 1.5,
            time: Timestamp(seconds: 1_800_000_000))
        let line = notification.line
        #expect(!line.contains("\n"))
        let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(members?["event"] as? String == "gave_up")
        #expect(members?["message"] as? String == "worker-1: \"no\"\nnext")
        #expect(members?["outage_seconds"] as? Double == 1.5)
        #expect(
            members?.keys.sorted() == [
                "cause", "cluster", "event", "format_version", "message", "outage_seconds",
                "state", "time",
            ])
        #expect(NotificationKind.allCases.map(\.rawValue) == NotifySpec().events)
    }
}
