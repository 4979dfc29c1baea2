import Foundation
import Testing

/// A host that answers like ours and lies, in as many ways as there are seeds, while it is looked
/// at, while its servers start and serve, and during a reload. Whatever it says, `sollol` neither
/// crashes nor grows above 64 MiB, ends when it is told to, shows nothing that steers a terminal,
/// and runs nothing here that the host has named.
///
/// `deploy/dev/lie` runs more seeds, or one again: `SOLLOL_LIES`, `SOLLOL_LIES_FROM`.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct LyingHostTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seeds: [UInt64] = {
        let first = environment["SOLLOL_LIES_FROM"].flatMap { UInt64($0) } ?? 0
        let count = environment["SOLLOL_LIES"].flatMap { UInt64($0) } ?? 200
        return Array(first..<first + count)
    }()

    @Test func neverCrashesHangsGrowsPaintsOrRunsSomething() throws {
        let names = (1...LyingLane.count).map { "liar\($0)" }
        let bed = try LyingLane.bed(names)
        let lanes = try names.map { try LyingLane($0, of: bed) }
        let waiting = Locked(Self.seeds[...])
        let faults = Locked<[String]>([])
        let largest = Locked(0)
        let lied = Locked(0)
        // Threads of their own: most of the time they wait for a host or for `sollol`.
        let done = DispatchSemaphore(value: 0)
        for lane in lanes {
            let thread = Thread {
                while let seed = waiting.withLock({ $0.popFirst() }) {
                    let outcome = lane.outcome(of: seed)
                    largest.withLock { $0 = max($0, outcome.peak) }
                    lied.withLock { $0 += outcome.hasLied ? 1 : 0 }
                    faults.withLock { $0 += outcome.faults }
                }
                done.signal()
            }
            thread.start()
        }
        for _ in lanes { done.wait() }
        let peak = largest.withLock { $0 }
        let count = lied.withLock { $0 }
        print("hosts that lied: \(count) of \(Self.seeds.count), at most \(peak >> 10) MiB")
        #expect(faults.withLock { $0.sorted() } == [])
        // Something was measured at all.
        #expect(peak > 1 << 10)
        #expect(count > Self.seeds.count * 3 / 4)
    }
}
