import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Plan
@testable import Samples

/// A build for the CPU beside a GPU.
@Suite struct IdleGPUTests {
    private let gpu = "NVIDIA, /dev/nvidia0"
    private let one = RunLocation.ssh(destination: "gpu-1", options: [])

    private var spec: ClusterSpec {
        SampleSpecs.spec(workers: [
            SampleSpecs.worker(1, host: "10.0.0.5", location: one),
            SampleSpecs.worker(2, host: "10.0.0.5", port: 50053, location: one),
        ])
    }

    /// The host has a GPU, and each worker there offers these devices.
    private func facts(_ offered: String...) -> HostFacts {
        var facts = HostFacts()
        var host = HostFacts.Host()
        host.gpus = [gpu]
        facts.hosts[HostKey(one)] = host
        facts.hosts[.here] = HostFacts.Host(devices: [])
        let devices = offered.map { WorkerDevice(name: $0) }
        facts.workerDevices = ["10.0.0.5:50052": devices, "10.0.0.5:50053": devices]
        return facts
    }

    @Test func whatListsTheCPUOnlyIsToldOnceForTheHost() throws {
        #expect(
            IdleGPU.all(spec, facts("CPU")) == [
                IdleGPU(nodes: ["worker-1", "worker-2"], location: one, gpu: gpu)
            ])
        let notices = try LaunchPlanner.plan(spec, facts: facts("CPU")).notices
        #expect(notices.count == 1)
        let notice = try #require(notices.first)
        #expect(notice.hasPrefix("worker-1, worker-2: gpu-1 has a GPU (NVIDIA, /dev/nvidia0), but"))
        #expect(notice.hasSuffix("or say that the CPU is meant: \"devices\": [\"CPU\"]."))
    }

    @Test func whereSomebodyHasChosenNothingIsTold() {
        var chosen = spec
        chosen.workers[0].devices = ["CPU"]
        chosen.workers[1].environment = ["CUDA_VISIBLE_DEVICES": ""]
        #expect(IdleGPU.all(chosen, facts("CPU")) == [])
    }

    @Test func aGPUThatIsListedOrNotAskedForIsNotIdle() {
        #expect(IdleGPU.all(spec, facts("CUDA0")) == [])
        #expect(IdleGPU.all(spec, facts("Vulkan0", "CPU")) == [])
        #expect(IdleGPU.all(spec, facts()) == [])
        var without = facts("CPU")
        without.hosts[HostKey(one)]?.gpus = []
        #expect(IdleGPU.all(spec, without) == [])
    }

    @Test func theCoordinatorsOwnCounts() throws {
        var known = facts("CUDA0")
        known.hosts[.here]?.gpus = ["AMD, /dev/dri/renderD128"]
        let found = IdleGPU.all(spec, known)
        #expect(found.map(\.nodes) == [[.coordinator]])
        #expect(found.first?.notice.contains("\"devices\"") == false)
        var alone = spec
        alone.placement.participants = .workersOnly
        #expect(IdleGPU.all(alone, known) == [])
        known.hosts[.here]?.devices = ["ROCm0"]
        #expect(IdleGPU.all(spec, known) == [])
    }
}
