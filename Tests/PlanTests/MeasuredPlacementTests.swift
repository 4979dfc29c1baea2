import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Samples

/// Why layers move once devices are measured, or no longer.
@Suite struct MeasuredPlacementTests {
    private static func notices(_ facts: HostFacts, after plan: LaunchPlan) throws -> [String] {
        var facts = facts
        facts.placement = plan.remembered.map(RecordedPlacement.init)
        return try LaunchPlanner.plan(SampleSpecs.local, facts: facts).notices
    }

    /// "`placement` has been changed in the configuration" was said, which nobody had touched.
    @Test func theReasonIsTheMeasurement() throws {
        let before = try LaunchPlanner.plan(SampleSpecs.local, facts: SampleSpecs.localFacts)
        let measured = SampleSpecs.measuredFacts([1, 4])
        #expect(
            try Self.notices(measured, after: before) == [
                "layers move: since the last start the pace of a device has been measured anew"
            ])
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: measured)
        #expect(plan.placement?.strategy == .fastest)
        let age = "layers are placed by what was measured, the oldest of it on 1970-01-01"
        #expect(plan.paceNotice == age && before.paceNotice == nil)
        let lost = try Self.notices(SampleSpecs.measuredFacts([1]), after: plan)
        #expect(lost.count == 1)
        #expect(
            lost[0].hasPrefix(
                "layers move: since the last start what was measured of worker-2 no longer counts"))
    }
}
