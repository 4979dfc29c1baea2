import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Status
@testable import Supervision

/// A keeper beside a real supervisor, fed as the runner feeds it.
@Suite struct StatusKeeperTests {
    private struct Watched {
        var cluster: TestCluster
        var keeper: StatusKeeper
        var time = Timestamp(seconds: 1_800_000_000)

        init(workers: Int = 2, restart: RestartPolicy = RestartPolicy()) {
            cluster = TestCluster(workers: workers, restart: restart)
            keeper = StatusKeeper(
                plan: TestCluster.plan(workers: workers), stateDirectory: "/state", pid: 77,
                at: time)
        }

        mutating func happens(_ event: SupervisorEvent, after pause: Double = 0.1) {
            cluster.now = cluster.now + pause
            time.seconds += 1
            for effect in cluster.supervisor.handle(event, at: cluster.now) {
                if case .report(let report) = effect { keeper.told(report, at: time) }
            }
            keeper.happened(event, cluster.supervisor.snapshot, at: time)
        }

        mutating func serves() {
            happens(.upRequested)
            for node: Node in ["worker-1", "worker-2"] {
                happens(.readinessConfirmed(cluster.run(node)))
            }
            happens(.readinessConfirmed(cluster.run("coordinator")))
            happens(.distributionProven(cluster.run("coordinator"), summary: ["worker-1: all"]))
        }
    }

