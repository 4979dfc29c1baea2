import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Reporting
@testable import Samples
@testable import Supervision

/// What is said where nothing is predicted or something does not count, and how a prediction is
/// held against what is served.
@Suite struct UnpredictedPlanTests {
    private static func plan(
        _ milliseconds: [Double?], _ change: (inout ClusterSpec) -> Void = { _ in }
    ) throws -> LaunchPlan {
        var spec = SampleSpecs.local
        change(&spec)
        return try LaunchPlanner.plan(spec, facts: SampleSpecs.measuredFacts(milliseconds))
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

    // MARK: Held against what is served

    /// When the next look is due after one at a coordinator that serves.
    private static func pause(
        _ plan: LaunchPlan, _ looks: [SlotActivity]
    ) throws -> Double {
        var cluster = TestCluster()
        cluster.supervisor = Supervisor(
            WantedCluster(
                plan: plan, restart: RestartPolicy(), health: HealthPolicy(),
                timeouts: Timeouts()), seed: 1)
        _ = cluster.happens(.upRequested)
        for node: Node in ["worker-1", "worker-2", "coordinator"] {
            _ = cluster.happens(.readinessConfirmed(cluster.run(node)))
        }
        let run = cluster.run("coordinator")
        _ = cluster.happens(.distributionProven(run, summary: []))
        var effects: [SupervisorEffect] = []
        for look in looks { effects = cluster.happens(.activityAnswered(run, look), after: 1) }
        let timers = effects.compactMap { effect -> Double? in
            guard case .setTimer(.activity, let at) = effect else { return nil }
            return at - cluster.now
        }
        #expect(timers.count == 1)
        return (timers.first ?? 0).rounded()
    }

    /// Of 256 generated tokens nothing was known: looks were six seconds apart.
    @Test func aRequestIsLookedAtMoreOften() throws {
        func look(_ generated: Int) -> SlotActivity {
            SlotActivity(busy: 1, counters: [0, 1, 9, generated])
        }
        let manual = { (spec: inout ClusterSpec) in
            (spec.placement.strategy, spec.placement.layers) = (.manual, [12, 13])
        }
        let predicted = try Self.plan([1, 4], manual)
        #expect(try Self.pause(predicted, [SlotActivity(busy: 0)]) == 6)
        #expect(try Self.pause(predicted, [look(1), look(100)]) == 1)
        #expect(try Self.pause(predicted, [look(1), look(256)]) == 1)
        // Enough is known, or nothing can be told of one.
        #expect(try Self.pause(predicted, [look(1), look(257), look(300)]) == 6)
        let two = SlotActivity(busy: 2, counters: [0, 1, 9, 60, 1, 2, 9, 60])
        #expect(try Self.pause(predicted, [two]) == 6)
        #expect(try Self.pause(predicted, [SlotActivity(busy: 1, counters: [1, 2, 3])]) == 6)
        #expect(try Self.pause(Self.plan([1, nil], manual), [look(1)]) == 6)
    }
}
