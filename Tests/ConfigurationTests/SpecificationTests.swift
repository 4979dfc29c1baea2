import Testing

@testable import Basics
@testable import Configuration
@testable import Model
@testable import Samples

/// From a file to the whole specification.
struct SpecificationTests {
    /// Every key of `CONFIGURATION.md`, none at its default.
    static let full = """
        {
          "distributed_inference_enabled": true,
          "name": "lab",
          "model": "./models/llama.gguf",
          "rpc_backends": [
            "10.9.66.48:50052",
            { "name": "attic", "host": "10.9.66.154", "port": 50055, "ssh": "ubuntu@gpu-2",
              "ssh_options": ["Port=2222"], "bind": "10.9.66.155", "transport": "direct",
              "binary": "bin/rpc-server", "devices": ["CUDA0", "CUDA1"], "threads": 8,
              "cache": true, "cache_limit": "7GiB", "shards": {"folder": "/data/shards"},
              "memory_limit": "24GiB", "memory_reserve": "1 GiB", "speed": 2.5, "environment": {"CUDA_VISIBLE_DEVICES": "0,1"},
              "extra_arguments": ["--odd", "one"] },
            { "host": "gpu-3", "transport": "ssh" },
            { "host": "10.9.66.99", "managed": false },
            { "host": "8.8.8.8" }
          ],
          "allow_exposed_bind": true,
          "forward_port_base": 40000, "storage": "whole",
          "coordinator": { "host": "10.9.66.1", "port": 8080, "ctx_size": 4096, "parallel": 2,
                           "ssh": "head", "binary": "~/bin/llama-server",
                           "memory_limit": "16GB", "memory_reserve": "0",
                           "api_key_file": "~/keys", "cors_origins": "https://a.example",
                           "allow_dangerous_flags": true, "environment": {"OMP_NUM_THREADS": "4"},
                           "extra_arguments": ["--alias", "$(id) it's"],
                           "draft_model": "draft.gguf", "projector": "/m/projector.gguf",
                           "lora": ["~/lora.gguf"], "mode": "rerank", "sleep_after": 600,
                           "shards": {"folder": "~/shards"} },
          "restart": { "initial_delay": 1, "max_delay": 50, "reset_after": 40, "max_restarts": 9,
                       "period": 100.5, "degrade_after": 20, "max_memory": "9GiB" },
          "health": { "interval": 3, "timeout": 11, "failures": 4, "canary": false },
          "timeouts": { "connect": 1, "ready": 2, "progress": 3, "stall": 4, "lease": 0,
                        "stop": 6 },
          "placement": { "strategy": "manual", "participants": "workers_only",
                         "layers": [3, 0, 30], "cpu_experts": 0, "start_spares": true },
          "notify": { "command": "logger -t sollol", "url_file": "hook",
                      "events": ["down", "gave_up"] },
          "dashboard": { "enabled": false, "host": "10.9.66.1", "port": 8081,
                         "names": ["llm.example"], "users": ["grafana"] }
        }
        """

    @Test func wholeSpecification() throws {
        var spec = try Loading.load(Self.full).spec
        spec.origins = [:]
        #expect(spec == Self.expected)
    }

