import Testing

@testable import Basics
@testable import Status
@testable import Supervision

/// What does not keep the cluster from serving is said for as long as it is true, and no longer.
@Suite struct StandingTroublesTests {
    private func snapshot(restarts: Int) -> ClusterSnapshot {
        let process = ClusterSnapshot.Process(
            node: "worker-1", endpoint: Endpoint(host: "h", port: 1), state: .ready, pid: 1,
            restarts: restarts)
        return ClusterSnapshot(state: .serving, processes: [process])
    }

    @Test func aCacheWithoutItsFolder() {
        var troubles = StandingTroubles()
        var report = Report(.warning, "worker-1: tensor cache: 'not used'", about: "worker-1")
        (report.host, report.remedy) = ("gpu-1", "make its folder")
        troubles.worksWithoutCache(report, snapshot(restarts: 1))
        let now = Timestamp(seconds: 0)
        #expect(
            troubles.sentences(snapshot(restarts: 1), at: now) == [
                "worker-1 on gpu-1: tensor cache: 'not used'. To do: make its folder"
            ])
        // The next run of it says so itself.
        #expect(troubles.sentences(snapshot(restarts: 2), at: now) == [])
    }

    @Test func aFullDisk() {
        var troubles = StandingTroubles()
        troubles.diskTakesNothing("write /s/a: full", at: Timestamp(seconds: 100))
        troubles.diskTakesNothing("write /s/b: full", at: Timestamp(seconds: 160))
        #expect(troubles.sentences(nil, at: Timestamp(seconds: 249)) == ["logs: write /s/a: full"])
        #expect(troubles.sentences(nil, at: Timestamp(seconds: 250)) == [])
    }
}
