import Testing

@testable import Basics
@testable import Plan
@testable import Samples

/// The slot of `health.canary`: users keep theirs.
@Suite struct CanarySlotTests {
    @Test(arguments: [(1, 4096, 8192), (4, 4096, 5120), (3, 1000, 2048)])
    func usersKeepTheirContext(parallel: Int, context: Int, whole: Int) throws {
        var spec = SampleSpecs.local
        spec.coordinator.contextSize = context
        spec.coordinator.parallel = parallel
        spec.coordinator.ownSlots = 1
        #expect(spec.coordinator.wholeContext == whole)
        let argv = try #require(try LaunchPlanner.plan(spec).process("coordinator")).argv
        let words = argv.joined(separator: " ")
        #expect(words.contains("--ctx-size \(whole) --parallel \(parallel + 1)"))
        let body = try LaunchPlanner.plan(spec).smallRequest(slot: parallel).body
        #expect(body.hasSuffix(#","cache_prompt":true,"id_slot":\#(parallel)}"#))
    }
}
