import Testing

@testable import Basics
@testable import Plan
@testable import Samples

/// In which order people are told of backends.
@Suite struct BackendOrderTests {
    /// Not in that of their names: what is said of layers is told in the order of the layers.
    @Test func backendsStandInTheOrderOfTheirDevices() throws {
        var spec = SampleSpecs.local
        let first = Endpoint(host: "127.0.0.1", port: spec.workers[0].port)
        spec.workers[0].node = .worker(1, name: "first", at: first)
        let plan = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(plan.distribution?.shares.map(\.node.description) == ["first", "worker-2"])
        #expect(plan.backends.map(\.node.description) == ["first", "worker-2"])
    }
}
