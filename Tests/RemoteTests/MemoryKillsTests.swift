import Testing

@testable import Basics
@testable import Remote

/// Whose KILL it was, by what a host counts.
@Suite struct MemoryKillsTests {
    private let inner = MemoryKills.Group(hits: 0, limit: 230_686_720, folder: "/g/a/b")
    private let outer = MemoryKills.Group(hits: 7, limit: 1 << 40, folder: "/g/a")

    private func at(_ seconds: Double) -> Instant { Instant(seconds: seconds) }

    /// What is told first, then at 100 s, and who that says killed a server that ends then.
    private func killer(_ before: MemoryKills, _ after: MemoryKills?, since: Double = 0) -> Killer?
    {
        var watch = MemoryKillWatch()
        watch.told(before, at: at(since))
        if let after { watch.told(after, at: at(100)) }
        return watch.killer(at: at(100))
    }

    @Test func wordsOfAGuard() {
        #expect(GuardReport("oom 3") == .memoryKills(MemoryKills(kills: 3)))
        let group = MemoryKills.Group(hits: 2, limit: 9, folder: "/a b%20")
        #expect(
            GuardReport("oom 3 2 9 /a%20b%2520")
                == .memoryKills(MemoryKills(kills: 3, groups: [group])))
        for line in ["oom", "oom -", "oom 1 2", "oom 1 2 3", "oom 1 2 - /a", "oom 1 -2 3 /a"] {
            #expect(GuardReport(line) == nil)
        }
    }

    @Test func aLimitThatWasHitIsNamedTheInnermostFirst() {
        let before = MemoryKills(kills: 1, groups: [inner, outer])
        var hit = (inner: inner, outer: outer)
        hit.outer.hits = 8
        let above = MemoryKills(kills: 2, groups: [inner, hit.outer])
        #expect(killer(before, above) == .group(hit.outer))
        hit.inner.hits = 1
        let below = MemoryKills(kills: 2, groups: [hit.inner, hit.outer])
        #expect(killer(before, below) == .group(hit.inner))
    }

    @Test func aKillWithoutAnyLimitIsTheKernels() {
        let before = MemoryKills(kills: 1, groups: [inner])
        #expect(killer(before, MemoryKills(kills: 2, groups: [inner])) == .kernel)
    }

    /// A limit may be hit again and again, and the kernel finds memory each time.
    @Test func withoutAKillOfTheKernelItWasSomebody() {
        var hit = inner
        hit.hits = 40
        #expect(
            killer(MemoryKills(kills: 1, groups: [inner]), MemoryKills(kills: 1, groups: [hit]))
                == .somebody)
        #expect(killer(MemoryKills(kills: 1), nil) == .somebody)
    }

    /// Another process of the group was killed an hour before; what the guard tells at the end is
    /// told again.
    @Test func whatRoseLongBeforeIsAboutAnother() {
        var watch = MemoryKillWatch()
        watch.told(MemoryKills(kills: 1), at: at(0))
        watch.told(MemoryKills(kills: 2), at: at(50))
        watch.told(MemoryKills(kills: 2), at: at(100))
        #expect(watch.killer(at: at(100)) == .somebody)
    }

    /// The ticker saw it before the server was gone.
    @Test func whatRoseAMomentBeforeIsAboutThisOne() {
        var watch = MemoryKillWatch()
        watch.told(MemoryKills(kills: 1), at: at(0))
        watch.told(MemoryKills(kills: 2), at: at(95))
        watch.told(MemoryKills(kills: 2), at: at(100))
        #expect(watch.killer(at: at(100)) == .kernel)
    }

    @Test func aHostThatTellsNothingLeavesItOpen() {
        var watch = MemoryKillWatch()
        #expect(watch.killer(at: at(100)) == nil)
    }
}
