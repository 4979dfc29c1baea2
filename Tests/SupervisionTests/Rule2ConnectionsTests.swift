import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 2, where nobody reports that a worker is gone.
@Suite struct Rule2ConnectionsTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)
    private let backend = Endpoint(host: "10.0.0.9", port: 50052)

    private func seen(_ kind: ConnectionTrouble.Kind, _ peer: Endpoint) -> SupervisorEvent {
        .connectionsSeen(coordinator, [ConnectionTrouble(kind, with: peer)])
    }

    @Test(arguments: ConnectionTrouble.Kind.allCases)
    func aBrokenConnectionEndsTheCoordinatorThatWaitsForWork(kind: ConnectionTrouble.Kind) {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1)
        #expect(cluster.happens(.connectionsSeen(coordinator, [])) == [])
        #expect(cluster.happens(seen(kind, backend)) == [.kill(coordinator)])
        // It is told once, and the backend is asked before the next one starts.
        #expect(cluster.happens(seen(kind, backend)) == [])
        let again = cluster.exits("coordinator")
        #expect(again.contains(.probeReadiness(cluster.run("worker-2"))))
        #expect(!again.contains(.spawn(cluster.run("coordinator", 2))))
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1")))
        #expect(
            cluster.happens(.readinessConfirmed(cluster.run("worker-2")))
                == [.spawn(cluster.run("coordinator", 2))])
    }

    @Test func theCauseNamesTheWorkerAndItsConnection() throws {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1)
        _ = cluster.happens(seen(.closed, backend))
        let reports = cluster.reports(.exited(coordinator, ExitReport(status: 137)))
        let text = try #require(reports.first).message
        #expect(
            text.contains(
                "its connection to worker-2 (10.0.0.9:50052) was closed at the other end"),
            "\(text)")
    }

    @Test func aConnectionThatNobodyUsesSaysNothing() {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1)
        let other = Endpoint(host: "10.0.0.8", port: 50052)
        #expect(cluster.happens(seen(.closed, other)) == [])
    }

    @Test func whileItLoadsItsConnectionsSayNothing() {
        var cluster = TestCluster(workers: 1)
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(cluster.run("worker-1")))
        let worker = Endpoint(host: "127.0.0.1", port: 50052)
        #expect(cluster.happens(seen(.closed, worker)) == [])
    }

    /// Small packets pass, since the worker's guard is heard; what the load sends does not.
    @Test(arguments: [true, false])
    func aLoadThatStandsStillTellsWhatIsLost(isOurs: Bool) throws {
        var cluster =
            isOurs ? TestCluster(workers: 1) : TestCluster(workers: 0, unmanaged: 1)
        let worker = cluster.run("worker-1")
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.readinessConfirmed(worker))
        let peer = isOurs ? Endpoint(host: "127.0.0.1", port: 50052) : backend
        let still = ResourceUsage(residentKiB: 1000, cpuSeconds: 1, bytesRead: 5)
        var told = ""
        for _ in 0..<60 where told.isEmpty {
            _ = cluster.happens(seen(.silent, peer))
            var effects = cluster.happens(.usageReported(coordinator, still), after: 5)
            if isOurs { effects += cluster.happens(.usageReported(worker, still), after: 0) }
            guard effects.contains(.kill(coordinator)) else { continue }
            let reports = cluster.reports(.exited(coordinator, ExitReport(status: 137)))
            told = try #require(reports.first).message
        }
        #expect(
            told.contains(
                "(timeouts.progress): nothing of what is sent to worker-1 (\(peer)) is acknowledged"
            ), "\(told)")
        let isTold = told.contains("while its host is heard: large packets do not get through")
        #expect(isTold == isOurs)
        #expect(told.contains("lower the MTU"))
    }

    /// Every ten seconds, and three refusals in a row.
    @Test func whereConnectionsAreNotSeenBackendsAreConnectedTo() {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1)
        let run = cluster.run("worker-2")
        let refused = SupervisorEvent.backendAnswered(run, .refused("Connection refused"))
        let look = cluster.happens(.timerFired(.backends(coordinator)), after: 10)
        #expect(
            look == [
                .probeBackend(run), .setTimer(.backends(coordinator), at: cluster.now + 10),
            ])
        #expect(cluster.happens(refused) == [])
        #expect(cluster.happens(.backendAnswered(run, .unknown)) == [])
        #expect(cluster.happens(refused) == [])
        #expect(cluster.happens(.backendAnswered(run, .reached)) == [])
        for _ in 1...2 { #expect(cluster.happens(refused) == []) }
        #expect(cluster.happens(refused).first == .kill(coordinator))
    }

    @Test func whereTheyAreSeenNobodyIsConnectedTo() {
        var cluster = TestCluster.serving(workers: 1, unmanaged: 1)
        _ = cluster.happens(.connectionsSeen(coordinator, []))
        let look = cluster.happens(.timerFired(.backends(coordinator)), after: 10)
        #expect(look == [.setTimer(.backends(coordinator), at: cluster.now + 10)])
    }
}
