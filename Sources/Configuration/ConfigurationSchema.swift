import Basics
import Placement

/// What a key takes: its type, default, bounds and who else can set it.
///
/// Reading, checking, the effective configuration and the test of `CONFIGURATION.md` follow it.
struct KeyDefinition: Sendable {
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

    var kind: Kind
    /// As JSON.
    var standard: ConfigurationValue = .null
    /// `seconds`, `tokens`, or nil.
    var unit: String?
    /// The environment variable that overrides it.
    var variable: String?
    /// The option of the command line that overrides both.
    var option: String?
    /// The release from which on it acts; nil: it does.
    var since: String?

    /// Seconds with a fraction.
    fileprivate static func seconds(
        _ standard: ConfigurationValue, _ range: ClosedRange<Double> = 0...86400,
        _ variable: String? = nil
    ) -> KeyDefinition {
        KeyDefinition(
            kind: .number(range), standard: standard, unit: "seconds", variable: variable)
    }
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

extension ConfigurationKey {
    /// What it takes.
    var definition: KeyDefinition {
        switch self {
        case .cluster(let key): key.definition
        case .coordinator(let key): key.definition
        case .restart(let key): key.definition
        case .health(let key): key.definition
        case .timeouts(let key): key.definition
        case .placement(let key): key.definition
        case .notify(let key): key.definition
        case .dashboard(let key): key.definition
        case .backend(_, let key), .workerDefaults(let key): key.definition
        }
    }
}

extension ConfigurationKey.Cluster {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .distributedInferenceEnabled: .init(kind: .boolean, standard: .boolean(true))
        case .name: .init(kind: .string(.clusterName), option: "--name")
        case .model:
            .init(kind: .string(.model), variable: "SOLLOL_MODEL_PATH", option: "--model")
        case .allowExposedBind: .init(kind: .boolean, standard: .boolean(false))
        case .forwardPortBase: .init(kind: .integer(1024...65520), standard: .integer(52100))
        case .storage:
            .init(
                kind: .string(.oneOf(ModelStorage.allCases.map(\.rawValue))),
                standard: .string(ModelStorage.whole.rawValue))
        }
    }
}

extension ConfigurationKey.Coordinator {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .host:
            .init(
                kind: .string(.host), standard: .string("127.0.0.1"),
                variable: "SOLLOL_COORDINATOR_HOST", option: "--host")
        case .port:
            .init(
                kind: .integer(1...65535), standard: .integer(18080),
                variable: "SOLLOL_COORDINATOR_PORT", option: "--port")
        case .contextSize:
            .init(
                kind: .integer(1...(1 << 24)), standard: .integer(8192), unit: "tokens",
                variable: "SOLLOL_CTX_SIZE", option: "--ctx-size")
        case .parallel: .init(kind: .integer(1...256), standard: .integer(1))
        case .ssh: .init(kind: .string(.sshDestination))
        case .binary: .init(kind: .string(.binary))
        case .apiKeyFile: .init(kind: .string(.path))
        case .corsOrigins: .init(kind: .string(.origins))
        case .allowDangerousFlags: .init(kind: .boolean, standard: .boolean(false))
        case .memoryLimit: .init(kind: .string(.memorySize))
        case .memoryReserve: .init(kind: .string(.memorySize), standard: .string("512MiB"))
        case .environment: .init(kind: .environment, standard: .environment([:]))
        case .extraArguments: .init(kind: .strings(.argument), standard: .strings([]))
        case .draftModel, .projector: .init(kind: .string(.path))
        case .lora: .init(kind: .strings(.path), standard: .strings([]))
        case .mode:
            .init(
                kind: .string(.oneOf(ServingMode.allCases.map(\.rawValue))),
                standard: .string(ServingMode.completion.rawValue))
        case .sleepAfter: .init(kind: .integer(1...31_536_000), unit: "seconds")
        case .shardsFolder: .init(kind: .string(.path))
        }
    }
}

extension ConfigurationKey.Restart {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .initialDelay: .seconds(.number(0))
        case .maxDelay, .resetAfter: .seconds(.number(60))
        case .maxRestarts:
            .init(kind: .integer(0...1_000_000), variable: "SOLLOL_MAX_RESTARTS")
        case .period: .seconds(.number(600), 1...31_536_000)
        case .degradeAfter: .seconds(.null)
        case .maxMemory: .init(kind: .string(.memorySize))
        }
    }
}

