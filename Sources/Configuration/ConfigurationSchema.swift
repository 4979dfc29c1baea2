import Basics

/// Every key of the configuration, once: its type, default, bounds and who else can set it.
///
/// Reading, checking, the effective configuration and the test of `CONFIGURATION.md` follow it.
struct ConfigurationKey: Sendable {
    /// What a value has to be.
    enum Kind: Equatable, Sendable {
        case boolean
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case string(StringRule)
        case strings(StringRule)
        case integers(ClosedRange<Int>)
        case environment

        /// The word for it in messages and in `CONFIGURATION.md`.
        var name: String {
            switch self {
            case .boolean: "boolean"
            case .integer: "integer"
            case .number: "number"
            case .string: "string"
            case .strings: "list of strings"
            case .integers: "list of integers"
            case .environment: "object of strings"
            }
        }
    }

    /// `coordinator.port`; an element of a list is `rpc_backends[].host`.
    var path: String
    var kind: Kind
    /// As JSON.
    var standard: ConfigurationValue
    /// `seconds`, `tokens`, or nil.
    var unit: String?
    /// The environment variable that overrides it.
    var variable: String?
    /// The release from which on it acts; nil: it does.
    var since: String?

    /// `port` of `coordinator.port`.
    var name: String { path.split(separator: ".").last.map(String.init) ?? path }
}

/// A value of the configuration.
enum ConfigurationValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case strings([String])
    case integers([Int])
    case environment([String: String])
}

enum ConfigurationSchema {
    private static let fourth = "the fourth release (planner)"

    private static func seconds(
        _ path: String, _ standard: Double, _ range: ClosedRange<Double> = 0...86400,
        _ variable: String? = nil, since: String? = nil
    ) -> ConfigurationKey {
        ConfigurationKey(
            path: path, kind: .number(range), standard: .number(standard), unit: "seconds",
            variable: variable, since: since)
    }

    /// The keys of one backend; `worker_defaults` takes all but `host` and `port`.
    static let backend: [ConfigurationKey] = [
        .init(path: "host", kind: .string(.backendHost), standard: .null),
        .init(path: "port", kind: .integer(1...65535), standard: .integer(50052)),
        .init(path: "ssh", kind: .string(.sshDestination), standard: .null),
        .init(
            path: "ssh_options", kind: .strings(.sshOption), standard: .strings([])),
        .init(path: "bind", kind: .string(.address), standard: .null),
        .init(
            path: "transport", kind: .string(.oneOf(["direct", "ssh"])), standard: .string("direct")
        ),
        .init(path: "managed", kind: .boolean, standard: .boolean(true)),
        .init(path: "binary", kind: .string(.binary), standard: .null),
        .init(path: "devices", kind: .strings(.device), standard: .strings([])),
        .init(path: "threads", kind: .integer(1...4096), standard: .null),
        .init(path: "cache", kind: .boolean, standard: .boolean(true)),
        .init(path: "cache_limit", kind: .string(.memorySize), standard: .string("100GiB")),
        .init(path: "memory_limit", kind: .string(.memorySize), standard: .null),
        .init(path: "memory_reserve", kind: .string(.memorySize), standard: .string("512MiB")),
        .init(path: "speed", kind: .number(0.001...1_000_000), standard: .null),
        .init(path: "environment", kind: .environment, standard: .environment([:])),
        .init(path: "extra_arguments", kind: .strings(.argument), standard: .strings([])),
    ]

    /// Those that concern a backend which somebody else starts; the others are about starting it.
    static let ofUnmanaged: Set = [
        "host", "port", "managed", "memory_limit", "memory_reserve", "speed",
    ]

