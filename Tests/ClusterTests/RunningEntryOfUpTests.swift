import Foundation
import SollolRuntime
import Testing

/// `sollol up` can be found from anywhere on its machine, for as long as it runs.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct RunningEntryOfUpTests {
    @Test func itIsThereFromStartToEndAndStaysAfterAKill() throws {
        let cluster = try LocalCluster()
        let found = { RunningEntry.all().filter { $0.state.hasPrefix(cluster.folder + "/") } }
        let first = try cluster.serving()
        #expect(found().map(\.process.pid) == [first.pid])
        #expect(found().first?.configuration == cluster.configuration)
        first.signal(SIGTERM)
        #expect(first.exitStatus() == 0)
        #expect(found() == [])
        let second = try cluster.serving()
        second.signal(SIGKILL)
        _ = second.exitStatus()
        #expect(found().map(\.process.isAlive) == [false])
        let third = try cluster.serving()
        #expect(found().map(\.process.pid) == [third.pid])
        third.signal(SIGTERM)
        _ = third.exitStatus()
        #expect(found() == [])
    }
}