    /// A quiet cluster has no event for many seconds; who asks meanwhile is told all the same.
    @Test func whatIsWrongIsThereBeforeTheNextEvent() {
        var watched = Watched()
        watched.serves()
        watched.keeper.diskTakesNothing("write /s/a: full", at: watched.time)
        #expect(watched.keeper.current.warnings == ["logs: write /s/a: full"])
        let report = Report(.warning, "worker-1: tensor cache: none", about: "worker-1")
        watched.keeper.worksWithoutCache(report, at: watched.time)
        #expect(
            watched.keeper.current.warnings
                == ["worker-1: tensor cache: none", "logs: write /s/a: full"])
    }

    @Test func startingThenServing() {
        var watched = Watched()
        #expect(watched.keeper.current.state == .starting)
        watched.happens(.upRequested)
        #expect(watched.keeper.current.state == .starting)
        #expect(!watched.keeper.current.isServing)
        watched.serves()
        let status = watched.keeper.current
        #expect(status.state == .serving)
        #expect(status.since == watched.time)
        #expect(status.url == "http://127.0.0.1:18080")
        #expect(status.layers == ["worker-1: all"])
        #expect(status.processes.map(\.state) == ["ready", "ready", "serving"])
        #expect(status.processes.map(\.role) == ["worker", "worker", "coordinator"])
        #expect(status.lastEvent?.kind == "serving")
    }

    /// As planned, from the first moment on.
    @Test func whatProcessesStoreIsToldWhileTheyRun() {
        var watched = Watched()
        watched.happens(.upRequested)
        #expect(watched.keeper.current.processes.allSatisfy { $0.storedBytes == nil })
        var plan = TestCluster.plan(workers: 2)
        for (index, bytes) in [(0, 100), (2, 7)] {
            plan.processes[index].shard = PlannedShard(
                folder: "/shards/x", manifest: nil, bytes: UInt64(bytes))
        }
        watched.keeper.adopted(plan)
        watched.serves()
        #expect(watched.keeper.current.processes.map(\.storedBytes) == [100, nil, 7])
    }

    @Test func aRecoveryIsOneSentence() {
        var watched = Watched()
        watched.serves()
        let died = ExitReport(status: 137)
        watched.happens(.exited(watched.cluster.run("worker-2"), died))
        #expect(watched.keeper.current.state == .recovering)
        #expect(watched.keeper.current.lastEvent?.process == "worker-2")
        watched.happens(.exited(watched.cluster.run("coordinator"), died))
        watched.happens(.readinessConfirmed(watched.cluster.run("worker-1")))
        watched.happens(.readinessConfirmed(watched.cluster.run("worker-2", 2)))
        watched.happens(.readinessConfirmed(watched.cluster.run("coordinator", 2)))
        watched.happens(.distributionProven(watched.cluster.run("coordinator", 2), summary: []))
        let status = watched.keeper.current
        #expect(status.state == .serving)
        #expect(status.summaryTime == watched.time)
        #expect(
            status.summary == "worker-2: it was killed (signal 9; by the kernel "
                + "when memory ran out, or by hand); started worker-2, coordinator; served "
                + "after 0.5 s")
    }

    @Test func servingWithoutAWorkerIsDegraded() {
        var restart = RestartPolicy()
        restart.degradeAfter = 10
        var watched = Watched(restart: restart)
        watched.serves()
        watched.happens(.exited(watched.cluster.run("worker-2"), ExitReport(status: 137)))
        watched.happens(.exited(watched.cluster.run("coordinator"), ExitReport(status: 137)))
        watched.happens(.readinessConfirmed(watched.cluster.run("worker-1")))
        watched.happens(.timerFired(.degrade), after: 11)
        #expect(watched.keeper.current.state == .recovering)
        var plan = TestCluster.plan(workers: 2)
        plan.leftOut = ["worker-2"]
        watched.happens(.replanned(plan))
        watched.happens(.readinessConfirmed(watched.cluster.run("coordinator", 2)))
        watched.happens(.distributionProven(watched.cluster.run("coordinator", 2), summary: []))
        #expect(watched.keeper.current.state == .degraded)
        #expect(watched.keeper.current.isServing)
    }

    /// Where they are is known again once the next coordinator has shown it.
    @Test func layersOfAnotherPlanAreNotShown() {
        var watched = Watched()
        watched.serves()
        watched.keeper.adopted(TestCluster.plan(workers: 2))
        #expect(watched.keeper.current.layers == ["worker-1: all"])
        var plan = TestCluster.plan(workers: 1)
        plan.processes[1].arguments.append(PlannedArgument(word: "1", reason: nil))
        watched.keeper.adopted(plan)
        #expect(watched.keeper.current.layers == [])
    }

    /// `worker-2` was removed, and the third one has got its name.
    @Test func aRestartedProcessIsKnownByItsEndpoint() {
        func status(_ restarts: [(name: String, port: Int, count: Int)]) -> ClusterStatus {
            var status = ClusterStatus(cluster: "c", state: .serving, stateDirectory: "/s")
            status.processes = restarts.map {
                ClusterStatus.Process(
                    name: $0.name, role: $0.name == "coordinator" ? "coordinator" : "worker",
                    host: "h", endpoint: "h:\($0.port)", state: "ready", pid: 1,
                    restarts: $0.count)
            }
            return status
        }
        let before = status([("worker-2", 2, 0), ("worker-3", 3, 0), ("coordinator", 1, 0)])
        let other = status([("worker-1", 2, 0), ("worker-2", 3, 1), ("coordinator", 1, 1)])
        #expect(!other.hasRestarted("worker-2", since: before))
        let same = status([("worker-1", 2, 1), ("worker-2", 3, 0), ("coordinator", 1, 1)])
        #expect(same.hasRestarted("worker-2", since: before))
        #expect(!same.hasRestarted(nil, since: before))
    }

    @Test func theFirstCauseStaysTheFirst() {
        var watched = Watched()
        watched.serves()
        #expect(watched.keeper.current.firstCause == nil)
        watched.happens(.exited(watched.cluster.run("worker-2"), ExitReport(status: 139)))
        let time = watched.time
        watched.happens(.exited(watched.cluster.run("worker-1"), ExitReport(status: 134)))
        let cause = watched.keeper.current.firstCause
        #expect(cause?.time == time && cause?.process == "worker-2")
        #expect(cause?.message == "it crashed (signal 11)")
    }

    /// Its lines of the servers are in the history; the reason is here as well.
    @Test func aRefusedReloadIsToldUntilOneIsTaken() {
        var watched = Watched()
        watched.serves()
        watched.keeper.reloadRefused(
            ["error: /c.json: coordinator.port: 0 is too small"], at: watched.time)
        let told =
            "the last reload was refused, so that the file is not what serves: "
            + "/c.json: coordinator.port: 0 is too small"
        #expect(watched.keeper.current.warnings == [told])
        watched.happens(.healthAnswered(watched.cluster.run("coordinator"), healthy: true))
        #expect(watched.keeper.current.warnings == [told])
        watched.keeper.reloadAccepted(at: watched.time)
        #expect(watched.keeper.current.warnings == [])
    }

    @Test func sinceIsWhenAProcessGotIntoItsState() {
        var watched = Watched()
        watched.serves()
        let ready = watched.keeper.current.processes[0].since
        watched.happens(.healthAnswered(watched.cluster.run("coordinator"), healthy: true))
        #expect(watched.keeper.current.processes[0].since == ready)
        #expect(ready.map { $0 < watched.time } == true)
    }

    @Test func aStopAndAFailureAreSaid() {
        var watched = Watched()
        watched.serves()
        watched.happens(.stopRequested)
        #expect(watched.keeper.current.state == .stopping)
        var failing = Watched(workers: 1)
        failing.happens(.upRequested)
        let words = ["Usage: rpc-server"]
        failing.happens(
            .exited(failing.cluster.run("worker-1"), ExitReport(status: 0, lastWords: words)))
        #expect(failing.keeper.current.state == .failed)
        #expect(failing.keeper.current.summary?.contains("it refused its command line") == true)
    }

    @Test func theJSONHasWhatIsPromised() throws {
        var watched = Watched()
        watched.serves()
        let status = watched.keeper.current
        let data = Data(status.json.utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["format_version"] as? Int == 2)
        #expect(object["cluster"] as? String == "test")
        #expect(object["state"] as? String == "serving")
        #expect(object["url"] as? String == "http://127.0.0.1:18080")
        #expect((object["last_event"] as? [String: Any])?["kind"] as? String == "serving")
        let processes = try #require(object["processes"] as? [[String: Any]])
        for process in processes {
            for key in ["name", "role", "host", "state", "pid", "restarts"] {
                #expect(process[key] != nil, "\(key) of \(process)")
            }
        }
        #expect(!status.jsonLine.contains("\n"))
        let line = try JSONSerialization.jsonObject(with: Data(status.jsonLine.utf8))
        #expect(line as? NSDictionary == object as NSDictionary)
    }

    @Test func itSurvivesTheWayThroughTheSocket() throws {
        var watched = Watched()
        watched.serves()
        let answer = ControlAnswer(status: watched.keeper.current)
        let data = try JSONEncoder().encode(answer)
        #expect(try JSONDecoder().decode(ControlAnswer.self, from: data) == answer)
    }

    @Test func theTextNeutralisesWhatServersSaid() {
        var status = ClusterStatus(cluster: "x", state: .failed, stateDirectory: "/s")
        let report = Report(.failure, "worker-1: \u{1B}[2J", details: ["| \u{1B}]0;x\u{7}"])
        status.lastEvent = HistoryEntry(report, at: Timestamp(seconds: 0))
        let text = status.text(at: Timestamp(seconds: 100), in: .utc)
        #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
        #expect(text.contains("1970-01-01 00:00:00 (1 min ago): worker-1: \u{FFFD}[2J"))
    }
}