    private static let expected: ClusterSpec = {
        var workers = [
            SampleSpecs.worker(
                1, host: "10.9.66.48", location: .ssh(destination: "10.9.66.48", options: [])),
            SampleSpecs.worker(
                2, host: "10.9.66.154", port: 50055,
                location: .ssh(destination: "ubuntu@gpu-2", options: ["Port=2222"])),
            SampleSpecs.worker(
                3, host: "gpu-3", location: .ssh(destination: "gpu-3", options: [])),
            SampleSpecs.worker(
                4, host: "10.9.66.99", location: .ssh(destination: "10.9.66.99", options: [])),
            SampleSpecs.worker(
                5, host: "8.8.8.8", location: .ssh(destination: "8.8.8.8", options: [])),
        ]
        workers[1].bind = "10.9.66.155"
        workers[1].binary = "/etc/lab/bin/rpc-server"
        workers[1].devices = ["CUDA0", "CUDA1"]
        workers[1].threads = 8
        for index in workers.indices { workers[index].cache = true }
        workers[1].cacheLimit = 7 << 30
        workers[1].shardsFolder = "/data/shards"
        workers[1].memoryLimit = 24 << 30
        workers[1].memoryReserve = 1 << 30
        workers[1].speed = 2.5
        workers[1].environment = ["CUDA_VISIBLE_DEVICES": "0,1"]
        workers[1].extraArguments = ["--odd", "one"]
        workers[2].transport = .ssh
        for (index, worker) in workers.enumerated() {
            workers[index].node = .worker(
                index + 1, name: index == 1 ? "attic" : nil, at: worker.endpoint,
                through: worker.transport == .ssh ? worker.location.sshDestination : nil)
        }
        workers[3].managed = false
        var spec = SampleSpecs.spec(
            name: "lab", workers: workers, model: .file(path: "/etc/lab/models/llama.gguf"))
        spec.coordinator = CoordinatorSpec(
            host: "10.9.66.1", port: 8080, location: .ssh(destination: "head", options: []),
            contextSize: 4096, parallel: 2, binary: "~/bin/llama-server", apiKeyFile: "~/keys",
            corsOrigins: "https://a.example",
            environment: ["OMP_NUM_THREADS": "4"],
            extraArguments: ["--alias", "$(id) it's"])
        spec.coordinator.companions.draftModel = "/etc/lab/draft.gguf"
        spec.coordinator.companions.projector = "/m/projector.gguf"
        spec.coordinator.companions.lora = ["~/lora.gguf"]
        spec.coordinator.mode = .rerank
        spec.coordinator.sleepAfter = 600
        spec.coordinator.shardsFolder = "~/shards"
        spec.coordinator.memoryLimit = 16_000_000_000
        spec.coordinator.memoryReserve = 0
        spec.placement.strategy = .manual
        spec.placement.participants = .workersOnly
        spec.placement.layers = [3, 0, 30]
        spec.placement.startSpares = true
        spec.forwardPortBase = 40000
        spec.allowExposedBind = true
        spec.restart.initialDelay = 1
        spec.restart.maxDelay = 50
        spec.restart.resetAfter = 40
        spec.restart.maxRestarts = 9
        spec.restart.period = 100.5
        spec.restart.degradeAfter = 20
        spec.restart.maxMemory = 9 << 30
        spec.health.interval = 3
        spec.health.timeout = 11
        spec.health.failures = 4
        spec.timeouts.connect = 1
        spec.timeouts.ready = 2
        spec.timeouts.progress = 3
        spec.timeouts.stall = 4
        spec.timeouts.lease = 0
        spec.timeouts.stop = 6
        spec.notify.command = "logger -t sollol"
        spec.notify.urlFile = "/etc/lab/hook"
        spec.notify.events = ["down", "gave_up"]
        spec.dashboard.isEnabled = false
        spec.dashboard.host = "10.9.66.1"
        spec.dashboard.port = 8081
        spec.dashboard.names = ["llm.example"]
        spec.dashboard.users = ["grafana"]
        return spec
    }()

    @Test func everyKeyButTheDefaultIsShownWithItsLine() throws {
        let loaded = try Loading.load(Self.full)
        let paths =
            ConfigurationSchema.keys.map(\.description)
            + ConfigurationGroup.backend(1).keys.map(\.description)
        for path in paths where !path.hasSuffix("].managed") && !path.hasSuffix("].transport") {
            let row = try #require(loaded.row(path))
            #expect(row.contains("home.json:"), "\(path): \(row); add it to `full`")
        }
    }

