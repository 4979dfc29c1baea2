import Testing

@testable import Basics
@testable import Plan
@testable import Samples

/// The digest of a plan says whether it is the one that was reviewed.
@Suite struct PlanDigestTests {
    @Test func theDigestCoversWhatRunsAndNothingElse() throws {
        let plan = try LaunchPlanner.plan(SampleSpecs.local)
        var same = plan
        same.assumptions = []
        same.processes[0].arguments[1].reason = "another"
        #expect(same.id == plan.id)
        #expect(plan.id.count == 32)
        var others = [plan, plan, plan, plan, plan, plan, plan]
        others[0].processes[0].arguments[2].word = "127.0.0.2"
        others[1].processes[0].environment["A"] = "b"
        others[2].processes[0].location = .ssh(destination: "a", options: [])
        others[3].processes.swapAt(0, 1)
        others[4].cluster = "other"
        others[5].unmanaged = [
            UnmanagedBackend(node: "worker-3", endpoint: Endpoint(host: "h", port: 1))
        ]
        others[6].processes[2].startAfter = ["worker-1"]
        #expect(Set(others.map(\.id)).union([plan.id]).count == others.count + 1)
    }

    /// Words that would be the same text when joined are not the same plan.
    @Test func theDigestKeepsWordsApart() throws {
        var one = try LaunchPlanner.plan(SampleSpecs.local)
        var two = one
        one.processes[0].arguments = ["ab", "c"].map { PlannedArgument(word: $0, reason: nil) }
        two.processes[0].arguments = ["a", "bc"].map { PlannedArgument(word: $0, reason: nil) }
        #expect(one.id != two.id)
    }
}
