import Testing

@testable import Status

/// Reloads of one cluster that come while another one is under way.
struct ReloadQueueTests {
    @Test func oneAfterTheOther() {
        var queue = ReloadQueue()
        #expect(queue.progress(of: nil) == nil)
        let first = queue.requested()
        let began1 = queue.begin()
        #expect(began1)
        queue.accepted(["assumed: x"])
        queue.told(["worker-1 changes"])
        queue.adopted()
        #expect(queue.progress(of: first)?.outcome == nil)
        queue.served()
        #expect(queue.progress(of: first)?.outcome == 0)
        #expect(queue.progress(of: first)?.lines == ["assumed: x", "worker-1 changes"])
        let second = queue.requested()
        let beginsAgain = queue.begin()
        #expect(second == first + 1 && beginsAgain)
        let refused = queue.refused(["error: x"], .configuration)
        #expect(refused?.outcome == 78 && queue.progress(of: nil) == refused)
    }

    /// The first one has stopped nothing yet: what the second asks for is not in force.
    @Test func whoComesWhileAnotherOneDrainsWaits() {
        var queue = ReloadQueue()
        let first = queue.requested()
        let began2 = queue.begin()
        #expect(began2)
        queue.accepted([])
        let second = queue.requested()
        let began3 = queue.begin()
        #expect(!began3)
        #expect(
            queue.progress(of: second)?.lines == [
                "an earlier reload waits for requests in flight; this one waits for it"
            ])
        queue.served()  // As long as it drains the cluster serves with what was before.
        #expect(queue.progress(of: first)?.outcome == nil)
        queue.adopted()
        let began4 = queue.begin()
        #expect(began4)
        queue.served()
        #expect(queue.progress(of: first)?.outcome == 0)
        #expect(queue.progress(of: second)?.outcome == nil)
        queue.accepted([])
        queue.adopted()
        queue.served()
        #expect(queue.progress(of: second)?.outcome == 0)
    }

    @Test func twoRequestsInOneRoundAreOne() {
        var queue = ReloadQueue()
        let number = queue.requested()
        let numbers = [queue.requested(), queue.requested()]
        #expect(numbers == [number, number])
        let begins = [queue.begin(), queue.begin()]
        #expect(begins == [true, false])
        let next = [queue.requested(), queue.requested()]
        #expect(next == [number + 1, number + 1])
        let beginsToo = queue.begin()
        #expect(!beginsToo)
    }

    /// A configuration that the cluster does not come up with keeps its remedy from nobody.
    @Test func whatDoesNotComeUpIsReplaced() {
        var queue = ReloadQueue()
        let first = queue.requested()
        _ = queue.begin()
        queue.accepted([])
        queue.adopted()
        let second = queue.requested()
        let began5 = queue.begin()
        #expect(began5)
        queue.accepted([])
        #expect(queue.progress(of: first)?.outcome == nil)
        queue.adopted()
        #expect(queue.progress(of: first)?.outcome == 69)
        #expect(
            queue.progress(of: first)?.lines == [
                "error: another reload has taken the place of this one"
            ])
        queue.served()
        #expect(queue.progress(of: second)?.outcome == 0)
    }

    /// The same file again, before the cluster serves with it: both wait for the same.
    @Test func whatChangesNothingTakesNobodysPlace() {
        var queue = ReloadQueue()
        let first = queue.requested()
        _ = queue.begin()
        queue.accepted([])
        queue.adopted()
        let second = queue.requested()
        _ = queue.begin()
        queue.accepted([], changes: false)
        queue.adopted()
        for number in [first, second] { #expect(queue.progress(of: number)?.outcome == nil) }
        queue.served()
        for number in [first, second] { #expect(queue.progress(of: number)?.outcome == 0) }
    }

    @Test func nobodyIsLeftWaitingAtTheEnd() {
        var queue = ReloadQueue()
        let first = queue.requested()
        _ = queue.begin()
        let second = queue.requested()
        queue.clusterEnds()
        for number in [first, second] {
            #expect(queue.progress(of: number)?.outcome == 69)
            #expect(queue.progress(of: number)?.lines.last == "error: the cluster is being ended")
        }
    }

    @Test func whatIsToldIsBounded() {
        var queue = ReloadQueue()
        let number = queue.requested()
        _ = queue.begin()
        queue.accepted([])
        for _ in 0..<1000 { queue.told(["x", "y", "z"]) }
        let lines = queue.progress(of: number)?.lines ?? []
        #expect(lines.count <= 301 && lines.last == "… see: sollol status")
        queue.adopted()
        queue.served()
        for _ in 0..<100 {
            _ = queue.requested()
            _ = queue.begin()
            _ = queue.refused([], .unavailable)
        }
        #expect(queue.progress(of: number) == nil)
    }

    @Test func whatIsTakenBackEndsWithItsCause() {
        var queue = ReloadQueue()
        let first = queue.requested()
        _ = queue.begin()
        queue.accepted([])
        queue.adopted()
        queue.takenBack("worker-1: it exited with status 1")
        let progress = queue.progress(of: first)
        #expect(progress?.outcome == 69)
        #expect(
            progress?.lines == [
                "error: the reload was taken back, and what served before starts again: worker-1: "
                    + "it exited with status 1"
            ])
        // What comes back into force is nobody's reload.
        queue.adopted()
        queue.served()
        #expect(queue.progress(of: nil) == progress)
    }

    @Test func whatIsOnlyAskedAboutIsOverWhenItIsJudged() {
        var queue = ReloadQueue()
        let first = queue.requested(isPreview: true)
        let second = queue.requested()
        #expect(second == first + 1 && queue.requested(isPreview: true) == first)
        let begins = queue.begin()
        #expect(begins && queue.isPreviewed)
        let refused = queue.refused(["error: x"], .configuration)
        #expect(refused?.number == first && refused?.outcome == 78)
        let goesOn = queue.begin()
        #expect(goesOn && !queue.isPreviewed)
    }
}
