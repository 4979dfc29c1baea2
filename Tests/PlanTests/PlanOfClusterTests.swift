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

/// From specification and facts to a placement, and to what `sollol plan` prints.
@Suite struct PlanOfClusterTests {
    private static let gibibyte: Int64 = 1 << 30

    private static func plan(
        _ change: (inout ClusterSpec, inout HostFacts) -> Void
    ) throws -> LaunchPlan {
        var spec = SampleSpecs.local
        var facts = SampleSpecs.localFacts
        change(&spec, &facts)
        return try LaunchPlanner.plan(spec, facts: facts)
    }

    private static func limits(_ plan: LaunchPlan) -> [UInt64?] {
        plan.placement?.request.devices.map(\.limit) ?? []
    }

    // MARK: Limits

    /// 64 GiB are free, 512 MiB stay so, the coordinator takes its need, the workers share the
    /// rest.
    @Test func workersOfOneHostShareItsMemory() throws {
        let plan = try Self.plan { _, _ in }
        let placement = try #require(plan.placement)
        let need = placement.coordinatorLoad.total
        let free: UInt64 = (64 << 30) - (512 << 20)
        let share = (free - need) / 2
        #expect(Self.limits(plan) == [share, share])
        let left = try #require(placement.request.coordinatorLimit)
        #expect(left >= need && left <= need + 1)
        #expect(placement.fits)
    }

    @Test func aLimitLeavesMoreForOthers() throws {
        let plan = try Self.plan { spec, _ in spec.workers[0].memoryLimit = 4 << 30 }
        let limits = Self.limits(plan)
        #expect(limits[0] == 4 << 30)
        #expect(limits[1] ?? 0 > 58 << 30)
        let small = try Self.plan { spec, facts in
            spec.workers[0].memoryLimit = 100 << 30
            facts.hosts[.here]?.availableMemoryBytes = 8 << 30
        }
        let usable: UInt64 = (8 << 30) - (512 << 20)
        #expect(Self.limits(small)[0] == usable)
    }

    @Test func gpusOfAHostLimitItsWorkers() throws {
        let ssh = RunLocation.ssh(destination: "10.0.0.1", options: [])
        let plan = try Self.plan { spec, facts in
            spec.workers[0] = SampleSpecs.worker(1, host: "10.0.0.1", location: ssh)
            spec.workers[0].devices = ["CUDA0", "CUDA1"]
            var host = HostFacts.Host(devices: ["CUDA0", "CUDA1"])
            host.deviceMemoryBytes = ["CUDA0": 24 * Self.gibibyte, "CUDA1": 8 * Self.gibibyte]
            facts.hosts[HostKey(ssh)] = host
        }
        let reserve: UInt64 = 512 << 20
        let expected: [UInt64?] = [(24 << 30) - reserve, (8 << 30) - reserve]
        #expect(Array(Self.limits(plan).prefix(2)) == expected)
        #expect(plan.placement?.request.devices.map(\.isProcess) == [false, false, true])
    }

    @Test func unknownMemoryIsAnAssumption() throws {
        let plan = try Self.plan { _, facts in facts.hosts[.here]?.availableMemoryBytes = nil }
        #expect(plan.placement?.strategy == .even)
        #expect(plan.assumptions.contains { $0.contains("the memory of worker-1, worker-2") })
    }

    // MARK: Flags

    @Test func whatTheDevicesCannotHoldStaysOnTheCoordinator() throws {
        let plan = try Self.plan { spec, _ in
            for index in spec.workers.indices { spec.workers[index].memoryLimit = 1 << 30 }
        }
        let placement = try #require(plan.placement)
        let kept = placement.coordinatorLayers
        #expect(kept > 0 && placement.fits)
        let coordinator = try #require(plan.process("coordinator"))
        #expect(coordinator.value(after: "-ngl") == String(25 - kept))
        let counts = placement.counts.map(String.init).joined(separator: ",")
        #expect(coordinator.value(after: "-ts") == counts)
        #expect(coordinator.reason(of: "-ngl")?.contains("coordinator's CPU") == true)
        #expect(plan.distribution?.coordinatorLayers == 0..<kept)
        #expect(DryRun.text(plan).contains("layers 0-\(kept - 1) on the coordinator's CPU:"))
    }