extension ConfigurationKey.Health {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .interval: .seconds(.number(2), 0.1...86400, "SOLLOL_RPC_HEARTBEAT_INTERVAL")
        case .timeout: .seconds(.number(10), 0.1...3600, "SOLLOL_HEALTH_CHECK_TIMEOUT")
        case .failures:
            .init(
                kind: .integer(1...1000), standard: .integer(3),
                variable: "SOLLOL_MAX_HEALTH_FAILURES")
        case .canary: .init(kind: .boolean, standard: .boolean(false))
        }
    }
}

extension ConfigurationKey.Timeout {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .connect: .seconds(.number(10), 0.1...3600)
        case .ready: .seconds(.number(30), 0.1...86400)
        case .progress, .stall: .seconds(.number(60), 1...86400)
        case .lease: .seconds(.number(30))
        case .stop: .seconds(.number(30), 0...86400, "SOLLOL_SHUTDOWN_TIMEOUT")
        }
    }
}

extension ConfigurationKey.Placement {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .strategy:
            .init(
                kind: .string(.oneOf(PlacementStrategy.words)))
        case .participants:
            .init(
                kind: .string(.oneOf(PlacementParticipants.allCases.map(\.rawValue))),
                standard: .string(PlacementParticipants.withCoordinator.rawValue))
        case .layers: .init(kind: .integers(0...513), standard: .integers([]))
        case .cpuExperts: .init(kind: .integer(0...512), standard: .integer(0))
        case .startSpares: .init(kind: .boolean, standard: .boolean(false))
        }
    }
}

extension ConfigurationKey.Notify {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .command: .init(kind: .string(.command))
        case .urlFile: .init(kind: .string(.path))
        case .events:
            .init(
                kind: .strings(.oneOf(NotifySpec.allEvents)),
                standard: .strings(NotifySpec.allEvents))
        }
    }
}

extension ConfigurationKey.Dashboard {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .enabled:
            .init(kind: .boolean, standard: .boolean(true), variable: "SOLLOL_DASHBOARD")
        case .host: .init(kind: .string(.listeningAddress), standard: .string("127.0.0.1"))
        case .port:
            .init(kind: .integer(1...65535), variable: "SOLLOL_DASHBOARD_PORT")
        case .names: .init(kind: .strings(.hostName), standard: .strings([]))
        case .users: .init(kind: .strings(.userName), standard: .strings([]))
        }
    }
}

extension ConfigurationKey.Backend {
    fileprivate var definition: KeyDefinition {
        switch self {
        case .name: .init(kind: .string(.workerName))
        case .host: .init(kind: .string(.backendHost))
        case .port: .init(kind: .integer(1...65535), standard: .integer(50052))
        case .ssh: .init(kind: .string(.sshDestination))
        case .sshOptions: .init(kind: .strings(.sshOption), standard: .strings([]))
        case .bind: .init(kind: .string(.address))
        case .transport:
            .init(
                kind: .string(.oneOf(RPCTransport.allCases.map(\.rawValue))),
                standard: .string(RPCTransport.direct.rawValue))
        case .managed, .cache: .init(kind: .boolean, standard: .boolean(true))
        case .binary: .init(kind: .string(.binary))
        case .devices: .init(kind: .strings(.device), standard: .strings([]))
        case .threads: .init(kind: .integer(1...4096))
        case .cacheLimit: .init(kind: .string(.memorySize), standard: .string("100GiB"))
        case .shardsFolder: .init(kind: .string(.path))
        case .memoryLimit: .init(kind: .string(.memorySize))
        case .memoryReserve: .init(kind: .string(.memorySize), standard: .string("512MiB"))
        case .speed: .init(kind: .number(0.001...1_000_000))
        case .environment: .init(kind: .environment, standard: .environment([:]))
        case .extraArguments: .init(kind: .strings(.argument), standard: .strings([]))
        }
    }

    /// Whether it concerns a backend that somebody else starts; the others are about starting it.
    var concernsUnmanaged: Bool {
        switch self {
        case .name, .host, .port, .managed, .memoryLimit, .memoryReserve, .speed: true
        case .ssh, .sshOptions, .bind, .transport, .binary, .devices, .threads, .cache,
            .cacheLimit, .shardsFolder, .environment, .extraArguments:
            false
        }
    }
}

/// Every key of the configuration, in the order in which they are shown.
package enum ConfigurationSchema {
    /// The groups that hold keys of `keys`.
    static let groups: [ConfigurationGroup] = [
        .coordinator, .restart, .health, .timeouts, .placement, .notify, .dashboard,
    ]

    /// Every key that is not part of a backend.
    static let keys: [ConfigurationKey] =
        ConfigurationKey.Cluster.allCases.map { .cluster($0) } + groups.flatMap(\.keys)

    /// The options of the command line that set a key.
    package static let options = Dictionary(
        uniqueKeysWithValues: keys.compactMap { key in key.definition.option.map { ($0, key) } })

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
