import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Reporting
@testable import Samples

/// What is said where nothing is predicted, or something does not count.
@Suite struct UnpredictedPlanTests {
    /// Facts in which these of the two workers take so many milliseconds for a layer.
    private static func facts(_ milliseconds: [Double?]) throws -> HostFacts {
        var facts = SampleSpecs.localFacts
        let shape = try #require(facts.hosts[.here]?.models[SampleSpecs.model]?.shape)
        for (worker, time) in zip(SampleSpecs.local.workers, milliseconds) {
            guard let time else { continue }
            let conditions = facts.conditions(of: worker, model: shape.paceDigest)
            facts.record(
                MeasuredDevice(
                    conditions[0], measuredAt: 1, layer: time / 1000, promptLayer: 0.001,
                    outputLayer: time / 1000, hop: 0, spread: 0),
                of: worker.endpoint.description)
        }
        return facts
    }

    private static func plan(
        _ milliseconds: [Double?], _ change: (inout ClusterSpec) -> Void = { _ in }
    ) throws -> LaunchPlan {
        var spec = SampleSpecs.local
        change(&spec)
        return try LaunchPlanner.plan(spec, facts: facts(milliseconds))
    }

    // MARK: Nothing predicted

    private static func line(
        _ plan: LaunchPlan, assumptions: [String]? = nil
    ) throws -> String? {
        let report = try #require(PlanReport(plan, model: "m", assumptions: assumptions))
        return report.text.split(separator: "\n").first { $0.hasPrefix("No prediction: ") }
            .map(String.init)
    }

    @Test func whoIsNotMeasuredIsNamed() throws {
        #expect(try Self.line(Self.plan([1, 2])) == nil)
        let one = try Self.plan([1, nil])
        #expect(
            try Self.line(one)
                == "No prediction: nobody has measured worker-2. Try: sollol measure")
        #expect(try Self.line(one, assumptions: [])?.contains("24GiB@0.012") == true)
        let foreign = try Self.plan([1, nil]) { $0.workers[1].managed = false }
        #expect(try Self.line(foreign)?.hasSuffix("worker-2, which it does not run.") == true)
    }

    @Test func theCoordinatorsLayersCountToo() throws {
        let plan = try Self.plan([1, 2]) {
            ($0.placement.strategy, $0.placement.layers) = (.manual, [10, 10])
        }
        #expect(
            try Self.line(plan)
                == "No prediction: nobody has measured coordinator. Try: sollol measure")
    }

    // MARK: Speeds

    private static func speeds(
        _ milliseconds: [Double?], _ speeds: [Double?], _ strategy: PlacementStrategy? = .fastest
    ) throws -> LaunchPlan {
        try plan(milliseconds) { spec in
            spec.placement.strategy = strategy
            for index in speeds.indices { spec.workers[index].speed = speeds[index] }
        }
    }

    /// Once all was measured, the speeds that somebody had written were ignored without a word.
    @Test func whatSomebodyHasWrittenCounts() throws {
        let plan = try Self.speeds([1, 4], [1, 10])
        #expect(plan.spares == ["worker-1"])
        #expect(
            plan.notices == [
                "layers are placed by the `speed` of each backend, and what was measured does not "
                    + "count for it; it does where no backend has a `speed`"
            ])
        #expect(plan.paceNotice == nil)
        // What it comes to is known all the same, and what would be better.
        let placement = try #require(plan.remembered)
        #expect(abs((PlacementPrediction(placement)?.tokensPerSecond ?? 0) - 10) < 1e-6)
        #expect(
            PlacementSuggestion.all(placement).first?.text
                == "layers by what was measured, no `speed`: 4.0 times as fast")
    }

    @Test func whatDoesNotCountIsTold() throws {
        #expect(try Self.speeds([1, 4], [nil, nil]).notices == [])
        #expect(try Self.speeds([nil, nil], [1, 10]).notices == [])
        let some = try Self.speeds([1, 4], [nil, 10])
        #expect(some.spares == ["worker-2"])
        #expect(
            some.notices == [
                "the `speed` of worker-2 does not count: not every backend has one, and layers "
                    + "are placed by what was measured"
            ])
        let other = try Self.speeds([nil, nil], [1, 10], nil)
        #expect(
            other.notices == [
                "the `speed` of worker-1, worker-2 does not count: layers are placed by "
                    + "memory_aware, and it is for placement.strategy fastest"
            ])
    }
}
