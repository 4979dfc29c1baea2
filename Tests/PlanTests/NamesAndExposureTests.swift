import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import LlamaCpp
@testable import Placement
@testable import Plan
@testable import Samples

/// Names are looked up once, and what can be reached from beyond is told.
@Suite struct NamesAndExposureTests {
    @Test func bothSidesUseTheAddressThatWasLookedUp() throws {
        var spec = SampleSpecs.remote
        spec.workers[3].host = "gpu-4"
        spec.coordinator.host = "head"
        spec.coordinator.location = .ssh(destination: "head", options: [])
        let facts = HostFacts(
            addresses: ["gpu-2": "10.0.0.2", "gpu-4": "10.0.0.4", "head": "10.0.0.1"])
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        let worker = try #require(plan.process("worker-2"))
        #expect(worker.value(after: "-H") == "10.0.0.2")
        #expect(worker.dial == worker.bind)
        #expect(worker.readiness == .rpcHello(host: "10.0.0.2", port: 50055))
        let coordinator = try #require(plan.process("coordinator"))
        #expect(coordinator.value(after: "--host") == "10.0.0.1")
        #expect(coordinator.dial.host == "10.0.0.1" && coordinator.bind.host == "10.0.0.1")
        #expect(coordinator.value(after: "--rpc")?.contains("10.0.0.2:50055,") == true)
        #expect(coordinator.value(after: "--rpc")?.hasSuffix(",10.0.0.4:50052") == true)
        #expect(plan.unmanaged[0].endpoint == Endpoint(host: "10.0.0.4", port: 50052))
        #expect(!plan.assumptions.contains { $0.contains("is not known, so its name") })
    }

    /// Debian's own name of a host leads to its loopback, where nothing listens.
    @Test func whatIsBoundIsDialledWhereTheNameIsALoopbackAddress() throws {
        var spec = SampleSpecs.spec(workers: [SampleSpecs.worker(1, host: "gpu-1")])
        spec.workers[0].bind = "10.0.0.5"
        for (address, dialled) in [("127.0.1.1", "10.0.0.5"), ("192.168.1.5", "192.168.1.5")] {
            let plan = try LaunchPlanner.plan(
                spec, facts: HostFacts(addresses: ["gpu-1": address]))
            #expect(plan.process("worker-1")?.bind.host == "10.0.0.5")
            #expect(plan.process("worker-1")?.dial.host == dialled)
        }
        spec.workers[0].bind = "0.0.0.0"
        let plan = try LaunchPlanner.plan(spec, facts: HostFacts(addresses: ["gpu-1": "127.0.1.1"]))
        #expect(plan.process("worker-1")?.dial.host == "127.0.1.1")
    }

    @Test func aNameThatIsNotKnownIsAnAssumption() throws {
        var spec = SampleSpecs.remote
        spec.coordinator.host = "head"
        let plan = try LaunchPlanner.plan(spec)
        #expect(plan.assumptions.contains { $0.hasPrefix("worker-2: the address of gpu-2 is not") })
        #expect(plan.assumptions.contains { $0.hasPrefix("coordinator: the address of head is") })
    }

    @Test func localhostIsAnAddress() throws {
        var spec = SampleSpecs.local
        spec.workers[0].host = "localhost"
        spec.coordinator.host = "localhost"
        let plan = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(plan.process("worker-1")?.bind.host == "127.0.0.1")
        #expect(plan.process("coordinator")?.value(after: "--host") == "127.0.0.1")
        #expect(plan.exposures == [])
    }

    /// Releases before October 2025 name a device after its server, whatever was recorded.
    @Test func anOldNameFollowsTheAddress() throws {
        var facts = HostFacts(addresses: ["gpu-2": "10.0.0.9"])
        facts.offeredDevices = ["gpu-2:50055": ["RPC[10.0.0.2:50055]"]]
        var spec = SampleSpecs.remote
        spec.workers[1].devices = []
        let devices = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")
        #expect(devices != nil)
        var planner = LaunchPlanner(spec: spec, facts: facts, apiPort: 52101)
        #expect(try planner.devices()[1].name == "RPC[10.0.0.9:50055]")
    }

