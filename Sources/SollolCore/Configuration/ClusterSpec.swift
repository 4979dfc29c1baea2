/// A valid cluster: what the user wants, with every default applied and every string checked.
///
/// Made only by `ConfigurationLoader`; whoever holds one need not validate again. Durations are
/// seconds, memory is bytes.
public struct ClusterSpec: Equatable, Sendable {
    /// The cluster's name, `[A-Za-z0-9._-]{1,64}`.
    public var name: String
    /// Whether layers are distributed over RPC backends. When false, `workers` is empty.
    public var distributedInferenceEnabled: Bool
    /// The model that the coordinator loads.
    public var model: ModelReference
    /// The RPC backends in the order of the configuration, which is llama.cpp's device order.
    public var workers: [WorkerSpec]
    /// The one `llama-server`.
    public var coordinator: CoordinatorSpec
    /// The first local port of transport `ssh`; backend i is dialled at this port plus i.
    public var forwardPortBase: Int = 52100
    /// Whether rpc-server may listen on a wildcard or public address.
    public var allowExposedBind = false
    /// Which layers go where.
    public var placement = PlacementSpec()
    /// When and how often a failed process is started again.
    public var restart: RestartPolicy
    /// How liveness of the coordinator is probed.
    public var health: HealthPolicy
    /// How long `sollol` waits for things, in seconds.
    public var timeouts: Timeouts
    /// Where each effective value came from, by key path such as `rpc_backends[0].port`.
    public var origins: [String: ValueOrigin]

    /// The name of a key for people, with its origin when it is not the file.
    ///
    /// `coordinator.port`, `coordinator.port (default)`,
    /// `coordinator.port (SOLLOL_COORDINATOR_PORT)`.
    public func reason(_ keyPath: String) -> String {
        switch origins[keyPath] {
        case .file, .backendsFile: keyPath
        case .environment(let variable): "\(keyPath) (\(variable))"
        case .option(let option): "\(keyPath) (\(option))"
        case .default, nil: "\(keyPath) (default)"
        }
    }
}

/// Where an effective value came from; a later case overrides an earlier one.
public enum ValueOrigin: Equatable, Sendable {
    /// Nobody said anything: the default of `CONFIGURATION.md`.
    case `default`
    /// `rpc_backends.conf` beside the configuration file.
    case backendsFile(path: String, line: Int)
    /// The configuration file.
    case file(path: String, line: Int)
    /// An environment variable, by its name.
    case environment(String)
    /// An option of the command line, by its name (`--port`).
    case option(String)
}

/// What names a model.
public enum ModelReference: Equatable, Sendable {
    /// A GGUF on the coordinator's host: absolute, or beginning with `~/` on a remote host.
    case file(path: String)
    /// A model by its Ollama name, to be resolved on the coordinator's host.
    case ollama(name: String)
}

/// Where a process runs.
public enum RunLocation: Hashable, Sendable {
    /// On the machine where `sollol` runs.
    case here
    /// Through `ssh DESTINATION`; `options` are values of `ssh -o`.
    case ssh(destination: String, options: [String])

    /// What one types after `ssh`, or nil for this machine.
    public var sshDestination: String? {
        if case .ssh(let destination, _) = self { destination } else { nil }
    }

    /// Whether both are one host, as far as the configuration tells; options do not count.
    public func isSameHost(as other: RunLocation) -> Bool {
        sshDestination == other.sshDestination
    }
}

/// How the coordinator's RPC traffic reaches a worker.
public enum RPCTransport: String, Equatable, Sendable, CaseIterable {
    /// The coordinator dials `host:port`; anyone in that network can.
    case direct
    /// Through the ssh connection that carries the worker's leash; rpc-server binds 127.0.0.1.
    case ssh
}

/// One RPC backend: an `rpc-server`.
public struct WorkerSpec: Equatable, Sendable {
    /// `worker-1`, `worker-2`, … in the order of the configuration.
    public var name: String
    /// The key path of the backend: `rpc_backends[0]`, for reasons and errors.
    public var keyPath: String
    /// What the coordinator dials: numeric IPv4, or a name to be resolved at `up`.
    public var host: String
    /// The TCP port that the coordinator dials and that rpc-server listens on, 1…65535.
    public var port: Int
    /// Where rpc-server is started. Meaningless when `managed` is false.
    public var location: RunLocation
    /// Numeric IPv4 that rpc-server listens on, or nil: `host`, resolved at `up`.
    public var bind: String?
    /// How RPC traffic travels.
    public var transport: RPCTransport
    /// Whether `sollol` starts it; otherwise it is only probed by a plain TCP connect.
    public var managed: Bool
    /// The program, or nil: `rpc-server`, then `ggml-rpc-server`.
    public var binary: String?
    /// llama.cpp device names that the server offers (`CUDA0`); empty: its own choice.
    public var devices: [String]
    /// CPU threads, or nil: llama.cpp's default.
    public var threads: Int?
    /// Whether rpc-server caches tensors on its disk.
    public var cache: Bool
    /// Added to the server's environment.
    public var environment: [String: String]
    /// Appended to the command line; never repeats a flag that the plan owns.
    public var extraArguments: [String]

