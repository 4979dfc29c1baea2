import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Samples

/// The plan in which the coordinator does without some workers.
@Suite struct DegradedPlanTests {
    private static let other = RunLocation.ssh(destination: "10.0.0.9", options: [])

    private static func plans(
        _ spec: ClusterSpec, without nodes: [Node], _ facts: HostFacts = SampleSpecs.localFacts
    ) throws -> (whole: LaunchPlan, rest: LaunchPlan) {
        let whole = try LaunchPlanner.plan(spec, facts: facts)
        let rest = try LaunchPlanner.plan(spec, facts: facts, leavingOut: nodes, of: whole)
        return (whole, rest)
    }

    @Test func allLayersGoToTheRest() throws {
        let (whole, rest) = try Self.plans(SampleSpecs.local, without: ["worker-1"])
        #expect(rest.leftOut == ["worker-1"])
        #expect(
            rest.distribution?.shares == [
                LayerDistribution.Share(node: "worker-2", device: "RPC0", layers: 0..<25)
            ])
        // What the running server is held against.
        #expect(rest.placement?.request.devices.map(\.node) == ["worker-2"])
        #expect(rest.placement?.counts == [25])
        #expect(rest.process("worker-1") == whole.process("worker-1"))
        let coordinator = try #require(rest.process("coordinator"))
        #expect(coordinator.value(after: "--rpc") == "127.0.0.1:50053")
        let back = try LaunchPlanner.plan(
            SampleSpecs.local, facts: SampleSpecs.localFacts, leavingOut: [], of: whole)
        #expect(back == whole)
    }

    @Test func layersGivenByHandAreDistributedByMemoryThen() throws {
        var spec = SampleSpecs.local
        spec.placement.strategy = .manual
        spec.placement.layers = [20, 5]
        let (whole, rest) = try Self.plans(spec, without: ["worker-2"])
        #expect(whole.placement?.counts == [20, 5])
        #expect(rest.placement?.counts == [25])
        #expect(rest.placement?.strategy == .memoryAware)
    }

    @Test func aRestThatCannotHoldTheModelIsRefused() throws {
        var spec = SampleSpecs.local
        spec.placement.participants = .workersOnly
        for index in spec.workers.indices { spec.workers[index].memoryLimit = 2 << 30 }
        let error = #expect(throws: PlanError.self) {
            _ = try Self.plans(spec, without: ["worker-1"])
        }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("the model does not fit on the rest"))
        #expect(message.contains("worker-2 (RPC0) would hold "))
        #expect(message.hasSuffix(" more than the 2.00 GiB that it may"))
        spec.placement.mayOvercommit = true
        #expect(try Self.plans(spec, without: ["worker-1"]).rest.leftOut == ["worker-1"])
    }

    /// A left-out worker is still there, with its forward: nobody else may take that port.
    @Test func forwardedPortsStay() throws {
        var spec = SampleSpecs.local
        spec.coordinator.location = Self.other
        spec.placement.participants = .workersOnly
        for index in spec.workers.indices { spec.workers[index].transport = .ssh }
        for node: Node in ["worker-1", "worker-2"] {
            var facts = SampleSpecs.localFacts
            facts.hosts[HostKey(Self.other)] = facts.hosts[.here]
            let (whole, rest) = try Self.plans(spec, without: [node], facts)
            let before = try #require(whole.process("coordinator"))
            let after = try #require(rest.process("coordinator"))
            #expect(after.readiness == before.readiness)
            #expect(after.forwards.allSatisfy(before.forwards.contains))
            let port = node == "worker-1" ? 52101 : 52100
            #expect(after.value(after: "--rpc") == "127.0.0.1:\(port)")
            #expect(after.value(after: "-ot")?.hasSuffix("=RPC0[127.0.0.1:\(port)]") == true)
        }
    }
}
