import Testing

@testable import Sharding
@testable import SollolRuntime
@testable import Survey

/// Servers that have too much to do, and say for how long.
extension FetchProgramTests {
    /// A server that asks for patience gets it, as often as it asks.
    @Test(arguments: shells) func aBusyServerIsWaitedFor(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        try bench.server.behave("busy", after: 1, 7)
        let reports = try bench.fetch()
        let waits = [FetchReport](repeating: .waits(seconds: 1, status: 429), count: 6)
        #expect(reports == [bench.arrivals[0]] + waits + [bench.arrivals[1], .complete])
    }

    /// The same of what is read of it here.
    @Test func aBusyServerIsWaitedForHereToo() throws {
        let bench = try Bench(GuardShell(words: ["dash"]))
        try bench.server.behave("busy", after: 0, 4)
        var told: [String] = []
        // It is no model, which only one that was read could tell.
        let problem = #expect(throws: ShardSource.Problem.self) {
            _ = try RemoteHeaders.source(bench.file.address) { told.append($0) }
        }
        #expect(told.count == 4 && Set(told).count == 1 && told[0].contains("status 429"))
        #expect(problem?.description.contains("status 429") == false)
        // One that names no time is asked three times.
        try bench.server.behave("status", after: 0, 429)
        let refused = #expect(throws: ShardSource.Problem.self) {
            _ = try RemoteHeaders.source(bench.file.address) { told.append($0) }
        }
        #expect(try bench.server.requests().count == 3)
        #expect(refused?.description.hasSuffix("Try: the same once more, in some minutes") == true)
    }
}
