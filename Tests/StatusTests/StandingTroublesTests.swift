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

    private func spare(_ state: ProcessState, pid: Int? = nil) -> ClusterSnapshot {
        let process = ClusterSnapshot.Process(
            node: "worker-2", endpoint: Endpoint(host: "h", port: 2), state: state, pid: pid,
            restarts: 0)
        return ClusterSnapshot(state: .serving, processes: [process])
    }

    private static let unreached = UnreachedSpare(
        "worker-2", Complaint("ssh gpu-2 true fails: 'no route'", remedy: "Is it switched on?"))

    @Test func aSpareWhoseHostCannotBeReached() {
        var troubles = StandingTroubles()
        let now = Timestamp(seconds: 5000)
        troubles.looked(unreached: [Self.unreached], at: Timestamp(seconds: 0))
        #expect(troubles.sentences(nil, at: now) == [])
        let told = [
            "worker-2, a spare, may not start when it is needed: at the last look "
                + "(1970-01-01T00:00:00Z; `sollol reload` looks again) ssh gpu-2 true fails: "
                + "'no route'. Is it switched on?"
        ]
        #expect(troubles.sentences(spare(.spare), at: now) == told)
        // Called in: that it does not start is told of it then.
        troubles.follow(spare(.waiting))
        #expect(troubles.sentences(spare(.waiting), at: now) == [])
        // The others are back, and nobody has reached it.
        #expect(troubles.sentences(spare(.spare), at: now) == told)
        troubles.follow(spare(.starting, pid: 7))
        #expect(troubles.sentences(spare(.spare), at: now) == [])
    }

    @Test func aLaterLookReplacesWhatWasKnownOfSpares() {
        var troubles = StandingTroubles()
        troubles.looked(unreached: [Self.unreached], at: Timestamp(seconds: 0))
        troubles.looked(unreached: [], at: Timestamp(seconds: 9))
        #expect(troubles.sentences(spare(.spare), at: Timestamp(seconds: 9)) == [])
        troubles.looked(unreached: [Self.unreached], at: Timestamp(seconds: 10))
        let told = troubles.sentences(spare(.spare), at: Timestamp(seconds: 99))
        #expect(told.count == 1 && told[0].contains("1970-01-01T00:00:10Z"), "\(told)")
    }

    @Test func aFullDisk() {
        var troubles = StandingTroubles()
        troubles.diskTakesNothing("write /s/a: full", at: Timestamp(seconds: 100))
        troubles.diskTakesNothing("write /s/b: full", at: Timestamp(seconds: 160))
        #expect(troubles.sentences(nil, at: Timestamp(seconds: 249)) == ["logs: write /s/a: full"])
        #expect(troubles.sentences(nil, at: Timestamp(seconds: 250)) == [])
    }
}