    @Test func defaultsAreThoseOfTheSpecification() throws {
        let loaded = try Loading.load(#"{"model": "/m.gguf", "rpc_backends": ["10.0.0.1"]}"#)
        var expected = SampleSpecs.spec(
            workers: [
                SampleSpecs.worker(
                    1, host: "10.0.0.1", location: .ssh(destination: "10.0.0.1", options: []))
            ], model: .file(path: "/m.gguf"))
        expected.workers[0].cache = true
        expected.workers[0].node = .worker(1, at: Endpoint(host: "10.0.0.1", port: 50052))
        expected.origins = loaded.spec.origins
        #expect(loaded.spec == expected)
        #expect(loaded.notices == [])
    }

    @Test func anAddressIsAModelOfWhichShardsAreMade() throws {
        let loaded = try Loading.load(
            #"{"model": "https://h/m.gguf", "storage": "sharded", "rpc_backends": ["10.0.0.1"]}"#)
        #expect(loaded.spec.model == .address(try SourceAddress("https://h/m.gguf")))
    }

    @Test func nullIsTheSameAsAbsent() throws {
        let names =
            ConfigurationSchema.keys.map(\.description).filter { !$0.contains(".") }
            .filter { $0 != "model" } + ConfigurationSchema.groups.map(\.description)
            + ["worker_defaults"]
        let members = names.map { "\"\($0)\": null" }.joined(separator: ",")
        let loaded = try Loading.load(Loading.with(members))
        #expect(loaded == (try Loading.load(Loading.with(""))))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("LocalHost", true),
        ("192.168.1.10", true), ("control", true), ("CONTROL", true), ("10.0.0.1", false),
        ("gpu-1", false), ("127.example", false),
    ])
    func whereItRuns(_ host: String, _ isHere: Bool) throws {
        let json = """
            {"model": "/m.gguf", "rpc_backends": [{"host": "\(host)", "transport": "ssh"}],
             "coordinator": {"host": "\(host)"}}
            """
        let spec = try Loading.load(json).spec
        let expected: RunLocation = isHere ? .here : .ssh(destination: host, options: [])
        #expect(spec.workers[0].location == expected)
        #expect(spec.coordinator.location == expected)
    }

    @Test func aWildcardCoordinatorIsHereUnlessSSHSaysOtherwise() throws {
        let here = try Loading.load(Loading.with(#""coordinator": {"host": "0.0.0.0"}"#))
        #expect(here.spec.coordinator.location == .here)
        let there = try Loading.load(
            Loading.with(#""coordinator": {"host": "0.0.0.0", "ssh": "head"}"#))
        #expect(there.spec.coordinator.location == .ssh(destination: "head", options: []))
    }

    @Test(arguments: [
        ("home.json", "home"), ("lab.v2.json", "lab.v2"), ("plain", "plain"),
        ("/etc/sollol/sollol.json", "sollol"),
    ])
    func nameOfTheFile(_ path: String, _ name: String) throws {
        let loaded = try Loading.load(Loading.with(""), path: path)
        #expect(loaded.spec.name == name)
        #expect(loaded.row("name") == "\"\(name)\" default")
    }

    @Test(arguments: [full, Loading.with(""), SOLLOLFormsTests.document])
    func effectiveJSONLoadsAgain(_ json: String) throws {
        let first = try Loading.load(json)
        let second = try Loading.load(first.effective.json)
        var (one, two) = (first.spec, second.spec)
        one.origins = [:]
        two.origins = [:]
        #expect(one == two)
        #expect(second.effective.json == first.effective.json)
        #expect(!first.effective.json.contains("sharding"))
        #expect(!second.notices.contains { $0.contains("old name") })
    }

    @Test func effectiveText() throws {
        let loaded = try Loading.load(
            Loading.with(#""coordinator": {"extra_arguments": ["--alias", "a b"]}"#),
            options: ["--port": "9"])
        let lines = loaded.effective.text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.contains("model \"/m.gguf\" home.json:1"))
        #expect(lines.contains("coordinator.port 9 --port"))
        #expect(lines.contains("coordinator.host \"127.0.0.1\" default"))
        #expect(
            lines.contains(#"coordinator.extra_arguments ["--alias", "a b"] home.json:2"#))
        #expect(lines.contains("rpc_backends[0].host \"10.0.0.1\" home.json:1"))
        #expect(
            lines.count == ConfigurationSchema.keys.count + ConfigurationKey.Backend.allCases.count)
    }
}