    /// Every key that is not part of a backend.
    static let keys: [ConfigurationKey] = [
        .init(path: "distributed_inference_enabled", kind: .boolean, standard: .boolean(true)),
        .init(path: "name", kind: .string(.clusterName), standard: .null),
        .init(
            path: "model", kind: .string(.model), standard: .null, variable: "SOLLOL_MODEL_PATH"),
        .init(path: "allow_exposed_bind", kind: .boolean, standard: .boolean(false)),
        .init(
            path: "forward_port_base", kind: .integer(1024...65520), standard: .integer(52100)),
        .init(
            path: "coordinator.host", kind: .string(.host), standard: .string("127.0.0.1"),
            variable: "SOLLOL_COORDINATOR_HOST"),
        .init(
            path: "coordinator.port", kind: .integer(1...65535), standard: .integer(18080),
            variable: "SOLLOL_COORDINATOR_PORT"),
        .init(
            path: "coordinator.ctx_size", kind: .integer(1...(1 << 24)), standard: .integer(8192),
            unit: "tokens", variable: "SOLLOL_CTX_SIZE"),
        .init(path: "coordinator.parallel", kind: .integer(1...256), standard: .integer(1)),
        .init(path: "coordinator.ssh", kind: .string(.sshDestination), standard: .null),
        .init(path: "coordinator.binary", kind: .string(.binary), standard: .null),
        .init(path: "coordinator.api_key_file", kind: .string(.path), standard: .null),
        .init(path: "coordinator.memory_limit", kind: .string(.memorySize), standard: .null),
        .init(
            path: "coordinator.memory_reserve", kind: .string(.memorySize),
            standard: .string("512MiB")),
        .init(path: "coordinator.environment", kind: .environment, standard: .environment([:])),
        .init(
            path: "coordinator.extra_arguments", kind: .strings(.argument), standard: .strings([])),
        seconds("restart.initial_delay", 0),
        seconds("restart.max_delay", 60),
        seconds("restart.reset_after", 60),
        .init(
            path: "restart.max_restarts", kind: .integer(0...1_000_000), standard: .null,
            variable: "SOLLOL_MAX_RESTARTS"),
        seconds("restart.period", 600, 1...31_536_000),
        .init(
            path: "restart.degrade_after", kind: .number(0...86400), standard: .null,
            unit: "seconds"),
        seconds("health.interval", 2, 0.1...86400, "SOLLOL_RPC_HEARTBEAT_INTERVAL"),
        seconds("health.timeout", 10, 0.1...3600, "SOLLOL_HEALTH_CHECK_TIMEOUT"),
        .init(
            path: "health.failures", kind: .integer(1...1000), standard: .integer(3),
            variable: "SOLLOL_MAX_HEALTH_FAILURES"),
        seconds("timeouts.connect", 10, 0.1...3600),
        seconds("timeouts.ready", 30, 0.1...86400),
        seconds("timeouts.progress", 60, 1...86400),
        seconds("timeouts.stall", 60, 1...86400),
        seconds("timeouts.lease", 30, 0...86400),
        seconds("timeouts.stop", 30, 0...86400, "SOLLOL_SHUTDOWN_TIMEOUT"),
        .init(
            path: "placement.strategy",
            kind: .string(.oneOf(["even", "memory_aware", "speed_aware", "manual"])),
            standard: .string("memory_aware")),
        .init(
            path: "placement.participants",
            kind: .string(.oneOf(["workers_only", "with_coordinator"])),
            standard: .string("with_coordinator")),
        .init(path: "placement.layers", kind: .integers(0...513), standard: .integers([])),
    ]

    static let byPath = Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0) })

    /// The options of the command line that set a key.
    static let options = [
        "--model": "model", "--host": "coordinator.host", "--port": "coordinator.port",
        "--ctx-size": "coordinator.ctx_size", "--name": "name",
    ]

    /// The groups that hold keys of `keys`.
    static let groups = ["coordinator", "restart", "health", "timeouts", "placement"]

    /// Top-level keys that are read in ways of their own.
    static let special = [
        "rpc_backends", "worker_defaults", "model_sharding_enabled", "coordinator_url",
    ]

    /// Keys of other parts of SOLLOL: gateway, Ray, Dask, Redis, Ollama pool.
    static let foreign: Set<String> = [
        "task_distribution_enabled", "ollama_nodes", "hosts", "ray_workers", "dask_workers",
        "dask_scheduler", "enable_batch_processing", "enable_ray", "enable_dask",
        "autobatch_enabled", "autobatch_interval", "autobatch_min_batch_size",
        "autobatch_max_batch_size", "port", "gateway_port", "gateway_host", "routing_strategy",
        "metrics_enabled", "metrics_port", "adaptive_metrics_enabled", "adaptive_metrics_interval",
        "health_check_enabled", "health_check_interval", "health_check_timeout", "max_retries",
        "retry_backoff_multiplier", "chat_timeout", "embedding_timeout", "log_level",
    ]

    /// The same by how they begin.
    static let foreignPrefixes = ["influxdb_", "redis_", "dashboard_"]

    static func isForeign(_ key: String) -> Bool {
        foreign.contains(key) || foreignPrefixes.contains { key.hasPrefix($0) }
    }
}
