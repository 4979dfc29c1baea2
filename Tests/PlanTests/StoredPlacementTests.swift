import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Reporting
@testable import Samples
@testable import Sharding

/// Layers stay where workers store them.
@Suite struct StoredPlacementTests {
    /// A cluster whose shards lie as nothing but they would place them.
    private static func sharded() throws -> (spec: ClusterSpec, facts: HostFacts) {
        var spec = SampleSpecs.local
        spec.placement.strategy = .manual
        spec.placement.layers = [7, 18]
        var facts = SampleSpecs.localFacts
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        let placement = try #require(plan.placement)
        facts.placement = plan.remembered.map(RecordedPlacement.init)
        let part = StoredShards.Part(manifest: String(repeating: "a", count: 64), bytes: 1 << 20)
        facts.shards = StoredShards(
            id: "0123456789abcdef", model: spec.model.text,
            placement: placement.shardPrint(cluster: spec.name), skeleton: "skeleton.gguf",
            parts: ["w": part])
        spec.placement.strategy = nil
        spec.placement.layers = []
        spec.storage = .sharded
        return (spec, facts)
    }

    @Test func theyStayAsLongAsTheyFit() throws {
        let (spec, facts) = try Self.sharded()
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        #expect(plan.placement?.counts == [7, 18])
        #expect(plan.shardProblem == nil)
        var whole = spec
        whole.storage = .whole
        #expect(try LaunchPlanner.plan(whole, facts: facts).placement?.counts != [7, 18])
    }

    /// Whole and sharded starts of one cluster took turns, and the sharded one was refused.
    @Test func aStartOfTheWholeModelMovesNoneOfThem() throws {
        var (spec, facts) = try Self.sharded()
        facts.shardedPlacement = facts.placement
        spec.storage = .whole
        let whole = try LaunchPlanner.plan(spec, facts: facts)
        #expect(whole.placement?.counts != [7, 18])
        facts.placement = whole.remembered.map(RecordedPlacement.init)
        spec.storage = .sharded
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        #expect(plan.placement?.counts == [7, 18] && plan.shardProblem == nil)
    }

    @Test func whoGivesThemOutOtherwiseIsToldWhatIsStored() throws {
        var (spec, facts) = try Self.sharded()
        spec.placement.strategy = .manual
        spec.placement.layers = [12, 13]
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        #expect(plan.placement?.counts == [12, 13])
        #expect(plan.shardProblem != nil)
        // Whoever asks before a start is told, and what lies there is not what it would need.
        #expect(plan.warnings.contains { $0.hasPrefix("coordinator: what the workers store was") })
        #expect(DryRun.json(plan).contains("Try: sollol shard"))
        let report = try #require(PlanReport(plan, model: "m"))
        #expect(report.fits && !report.isGood && report.stored.isEmpty)
        #expect(report.text.contains("\n  Try: sollol shard\n"))
        #expect(report.json.contains("placed otherwise than this start would"))
        // Of another cluster, nothing of it is ours.
        spec.placement.strategy = nil
        spec.placement.layers = []
        facts.shards?.placement = "0000000000000000"
        #expect(try LaunchPlanner.plan(spec, facts: facts).placement?.counts != [7, 18])
    }

    /// A worker that has no layer stores nothing, so that it makes no other placement.
    @Test func aSpareMovesNoneOfThem() throws {
        var spec = SampleSpecs.local
        spec.placement.strategy = .fastest
        (spec.workers[0].speed, spec.workers[1].speed) = (10, 1)
        var facts = SampleSpecs.localFacts
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        #expect(plan.spares == ["worker-2"])
        facts.placement = plan.remembered.map(RecordedPlacement.init)
        let part = StoredShards.Part(manifest: String(repeating: "a", count: 64), bytes: 1 << 20)
        let print = try #require(plan.placement?.shardPrint(cluster: spec.name))
        facts.shards = StoredShards(
            id: "0123456789abcdef", model: spec.model.text, placement: print,
            skeleton: "skeleton.gguf", parts: ["w": part])
        spec.storage = .sharded
        // Measured anew, they would lie elsewhere.
        (spec.workers[0].speed, spec.workers[1].speed) = (1, 10)
        var whole = spec
        whole.storage = .whole
        #expect(try LaunchPlanner.plan(whole, facts: facts).spares == ["worker-1"])
        let again = try LaunchPlanner.plan(spec, facts: facts)
        #expect(again.shardProblem == nil && again.spares == ["worker-2"])
        // As does an empty worker that is started.
        spec.placement.startSpares = true
        let started = try LaunchPlanner.plan(spec, facts: facts)
        #expect(started.shardProblem == nil && started.placement?.counts == [25, 0])
    }
}
