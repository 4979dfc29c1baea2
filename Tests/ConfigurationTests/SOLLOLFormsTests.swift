import Testing

@testable import Configuration
@testable import Samples

/// Every form in which SOLLOL users have written their configuration.
struct SOLLOLFormsTests {
    static let document = """
        // The configuration of SOLLOL's documentation.
        {
          "task_distribution_enabled": true,      // not ours
          "model_sharding_enabled": true,
          "ollama_nodes": [{"host": "10.9.66.48", "port": 11434}],
          "redis_url": "redis://localhost:6379",
          "model": "codellama:13b",
          "rpc_backends": [
            {"host": "10.9.66.154", "port": 50052},
            {"host": "10.9.66.48"},
            "10.9.66.45:50053",
            "10.9.66.90"
          ],
          "coordinator_url": "http://127.0.0.1:18080"
        }
        """

    @Test func documentOfSOLLOL() throws {
        let loaded = try Loading.load(Self.document)
        #expect(loaded.spec.distributedInferenceEnabled)
        #expect(loaded.spec.model == .ollama(name: "codellama:13b"))
        #expect(
            loaded.endpoints == [
                "10.9.66.154:50052", "10.9.66.48:50052", "10.9.66.45:50053", "10.9.66.90:50052",
            ])
        #expect(loaded.row("coordinator.host") == "\"127.0.0.1\" home.json:14")
        #expect(loaded.row("coordinator.port") == "18080 home.json:14")
        #expect(loaded.row("rpc_backends[0].port") == "50052 home.json:9")
        #expect(loaded.row("rpc_backends[1].port") == "50052 default")
        #expect(loaded.row("rpc_backends[2].host") == "\"10.9.66.45\" home.json:11")
        #expect(loaded.row("distributed_inference_enabled") == "true home.json:4")
        #expect(
            loaded.notices == [
                "home.json: not used by distributed inference: task_distribution_enabled, "
                    + "ollama_nodes, redis_url",
                "model_sharding_enabled is the old name of distributed_inference_enabled; what it "
                    + "enables is layer distribution",
            ])
    }

    @Test func everyForeignKeyIsAcceptedAndListedOnce() throws {
        let keys =
            ConfigurationSchema.foreign.sorted()
            + ConfigurationSchema.foreignPrefixes.map { $0 + "anything" }
        let members = keys.map { "\"\($0)\": 1" }.joined(separator: ",")
        let loaded = try Loading.load(Loading.with(members))
        let list = keys.joined(separator: ", ")
        #expect(loaded.notices == ["home.json: not used by distributed inference: \(list)"])
    }

    /// What `CONFIGURATION.md` and SOLLOL's sources name.
    @Test(arguments: [
        "task_distribution_enabled", "ollama_nodes", "hosts", "ray_workers", "dask_workers",
        "dask_scheduler", "enable_batch_processing", "enable_ray", "enable_dask",
        "autobatch_enabled", "autobatch_interval", "autobatch_min_batch_size",
        "autobatch_max_batch_size", "port", "gateway_port", "gateway_host", "routing_strategy",
        "metrics_enabled", "metrics_port", "adaptive_metrics_enabled", "adaptive_metrics_interval",
        "influxdb_url", "redis_host", "dashboard_port", "health_check_enabled",
        "health_check_interval", "health_check_timeout", "max_retries",
        "retry_backoff_multiplier", "chat_timeout", "embedding_timeout", "log_level",
    ])
    func isForeign(_ key: String) { #expect(ConfigurationSchema.isForeign(key)) }

    @Test func hostileForeignKeyCannotSteerATerminal() throws {
        let loaded = try Loading.load(Loading.with(#""redis_\u001b[2J\u202e": 1"#))
        #expect(
            loaded.notices == [
                #"home.json: not used by distributed inference: redis_\u{1b}[2J\u{202e}"#
            ])
    }

    @Test func unknownTopLevelKeysAreOneWarning() throws {
        let loaded = try Loading.load(Loading.with(#""favourite_colour": 1, "zzz": {}"#))
        #expect(loaded.notices == ["home.json: unknown and ignored: \"favourite_colour\", \"zzz\""])
    }

    @Test func backendsFile() throws {
        let text = "# GPUs\r\n10.9.66.48:50052   # the old one\n\n  gpu-2  \r\ngpu-3:50053"
        let loaded = try Loading.load(#"{"model": "/m.gguf"}"#, backends: text)
        #expect(loaded.endpoints == ["10.9.66.48:50052", "gpu-2:50052", "gpu-3:50053"])
        #expect(loaded.row("rpc_backends[1].host") == "\"gpu-2\" rpc_backends.conf:4")
        #expect(loaded.row("rpc_backends[1].port") == "50052 default")
        #expect(loaded.row("rpc_backends[2].port") == "50053 rpc_backends.conf:5")
    }

    /// An editor of Windows puts a mark before the first line (microsoft/playwright 39420).
    @Test func aMarkBeforeTheFirstLineOfBackendsIsPassedOver() throws {
        let loaded = try Loading.load(
            #"{"model": "/m.gguf"}"#, backends: "\u{FEFF}10.9.66.48:50052\r\ngpu-2\r\n")
        #expect(loaded.endpoints == ["10.9.66.48:50052", "gpu-2:50052"])
    }

    /// SOLLOL has its own dashboard at 8080, where a coordinator may be as well.
    @Test func aPortOfThePlanInTheEnvironmentIsNotThePages() throws {
        let loaded = try Loading.load(
            Loading.with(#""coordinator": {"port": 8080}"#),
            environment: ["SOLLOL_DASHBOARD_PORT": "8080"])
        #expect(loaded.spec.dashboard.port == nil)
        #expect(loaded.row("dashboard.port") == "null default")
        #expect(loaded.notices == ["SOLLOL_DASHBOARD_PORT is not used: 8080 is coordinator.port"])
    }

    @Test func noFileAtAll() throws {
        let loaded = try Loading.load(
            nil,
            environment: ["RPC_BACKENDS": "a:1, b", "SOLLOL_MODEL_PATH": "models/m.gguf"])
        #expect(loaded.spec.name == "default")
        #expect(loaded.spec.model == .file(path: "/work/models/m.gguf"))
        #expect(loaded.endpoints == ["a:1", "b:50052"])
        #expect(loaded.row("rpc_backends[0].host") == "\"a\" RPC_BACKENDS")
    }

    @Test func everyVariableOfSOLLOL() throws {
        let loaded = try Loading.load(
            Loading.with(""),
            environment: [
                "SOLLOL_MODEL_PATH": "/e.gguf", "SOLLOL_COORDINATOR_HOST": "192.168.1.10",
                "SOLLOL_COORDINATOR_PORT": "18081", "SOLLOL_CTX_SIZE": "4096",
                "SOLLOL_HEALTH_CHECK_TIMEOUT": "5.5", "SOLLOL_MAX_HEALTH_FAILURES": "4",
                "SOLLOL_MAX_RESTARTS": "5", "SOLLOL_RPC_HEARTBEAT_INTERVAL": "600",
                "SOLLOL_SHUTDOWN_TIMEOUT": "20", "SOLLOL_DASHBOARD": "0",
                "SOLLOL_DASHBOARD_PORT": "8080", "SOLLOL_REDIS_PORT": "nonsense",
            ])
        #expect(loaded.row("model") == "\"/e.gguf\" SOLLOL_MODEL_PATH")
        #expect(loaded.row("coordinator.host") == "\"192.168.1.10\" SOLLOL_COORDINATOR_HOST")
        #expect(loaded.row("coordinator.port") == "18081 SOLLOL_COORDINATOR_PORT")
        #expect(loaded.row("coordinator.ctx_size") == "4096 SOLLOL_CTX_SIZE")
        #expect(loaded.row("health.timeout") == "5.5 SOLLOL_HEALTH_CHECK_TIMEOUT")
        #expect(loaded.row("health.failures") == "4 SOLLOL_MAX_HEALTH_FAILURES")
        #expect(loaded.row("restart.max_restarts") == "5 SOLLOL_MAX_RESTARTS")
        #expect(loaded.row("health.interval") == "600 SOLLOL_RPC_HEARTBEAT_INTERVAL")
        #expect(loaded.row("timeouts.stop") == "20 SOLLOL_SHUTDOWN_TIMEOUT")
        #expect(loaded.row("dashboard.enabled") == "false SOLLOL_DASHBOARD")
        #expect(loaded.row("dashboard.port") == "8080 SOLLOL_DASHBOARD_PORT")
        #expect(loaded.notices == [])
    }

    @Test func disabledMeansACoordinatorAlone() throws {
        for key in ["distributed_inference_enabled", "model_sharding_enabled"] {
            let loaded = try Loading.load(Loading.with("\"\(key)\": false"))
            #expect(!loaded.spec.distributedInferenceEnabled)
            #expect(loaded.spec.workers.isEmpty)
            #expect(
                loaded.notices.last
                    == "distributed inference is disabled: the coordinator runs alone, "
                    + "rpc_backends are not used")
        }
        let alone = try Loading.load(
            #"{"distributed_inference_enabled": false, "model": "/m.gguf"}"#)
        #expect(
            alone.notices == ["distributed inference is disabled: the coordinator runs alone"])
        let placed = try Loading.load(
            #"{"model": "/m.gguf", "distributed_inference_enabled": false, "placement": "#
                + #"{"strategy": "even", "cpu_experts": 4, "start_spares": false}}"#)
        #expect(
            placed.notices.last == "without workers nothing comes of: placement.strategy")
    }

    @Test func bothNamesOfTheFeatureMayAgree() throws {
        let loaded = try Loading.load(
            Loading.with(
                #""distributed_inference_enabled": true, "model_sharding_enabled": true"#))
        #expect(loaded.spec.distributedInferenceEnabled)
        #expect(loaded.notices.count == 1)
    }
}
