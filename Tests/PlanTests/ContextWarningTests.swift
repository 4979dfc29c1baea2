import Foundation
import Testing
@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Reporting
@testable import Samples
@testable import Supervision
@testable import Survey

@Suite struct ContextWarningTests {
    /// The sample was trained for 131,072 tokens.
    @Test func aContextBeyondTheTrainingIsAWarning() throws {
        var spec = SampleSpecs.local
        spec.coordinator.parallel = 2
        spec.coordinator.contextSize = 2 * 131_072
        let facts = SampleSpecs.localFacts
        #expect(try LaunchPlanner.plan(spec, facts: facts).contextWarning == nil)
        spec.coordinator.contextSize = 3 * 131_072
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        let warning =
            "a request may have 196608 tokens, but the model was trained for 131072: answers "
            + "become worse beyond that, and memory is kept for it. Set coordinator.ctx_size to at "
            + "most 262144"
        #expect(plan.contextWarning?.text == warning)
        #expect(PlanFindings.longContext(plan).map(\.severity) == [.warning])
        #expect(DryRun.text(plan).contains("warning: coordinator: \(warning)"))
        let report = try #require(PlanReport(plan, model: "llama"))
        #expect(report.text.contains(warning))
        spec.coordinator.extraArguments = ["--rope-scaling", "yarn"]
        #expect(try LaunchPlanner.plan(spec, facts: facts).contextWarning == nil)
    }
}
