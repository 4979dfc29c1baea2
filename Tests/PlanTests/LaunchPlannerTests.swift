import Testing

@testable import Basics
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Samples

@Suite struct LaunchPlannerTests {
    private let bin = SampleSpecs.bin

    @Test func withAllFactsNothingIsAssumed() throws {
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: SampleSpecs.localFacts)
        #expect(plan.assumptions == [])
        #expect(
            plan.processes.map(\.argv) == [
                ["\(bin)/ggml-rpc-server", "-H", "127.0.0.1", "-p", "50052"],
                ["\(bin)/ggml-rpc-server", "-H", "127.0.0.1", "-p", "50053"],
                [
                    "\(bin)/llama-server", "--model", SampleSpecs.model,
                    "--host", "127.0.0.1", "--port", "18080", "--ctx-size", "8192",
                    "--parallel", "1", "--rpc", "127.0.0.1:50052,127.0.0.1:50053",
                    "-ngl", "all", "-ts", "13,12", "-fit", "off", "--load-mode", "none",
                    "--cache-ram", "0", "-lv", "4", "--metrics", "--slots", "--cors-origins",
                    "localhost",
                ],
            ])
        #expect(plan.processes.map(\.environment).allSatisfy { $0 == ["GGML_NO_BACKTRACE": "1"] })
        #expect(plan.processes.map(\.startAfter) == [[], [], ["worker-1", "worker-2"]])
        #expect(
            plan.processes.map(\.readiness) == [
                .rpcHello(host: "127.0.0.1", port: 50052),
                .rpcHello(host: "127.0.0.1", port: 50053),
                .httpHealth(host: "127.0.0.1", port: 18080),
            ])
        #expect(
            plan.distribution
                == LayerDistribution(
                    blockCount: 24,
                    shares: [
                        .init(node: "worker-1", device: "RPC0", layers: 0..<13),
                        .init(node: "worker-2", device: "RPC1", layers: 13..<25),
                    ]))
    }

    @Test func withoutFactsEachAssumptionIsListedOnce() throws {
        let plan = try LaunchPlanner.plan(SampleSpecs.local)
        #expect(
            plan.assumptions == [
                "worker-1, worker-2: where rpc-server, or ggml-rpc-server in its place, lies is "
                    + "not known; `sollol check` looks for it.",
                "worker-1, worker-2: one device is assumed; `sollol check` asks the server.",
                "coordinator: the number of layers is not known here, so equal shares (-ts) are "
                    + "assumed; `sollol up` reads it from the model and gives layer counts.",
                "coordinator: where llama-server lies is not known; `sollol check` looks for it.",
                "coordinator: the flags of llama.cpp 0.7.0 (build 11669) and no GPU of its own "
                    + "are assumed; `sollol check` asks the binary.",
            ])
        #expect(plan.distribution == nil)
        #expect(plan.process("coordinator")?.argv.contains("1,1") == true)
    }

    /// Where ssh goes, what rpc-server binds and what the coordinator dials are three things.
    @Test func threeAddressesAreKeptApart() throws {
        var spec = SampleSpecs.remote
        spec.workers[0].bind = "192.168.1.7"
        let facts = HostFacts(addresses: ["gpu-2": "10.0.0.2"])
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        let workers = plan.processes.filter { $0.role == .worker }
        #expect(
            workers.map(\.location.sshDestination) == ["10.9.66.48", "ubuntu@gpu-2", "gpu-3"])
        #expect(
            workers.map(\.bind) == [
                Endpoint(host: "192.168.1.7", port: 50052), Endpoint(host: "10.0.0.2", port: 50055),
                Endpoint(host: "127.0.0.1", port: 50052),
            ])
        #expect(
            workers.map(\.dial) == [
                Endpoint(host: "10.9.66.48", port: 50052), Endpoint(host: "10.0.0.2", port: 50055),
                Endpoint(host: "127.0.0.1", port: 52102),
            ])
        #expect(
            workers.map(\.forwards) == [
                [], [],
                [
                    PortForward(
                        side: .here, listen: Endpoint(host: "127.0.0.1", port: 52102),
                        target: Endpoint(host: "127.0.0.1", port: 50052), carriesRPC: true)
                ],
            ])
        #expect(plan.unmanaged.map(\.name) == ["worker-4"])
        #expect(
            plan.process("coordinator")?.value(after: "--rpc")
                == "10.9.66.48:50052,10.0.0.2:50055,127.0.0.1:52102,10.9.66.99:50052")
        #expect(!plan.assumptions.contains { $0.contains("address of") })
    }

    @Test func aTunnelOnThisMachineIsNone() throws {
        var spec = SampleSpecs.local
        spec.workers[0].transport = .ssh
        let worker = try #require(try LaunchPlanner.plan(spec).process("worker-1"))
        #expect(worker.dial == Endpoint(host: "127.0.0.1", port: 50052))
        #expect(worker.forwards == [])
    }

    /// Each row of the table in `LaunchPlanner.addresses(of:)`, seen from a coordinator that
    /// is elsewhere.
    @Test func throughSshEveryWorkerIsReachedFromAThirdHost() throws {
        var spec = SampleSpecs.remote
        spec.coordinator.location = .ssh(destination: "gpu-2", options: [])
        spec.coordinator.host = "0.0.0.0"
        spec.workers = Array(spec.workers.prefix(3))
        let places: [RunLocation] = [
            .here, .ssh(destination: "gpu-2", options: ["Port=7"]),
            .ssh(destination: "gpu-3", options: []),
        ]
        for index in spec.workers.indices {
            spec.workers[index].transport = .ssh
            spec.workers[index].location = places[index]
            spec.workers[index].port = 50052
        }
        let plan = try LaunchPlanner.plan(spec)
        let coordinator = try #require(plan.process("coordinator"))
        #expect(
            coordinator.value(after: "--rpc") == "127.0.0.1:52100,127.0.0.1:50052,127.0.0.1:52102")
        #expect(
            coordinator.forwards.map(\.description) == [
                "127.0.0.1:52103 here leads to 127.0.0.1:18080 there",
                "127.0.0.1:52100 there leads to 127.0.0.1:50052 here",
                "127.0.0.1:52102 there leads to 127.0.0.1:52102 here",
            ])
        #expect(coordinator.readiness == .httpHealth(host: "127.0.0.1", port: 52103))
        let workers = plan.processes.filter { $0.role == .worker }
        #expect(
            workers.map { $0.forwards.map(\.description) } == [
                [], ["127.0.0.1:52101 here leads to 127.0.0.1:50052 there"],
                ["127.0.0.1:52102 here leads to 127.0.0.1:50052 there"],
            ])
        #expect(workers.map { $0.forwards.map(\.carriesRPC) } == [[], [false], [true]])
        #expect(
            workers.map(\.readiness) == [
                .rpcHello(host: "127.0.0.1", port: 50052),
                .rpcHello(host: "127.0.0.1", port: 52101),
                .rpcHello(host: "127.0.0.1", port: 52102),
            ])
    }

    @Test func everyFlagHasAReasonAndNoValueHas() throws {
        for spec in [SampleSpecs.local, SampleSpecs.remote] {
            for process in try LaunchPlanner.plan(spec).processes {
                for argument in process.arguments where argument.word.hasPrefix("-") {
                    #expect(argument.reason?.isEmpty == false, "\(argument.word)")
                }
                #expect(Set(process.environment.keys) == Set(process.environmentReasons.keys))
                #expect(process.arguments.first?.reason != nil)
            }
        }
        let plan = try LaunchPlanner.plan(SampleSpecs.remote)
        let coordinator = try #require(plan.process("coordinator"))
        #expect(coordinator.reason(of: "--model") == "model (--model)")
        #expect(
            coordinator.reason(of: "--port") == "coordinator.port (SOLLOL_COORDINATOR_PORT)")
        #expect(coordinator.reason(of: "--ctx-size") == "coordinator.ctx_size (default)")
        #expect(plan.process("worker-1")?.reason(of: "-H") == "rpc_backends[0].host")
    }

    @Test func devicesOfTheCoordinatorComeAfterRPCOrNotAtAll() throws {
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.devices = ["CUDA0"]
        var spec = SampleSpecs.local
        // A worker that names no device offers that GPU itself.
        let offered = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")
        #expect(offered?.value(after: "--device") == "RPC0,RPC1")
        for index in spec.workers.indices { spec.workers[index].devices = ["CPU"] }
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        let argv = try #require(plan.process("coordinator")?.argv)
        #expect(plan.process("coordinator")?.value(after: "--device") == "RPC0,RPC1,CUDA0")
        #expect(plan.distribution?.shares.map(\.node) == ["worker-1", "worker-2", "coordinator"])
        spec.placement.participants = .workersOnly
        let without = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")
        #expect(without?.value(after: "--device") == "RPC0,RPC1")
        #expect(without?.value(after: "-ot")?.hasSuffix("_=RPC0[127.0.0.1:50052]") == true)
        let rpc = try #require(argv.firstIndex(of: "--rpc"))
        let device = try #require(argv.firstIndex(of: "--device"))
        #expect(rpc < device)
    }

    @Test func aServerOfTwoDevicesGetsTwoShares() throws {
        var facts = SampleSpecs.localFacts
        facts.offeredDevices["127.0.0.1:50052"] = ["RPC0", "RPC1"]
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: facts)
        #expect(
            plan.distribution?.shares == [
                // Both devices are the memory of one process.
                .init(node: "worker-1", device: "RPC0", layers: 0..<6),
                .init(node: "worker-1", device: "RPC1", layers: 6..<12),
                .init(node: "worker-2", device: "RPC2", layers: 12..<25),
            ])
        #expect(plan.process("coordinator")?.value(after: "-ts") == "6,6,13")
    }

    @Test func devicesOfOldReleasesKeepTheirNames() throws {
        var facts = SampleSpecs.localFacts
        facts.offeredDevices = [
            "127.0.0.1:50052": ["RPC[127.0.0.1:50052]"],
            "127.0.0.1:50053": ["RPC[127.0.0.1:50053]"],
        ]
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: facts)
        #expect(
            plan.distribution?.shares.map(\.device)
                == ["RPC[127.0.0.1:50052]", "RPC[127.0.0.1:50053]"])
    }

    @Test func pathsInAHomeFolderAreExpandedWhereItIsKnown() throws {
        var spec = SampleSpecs.local
        spec.model = .file(path: "~/m.gguf")
        spec.coordinator.apiKeyFile = "~/keys"
        let known = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(known.process("coordinator")?.value(after: "--model") == "/home/ann/m.gguf")
        #expect(known.process("coordinator")?.value(after: "--api-key-file") == "/home/ann/keys")
        let unknown = try LaunchPlanner.plan(spec)
        #expect(unknown.process("coordinator")?.value(after: "--model") == "~/m.gguf")
        #expect(unknown.assumptions.filter { $0.contains("home folder") }.count == 2)
    }

    @Test func anOllamaNameBecomesItsRecordedFile() throws {
        var spec = SampleSpecs.local
        spec.model = .ollama(name: "codellama:13b")
        let blob = "/home/ann/.ollama/models/blobs/sha256-\(String(repeating: "a", count: 64))"
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.models["codellama:13b"] = .init(
            path: blob, stamp: .init(size: 1, modified: 1), blockCount: 40)
        let known = try LaunchPlanner.plan(spec, facts: facts)
        #expect(known.process("coordinator")?.value(after: "--model") == blob)
        #expect(known.process("coordinator")?.value(after: "-ts") == "21,20")
        let unknown = try LaunchPlanner.plan(spec)
        #expect(unknown.process("coordinator")?.value(after: "--model") == "codellama:13b")
        #expect(unknown.assumptions.contains { $0.contains("Ollama model codellama:13b") })
    }

    @Test func aWildcardIsProbedOnAnAddressThatCanBeDialled() throws {
        var spec = SampleSpecs.local
        spec.coordinator.host = "0.0.0.0"
        let here = try LaunchPlanner.plan(spec)
        #expect(
            here.process("coordinator")?.readiness == .httpHealth(host: "127.0.0.1", port: 18080))
        #expect(here.process("coordinator")?.value(after: "--host") == "0.0.0.0")
        spec.coordinator.location = .ssh(destination: "ann@gpu-1", options: [])
        let remote = try LaunchPlanner.plan(spec)
        #expect(
            remote.process("coordinator")?.readiness == .httpHealth(host: "127.0.0.1", port: 52102))
    }

    // MARK: - Errors

    @Test func fewerLayersThanDevices() {
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.models[SampleSpecs.model]?.shape = nil
        facts.hosts[.here]?.models[SampleSpecs.model]?.blockCount = 2
        facts.offeredDevices["127.0.0.1:50052"] = ["RPC0", "RPC1", "RPC2"]
        #expect(throws: PlanError.fewerLayersThanDevices(layers: 3, devices: 4)) {
            try LaunchPlanner.plan(SampleSpecs.local, facts: facts)
        }
    }

    @Test func moreDevicesThanLlamaTakes() {
        var facts = SampleSpecs.localFacts
        facts.offeredDevices["127.0.0.1:50053"] = (0..<15).map { "RPC\($0)" }
        let error = PlanError.tooManyDevices(count: 16, byWorker: ["worker-1 1", "worker-2 15"])
        #expect(throws: error) { try LaunchPlanner.plan(SampleSpecs.local, facts: facts) }
        #expect(error.message.contains("16 devices (worker-1 1, worker-2 15), at most 15"))
    }

    @Test func aBinaryWithoutRPC() {
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.binaries["llama-server"]?.capabilities?.rpc = false
        let error = PlanError.coordinatorWithoutRPC(
            path: "\(bin)/llama-server", host: "this machine")
        #expect(throws: error) { try LaunchPlanner.plan(SampleSpecs.local, facts: facts) }
        #expect(throws: Never.self) {
            try LaunchPlanner.plan(SampleSpecs.spec(workers: []), facts: facts)
        }
    }
}
