import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Samples

/// The plan in which a worker is not started, since a token takes less time without it.
@Suite struct SparePlanTests {
    /// Two workers, of which the first computes ten times as fast.
    private static var spec: ClusterSpec {
        var spec = SampleSpecs.local
        spec.placement.strategy = .fastest
        spec.workers[0].speed = 10
        spec.workers[1].speed = 1
        return spec
    }

    private static func plan(_ spec: ClusterSpec) throws -> LaunchPlan {
        try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
    }

    @Test func theSlowerOneIsKnownAndNotStarted() throws {
        let plan = try Self.plan(Self.spec)
        #expect(plan.spares == ["worker-2"])
        #expect(plan.started.map(\.node) == ["worker-1", "coordinator"])
        #expect(plan.process("worker-2") != nil)
        #expect(plan.backends.map(\.node) == ["worker-1"])
        let coordinator = try #require(plan.process("coordinator"))
        #expect(coordinator.value(after: "--rpc") == "127.0.0.1:50052")
        #expect(coordinator.startAfter == ["worker-1"])
        #expect(plan.distribution?.shares.map(\.device) == ["RPC0"])
        #expect(plan.placement?.counts == [25])
    }

    /// Names of devices go by what the coordinator is given.
    @Test func devicesBehindItAreNumberedAnew() throws {
        var spec = Self.spec
        (spec.workers[0].speed, spec.workers[1].speed) = (1, 10)
        let plan = try Self.plan(spec)
        #expect(plan.spares == ["worker-1"])
        #expect(plan.distribution?.shares.map(\.device) == ["RPC0"])
        #expect(plan.distribution?.shares.map(\.node) == ["worker-2"])
    }

    @Test func itIsStartedWhereThatIsAskedFor() throws {
        var spec = Self.spec
        spec.placement.startSpares = true
        let plan = try Self.plan(spec)
        #expect(plan.spares == [])
        #expect(plan.placement?.counts == [25, 0])
        #expect(plan.backends.map(\.node) == ["worker-1", "worker-2"])
    }

    /// Where nobody knows who is slow, an empty worker is one that somebody wanted.
    @Test func onlyTimeMakesASpare() throws {
        var spec = Self.spec
        spec.placement.strategy = .manual
        spec.placement.layers = [25, 0]
        #expect(try Self.plan(spec).spares == [])
    }

    @Test func aMissingWorkerCallsItIn() throws {
        let whole = try Self.plan(Self.spec)
        let rest = try LaunchPlanner.plan(
            Self.spec, facts: SampleSpecs.localFacts, leavingOut: ["worker-1"], of: whole)
        #expect(rest.leftOut == ["worker-1"])
        #expect(rest.spares == [])
        #expect(rest.backends.map(\.node) == ["worker-2"])
        #expect(rest.process("coordinator")?.startAfter == ["worker-2"])
        #expect(rest.process("worker-2") == whole.process("worker-2"))
    }

    /// One that was called in and is missing when the other is back: nothing is degraded then.
    @Test func aMissingSpareIsNotMissed() throws {
        let whole = try Self.plan(Self.spec)
        #expect(whole.spares == ["worker-2"])
        let plan = try LaunchPlanner.plan(
            Self.spec, facts: SampleSpecs.localFacts, leavingOut: ["worker-2"], of: whole)
        #expect(plan == whole)
    }

    /// Else a little less memory at the next start would move layers, or end a worker.
    @Test func whereLayersWereIsRememberedWithThem() throws {
        let plan = try Self.plan(Self.spec)
        #expect(plan.remembered?.counts == [25, 0])
        var facts = SampleSpecs.localFacts
        facts.placement = plan.remembered.map(RecordedPlacement.init)
        let again = try LaunchPlanner.plan(Self.spec, facts: facts)
        #expect(again == plan)
        #expect(again.notices == [])
    }

    /// What is reviewed says who starts.
    @Test func theDigestAndTheChangeTellIt() throws {
        var spec = Self.spec
        let plan = try Self.plan(spec)
        spec.placement.startSpares = true
        let other = try Self.plan(spec)
        #expect(plan.id != other.id)
        let change = PlanChange(from: plan, to: other)
        #expect(change.changed == ["coordinator"])
        #expect(change.lines(other).first == "worker-2, a spare until now, is started")
        #expect(
            PlanChange(from: other, to: plan).lines(plan).first
                == "worker-2 becomes a spare: a token takes no less time with it")
    }

    /// Faster ones that have no room, and equal ones, are not told as slower.
    @Test func itIsToldWhyItIsOne() throws {
        var spec = Self.spec
        (spec.workers[0].speed, spec.workers[1].speed) = (1, 100)
        spec.workers[1].memoryLimit = 40 << 20
        let small = try Self.plan(spec)
        #expect(small.spares == ["worker-2"])
        #expect(
            small.spareNotices.first?.hasPrefix(
                "worker-2 is a spare: it may hold too little for layers that would help, so it")
                == true, "\(small.spareNotices)")
        (spec.workers[1].speed, spec.workers[1].memoryLimit) = (1, nil)
        let equal = try Self.plan(spec)
        #expect(
            equal.spareNotices.first?.hasPrefix(
                "worker-2 is a spare: a token takes no less time with it, so it") == true,
            "\(equal.spareNotices)")
    }
}
