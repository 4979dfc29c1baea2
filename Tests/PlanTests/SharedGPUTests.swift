import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Samples

/// Two workers that offer the same GPU, and paces of devices.
@Suite struct SharedGPUTests {
    private static let gibibyte: Int64 = 1 << 30
    private let there = RunLocation.ssh(destination: "10.0.0.1", options: [])

    /// Two workers on a host with one GPU of 24 GiB, of which 512 MiB stay free.
    private func limits(
        _ change: (inout ClusterSpec) -> Void = { _ in }
    ) throws -> [UInt64?] {
        var spec = SampleSpecs.local
        for index in spec.workers.indices {
            spec.workers[index] = SampleSpecs.worker(
                index + 1, host: "10.0.0.1", port: 50052 + index, location: there)
        }
        change(&spec)
        var facts = SampleSpecs.localFacts
        var host = HostFacts.Host(devices: ["CUDA0"])
        host.deviceMemoryBytes = ["CUDA0": 24 * Self.gibibyte]
        facts.hosts[HostKey(there)] = host
        let gpu = [WorkerDevice(name: "CUDA0", freeBytes: 24 * Self.gibibyte)]
        facts.workerDevices = ["10.0.0.1:50052": gpu, "10.0.0.1:50053": gpu]
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        return plan.placement?.request.devices.map(\.limit) ?? []
    }

    private let usable: UInt64 = (24 << 30) - (512 << 20)

    @Test func itsMemoryIsThereOnce() throws {
        #expect(try limits() == [usable / 2, usable / 2])
        #expect(
            try limits { $0.workers[0].memoryLimit = 4 << 30 } == [4 << 30, usable - (4 << 30)])
    }

    /// The same name is another GPU where another is visible.
    @Test func whatSeesAnotherGPUSharesNothing() throws {
        let apart = try limits {
            $0.workers[0].environment = ["CUDA_VISIBLE_DEVICES": "0"]
            $0.workers[1].environment = ["CUDA_VISIBLE_DEVICES": "1"]
        }
        #expect(apart == [usable, usable])
        let same = try limits {
            for index in $0.workers.indices {
                $0.workers[index].environment = ["CUDA_VISIBLE_DEVICES": "0"]
            }
        }
        #expect(same == [usable / 2, usable / 2])
    }

    @Test func expertsOfAModelWithoutAnyAreTold() throws {
        var spec = SampleSpecs.local
        spec.placement.cpuExperts = 3
        let plan = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(plan.notices.contains { $0.contains("no layer of this model has experts") })
        #expect(plan.process("coordinator")?.argv.contains("--n-cpu-moe") == false)
    }

    @Test func measuredPacesMakeTheFastestPlacementTheStandard() throws {
        var facts = SampleSpecs.localFacts
        func plan(_ strategy: PlacementStrategy? = nil) throws -> ModelPlacement? {
            var spec = SampleSpecs.local
            spec.placement.strategy = strategy
            return try LaunchPlanner.plan(spec, facts: facts).placement
        }
        #expect(try plan()?.strategy == .memoryAware)
        let spec = SampleSpecs.local
        let shape = try #require(try plan()?.request.shape)
        for (worker, seconds) in zip(spec.workers, [0.004, 0.001]) {
            let conditions = facts.conditions(of: worker, model: shape.paceDigest)
            let device = MeasuredDevice(
                conditions[0], measuredAt: 1_700_000_000, layer: seconds, promptLayer: seconds,
                outputLayer: seconds, spread: 0)
            facts.record(device, of: worker.endpoint.description)
        }
        let fastest = try plan()
        #expect(fastest?.strategy == .fastest && fastest?.counts.first == 0)
        #expect(try plan(.memoryAware)?.strategy == .memoryAware)
        // Another build is another pace.
        let before = facts
        facts.measured?["127.0.0.1:50053"]?[0].conditions.build = "another"
        #expect(try plan()?.strategy == .memoryAware)
        facts = before
        facts.measured?["127.0.0.1:50053"] = nil
        #expect(try plan()?.strategy == .memoryAware)
    }
}