    @Test func unmanagedWorkersAreToldOfToo() throws {
        var spec = SampleSpecs.local
        #expect(try LaunchPlanner.plan(spec).exposures == [])
        spec.workers[0].managed = false
        spec.workers[0].host = "10.0.0.4"
        let exposures = try LaunchPlanner.plan(spec).exposures
        #expect(exposures.map(\.nodes) == [[spec.workers[0].node]])
        #expect(exposures[0].complaint.problem.contains("reach 10.0.0.4:50052 can use it"))
        spec.coordinator.host = "0.0.0.0"
        #expect(try LaunchPlanner.plan(spec).exposures.map(\.nodes.count) == [1, 1])
        spec.coordinator.apiKeyFile = "/k"
        #expect(try LaunchPlanner.plan(spec).exposures.map(\.nodes.count) == [1])
    }

    @Test func webPagesOfOthersAreKeptOutWithoutAKey() throws {
        func origins(_ change: (inout ClusterSpec) -> Void, has: Bool? = true) throws -> String? {
            var spec = SampleSpecs.local
            change(&spec)
            var facts = SampleSpecs.localFacts
            facts.hosts[.here]?.binaries["llama-server"]?.capabilities?.corsOrigins = has
            return try LaunchPlanner.plan(spec, facts: facts).process("coordinator")?
                .value(after: "--cors-origins")
        }
        #expect(try origins { _ in } == "localhost")
        #expect(try origins({ _ in }, has: false) == nil)
        #expect(try origins { $0.coordinator.apiKeyFile = "/k" } == nil)
        #expect(try origins { $0.coordinator.corsOrigins = "https://a" } == "https://a")
        #expect(
            throws: PlanError.coordinatorWithoutOrigins(
                path: "\(SampleSpecs.bin)/llama-server", host: "this machine")
        ) {
            try origins({ $0.coordinator.corsOrigins = "https://a" }, has: false)
        }
    }

    @Test func sleepIsAFlagThatTheBuildHasToHave() throws {
        var spec = SampleSpecs.local
        var facts = SampleSpecs.localFacts
        #expect(try !LaunchPlanner.plan(spec, facts: facts).maySleep)
        spec.coordinator.sleepAfter = 600
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        #expect(plan.maySleep)
        #expect(plan.process("coordinator")?.value(after: "--sleep-idle-seconds") == "600")
        facts.hosts[.here]?.binaries["llama-server"]?.capabilities?.sleep = false
        #expect(
            throws: PlanError.coordinatorWithoutSleep(
                path: "\(SampleSpecs.bin)/llama-server", host: "this machine")
        ) { try LaunchPlanner.plan(spec, facts: facts) }
    }

    /// What an earlier release recorded is asked again, since it did not look for the flag or the
    /// threads.
    @Test func whatWasNotLookedForIsAskedAgain() {
        let stamp = HostFacts.Stamp(size: 1, modified: 0)
        var binary = HostFacts.Binary(
            path: "/s", stamp: stamp, capabilities: .currentRelease, companions: "1")
        #expect(binary.fingerprint != nil)
        binary.capabilities?.corsOrigins = nil
        #expect(binary.fingerprint == nil)
        binary.capabilities = .currentRelease
        binary.capabilities?.sleep = nil
        #expect(binary.fingerprint == nil)
        // An rpc-server.
        binary.capabilities = nil
        #expect(binary.fingerprint == nil)
        binary.defaultThreads = 0
        #expect(binary.fingerprint != nil)
    }

    /// Whatever the specification says changes the id, although it may change no command.
    @Test func theIdCoversWhatHappensLater() throws {
        let changes: [(inout ClusterSpec) -> Void] = [
            { _ in }, { $0.timeouts.lease = 40 }, { $0.timeouts.stop = 1 },
            { $0.restart.maxRestarts = 3 }, { $0.restart.degradeAfter = 3 },
            { $0.restart.maxMemory = 3 << 30 },
            { $0.health.failures = 9 }, { $0.placement.mayOvercommit = true },
            { $0.workers[0].cacheLimit = 1 }, { $0.workers[1].memoryReserve = 1 },
            { $0.forwardPortBase = 4000 },
        ]
        let ids = try changes.map { change in
            var spec = SampleSpecs.local
            change(&spec)
            return try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts).id
        }
        #expect(Set(ids).count == changes.count)
        #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
        var spec = SampleSpecs.local
        spec.origins[.coordinator(.port)] = .option("--port")
        #expect(try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts).id == ids[0])
    }
}