    /// Bytes that its rpc-server, or each of its GPUs, may hold, or nil: what is free there.
    public var memoryLimit: UInt64?
    /// Bytes of free memory that stay free.
    public var memoryReserve: UInt64 = 512 << 20
    /// Bytes of its tensor cache that stay at a start.
    public var cacheLimit: UInt64 = 100 << 30
    /// How fast it is compared with the others, or nil.
    public var speed: Double?

    /// How many llama.cpp devices it offers: those named, else one is assumed.
    public var deviceCount: Int { max(1, devices.count) }
    /// `host:port` as `llama-server --rpc` takes it.
    public var endpoint: String { "\(host):\(port)" }
}

/// The one `llama-server`.
public struct CoordinatorSpec: Equatable, Sendable {
    /// The address that the HTTP API listens on.
    public var host: String
    /// The TCP port of the HTTP API, 1…65535.
    public var port: Int
    /// Where it runs.
    public var location: RunLocation
    /// Tokens of context over all slots.
    public var contextSize: Int
    /// Number of slots: requests served at the same time.
    public var parallel: Int
    /// The program, or nil: `llama-server`.
    public var binary: String?
    /// A file on the coordinator's host with API keys, one a line; never the keys themselves.
    public var apiKeyFile: String?
    /// Added to the server's environment.
    public var environment: [String: String]
    /// Appended to the command line; never repeats a flag that the plan owns.
    public var extraArguments: [String]
    /// Bytes that its process may hold, or nil: what is free there.
    public var memoryLimit: UInt64?
    /// Bytes of free memory that stay free.
    public var memoryReserve: UInt64 = 512 << 20
}

/// Which layers go where.
public struct PlacementSpec: Equatable, Sendable {
    /// How they are distributed.
    public var strategy = PlacementStrategy.memoryAware
    /// Who may hold them.
    public var participants = PlacementParticipants.withCoordinator
    /// Layers of each device in device order, for `manual`.
    public var layers: [Int] = []
    /// Whether `up` starts a plan that does not fit (`--overcommit`).
    public var mayOvercommit = false

    /// The defaults of `CONFIGURATION.md`.
    public init() {}
}

/// When a failed process is started again. All times are seconds.
public struct RestartPolicy: Equatable, Sendable {
    /// Before the first restart; 0 is at once.
    public var initialDelay: Double = 0
    /// The cap of the exponential back-off.
    public var maxDelay: Double = 60
    /// A process that ran this long starts again from `initialDelay`.
    public var resetAfter: Double = 60
    /// Restarts within `period` after which the cluster is given up; nil is never.
    public var maxRestarts: Int?
    /// The window of `maxRestarts`.
    public var period: Double = 600
    /// A worker missing for this long is left out; nil is never.
    public var degradeAfter: Double?

    /// The defaults of `CONFIGURATION.md`.
    public init() {}
}

/// How liveness of a serving coordinator is probed. All times are seconds.
public struct HealthPolicy: Equatable, Sendable {
    /// Between two probes.
    public var interval: Double = 2
    /// Until an unanswered probe counts as failed.
    public var timeout: Double = 10
    /// Failed probes in a row that make the coordinator dead.
    public var failures: Int = 3

    /// The defaults of `CONFIGURATION.md`.
    public init() {}
}

/// How long `sollol` waits. All are seconds.
public struct Timeouts: Equatable, Sendable {
    /// Until an ssh connection stands.
    public var connect: Double = 10
    /// Until a started worker listens.
    public var ready: Double = 30
    /// Without any sign of progress while a model loads.
    public var progress: Double = 60
    /// Without any sign of progress while a request is answered.
    public var stall: Double = 60
    /// Without a heartbeat until a guard ends its server; 0 is never.
    public var lease: Double = 30
    /// For requests in flight at a stop.
    public var stop: Double = 30

    /// The defaults of `CONFIGURATION.md`.
    public init() {}
}