    @Test func workersOnlyMovesTheEmbedding() throws {
        let plan = try Self.plan { spec, _ in spec.placement.participants = .workersOnly }
        let coordinator = try #require(plan.process("coordinator"))
        #expect(
            coordinator.value(after: "-ot")
                == "^(token|position|per_layer_token)_=RPC0[127.0.0.1:50052]")
        let old = try Self.plan { spec, facts in
            spec.placement.participants = .workersOnly
            facts.offeredDevices["127.0.0.1:50053"] = ["RPC[127.0.0.1:50053]"]
        }
        #expect(old.process("coordinator")?.argv.contains("-ot") == false)
    }

    // MARK: Stability

    @Test func aPlacementStaysWhileItFits() throws {
        let first = try Self.plan { spec, _ in spec.workers[1].location = Self.other }
        let before = try #require(first.placement)
        func again(_ bytes: Int64, _ change: (inout ClusterSpec) -> Void = { _ in }) throws
            -> LaunchPlan
        {
            try Self.plan { spec, facts in
                spec.workers[1].location = Self.other
                facts.placement = RecordedPlacement(before)
                facts.hosts[.here]?.availableMemoryBytes = bytes
                var host = HostFacts.Host(devices: [])
                host.availableMemoryBytes = 30 * Self.gibibyte
                facts.hosts[HostKey(Self.other)] = host
                change(&spec)
            }
        }
        // Memory of the other host was not known: even, until it is.
        #expect(before.strategy == .even)
        let known = try again(64 * Self.gibibyte)
        let kept = try #require(known.placement)
        #expect(kept.strategy == .memoryAware && known.notices.count == 1)

        func after(_ bytes: Int64, _ change: (inout ClusterSpec) -> Void = { _ in }) throws
            -> LaunchPlan
        {
            try Self.plan { spec, facts in
                spec.workers[1].location = Self.other
                facts.placement = RecordedPlacement(kept)
                facts.hosts[.here]?.availableMemoryBytes = bytes
                var host = HostFacts.Host(devices: [])
                host.availableMemoryBytes = 30 * Self.gibibyte
                facts.hosts[HostKey(Self.other)] = host
                change(&spec)
            }
        }
        // Half of the memory is gone: it stays, since it fits.
        let stays = try after(32 * Self.gibibyte)
        #expect(stays.placement?.counts == kept.counts && stays.notices == [])
        // It does not fit any more: it moves, and says why.
        let moves = try after(3 * Self.gibibyte)
        #expect(moves.placement?.counts != kept.counts)
        #expect(moves.notices == ["layers move: there is not enough free memory where they were"])
        let limited = try after(64 * Self.gibibyte) { $0.workers[0].memoryLimit = 2 << 30 }
        #expect(
            limited.notices[0].hasSuffix("a `memory_limit` has been changed in the configuration"))
    }

    @Test func otherLayersByHandAreFollowed() throws {
        func plan(_ layers: [Int], _ recorded: LaunchPlan?) throws -> LaunchPlan {
            try Self.plan { spec, facts in
                spec.placement.strategy = .manual
                spec.placement.layers = layers
                facts.placement = recorded?.placement.map(RecordedPlacement.init)
            }
        }
        let first = try plan([20, 5], nil)
        #expect(try plan([20, 5], first) == first)
        let second = try plan([5, 20], first)
        #expect(second.placement?.counts == [5, 20])
        #expect(second.notices[0].hasSuffix("`placement` has been changed in the configuration"))
    }

    private static let other = RunLocation.ssh(destination: "10.0.0.9", options: [])

    @Test func aRecordedPlacementSurvivesItsFile() throws {
        var facts = SampleSpecs.localFacts
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: facts)
        facts.placement = RecordedPlacement(try #require(plan.placement))
        let read = try HostFacts(decoding: facts.encoded())
        #expect(read == facts)
        #expect(try LaunchPlanner.plan(SampleSpecs.local, facts: read) == plan)
        // A file that was tampered with changes nothing but the placement.
        facts.placement?.counts = [-1, 26]
        #expect(try LaunchPlanner.plan(SampleSpecs.local, facts: facts).placement == plan.placement)
        facts.hosts[.here]?.models[SampleSpecs.model]?.shape?.embedding = .max
        #expect(throws: HostFacts.FormatError.self) { try HostFacts(decoding: facts.encoded()) }
    }

    // MARK: Report

    @Test func jsonHoldsTheContract() throws {
        let plan = try Self.plan { spec, _ in
            spec.workers[0].memoryLimit = 3 << 30
            spec.workers[1].memoryLimit = 4 << 30
        }
        let report = try #require(PlanReport(plan, model: "llama"))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
        #expect(object["fits"] as? Bool == true)
        let nodes = try #require(object["nodes"] as? [[String: Any]])
        let keys: Set = [
            "name", "address", "device", "layers", "weights_bytes", "kv_bytes", "buffers_bytes",
            "limit_bytes", "seconds_per_token", "stored_bytes",
        ]
        #expect(nodes.allSatisfy { Set($0.keys) == keys } && nodes.count == 2)
        #expect(nodes.map { $0["address"] as? String } == ["127.0.0.1:50052", "127.0.0.1:50053"])
        let layers = nodes.compactMap { $0["layers"] as? [Int] }
        #expect(layers.map(\.count) == [2, 2])
        let bounds = layers.flatMap { $0 }
        #expect(bounds.first == 0 && bounds.last == 24)
        #expect(bounds.count == 4 && bounds[1] + 1 == bounds[2])
        let coordinator = try #require(object["coordinator"] as? [String: Any])
        #expect(Set(coordinator.keys) == keys && coordinator["layers"] is NSNull)
        #expect(object["advice"] as? [String] == [])
    }

    @Test func textDrawsABarForEachNode() throws {
        let plan = try Self.plan { spec, _ in
            spec.placement.participants = .workersOnly
            spec.workers[0].memoryLimit = 1 << 30
            spec.workers[1].memoryLimit = 2 << 30
        }
        let report = try #require(PlanReport(plan, model: "llama"))
        #expect(!report.fits)
        let lines = report.text.split(separator: "\n", omittingEmptySubsequences: false)
        let bars = lines.filter { $0.contains("[") && $0.contains("]") && $0.contains("layer") }
        #expect(bars.count == 3)
        let columns = bars.map { bar in
            bar.distance(from: bar.startIndex, to: bar.firstIndex(of: "[") ?? bar.endIndex)
        }
        let ends = bars.map { bar in
            bar.distance(from: bar.startIndex, to: bar.firstIndex(of: "]") ?? bar.endIndex)
        }
        #expect(Set(columns).count == 1 && Set(ends).count == 1, "\(report.text)")
        #expect("#=~|".allSatisfy { bars[1].contains($0) }, "\(report.text)")
        #expect(lines.contains("It does not fit:"))
        #expect(lines.contains { $0.contains("one more worker that may hold") })
    }

    @Test func whereNoSingleChangeHelpsItSaysWhatAllTogetherMiss() throws {
        let plan = try Self.plan { spec, _ in
            spec.placement.participants = .workersOnly
            spec.placement.strategy = .manual
            spec.placement.layers = [5, 20]
            for index in spec.workers.indices { spec.workers[index].memoryLimit = 1 << 20 }
            spec.coordinator.memoryLimit = 1 << 20
        }
        let report = try #require(PlanReport(plan, model: "llama"))
        let line = try #require(
            report.text.split(separator: "\n").first { $0.contains("No single change") })
        #expect(line.hasSuffix(" together and may hold 3.00 MiB."), "\(line)")
    }

    @Test func whatDoesNotFitIsRefusedUnlessToldOtherwise() throws {
        var spec = SampleSpecs.local
        spec.placement.participants = .workersOnly
        for index in spec.workers.indices { spec.workers[index].memoryLimit = 1 << 30 }
        let plan = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        let refusal = PlanFindings.doesNotFit(plan, spec)
        #expect(refusal.map(\.severity) == [.error])
        #expect(refusal[0].complaint.problem.contains("worker-1 (RPC0) would hold"))
        spec.placement.mayOvercommit = true
        #expect(PlanFindings.doesNotFit(plan, spec).map(\.severity) == [.warning])
    }

    // MARK: Proof

    @Test func otherWeightsThanPlannedAreRefuted() throws {
        let plan = try Self.plan { _, _ in }
        let loads = try #require(plan.placement).loads.map { Double($0.weights) / 1_048_576 }
        func verdict(_ first: Double, _ second: Double) -> DistributionProof.Verdict {
            var proof = DistributionProof(plan: plan)
            proof.read("load_tensors: offloaded 25/25 layers to GPU")
            proof.read("load_tensors:          CPU model buffer size =   200.00 MiB")
            for (port, size) in [(50052, first), (50053, second)] {
                proof.read(
                    "load_tensors: RPC0[127.0.0.1:\(port)] model buffer size = "
                        + String(format: "%8.2f MiB", size))
            }
            return proof.verdict
        }
        guard case .proven(let lines) = verdict(loads[0], loads[1]) else {
            Issue.record("refuted as planned")
            return
        }
        #expect(lines[0].hasPrefix("worker-1 (127.0.0.1:50052): layers 0-"))
        guard case .refuted(let problem) = verdict(loads[0] - 100, loads[1] + 100) else {
            Issue.record("a layer in the wrong place is not noticed")
            return
        }
        #expect(problem.contains("worker-1") && problem.contains("were planned"))
    }
}
