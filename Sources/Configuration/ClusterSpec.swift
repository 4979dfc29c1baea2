import Basics
import Model
import Placement

/// A valid cluster: what the user wants, with every default applied and every string checked.
///
/// Made only by `ConfigurationLoader`; whoever holds one need not validate again. Durations are
/// seconds, memory is bytes.
package struct ClusterSpec: Equatable, Codable, Sendable {
    /// The cluster's name, `[A-Za-z0-9._-]{1,64}`.
    package var name: String
    /// Whether layers are distributed over RPC backends. When false, `workers` is empty.
    package var distributedInferenceEnabled: Bool
    /// The model that the coordinator loads.
    package var model: ModelReference
    /// The RPC backends in the order of the configuration, which is llama.cpp's device order.
    package var workers: [WorkerSpec]
    /// The one `llama-server`.
    package var coordinator: CoordinatorSpec
    /// The first local port of transport `ssh`; worker-N is dialled at this
    /// port plus N - 1.
    package var forwardPortBase: Int = 52100
    /// Whether rpc-server may listen on a wildcard or public address.
    package var allowExposedBind = false
    /// Which disks the model is on.
    package var storage = ModelStorage.whole
    /// Which layers go where.
    package var placement = PlacementSpec()
    /// When and how often a failed process is started again.
    package var restart: RestartPolicy
    /// How liveness of the coordinator is probed.
    package var health: HealthPolicy
    /// How long `sollol` waits for things, in seconds.
    package var timeouts: Timeouts
    /// Who is told of what happens where nobody looks.
    package var notify = NotifySpec()
    /// What an operator looks at.
    package var dashboard = DashboardSpec()
    /// Where each effective value came from.
    package var origins: [ConfigurationKey: ValueOrigin]

    /// The port of 127.0.0.1 through which ssh leads to a worker. It goes by the number of the
    /// worker's endpoint, so that it stays whatever becomes of the others.
    package func forwardedPort(of worker: WorkerSpec) -> Int { forwardPortBase + worker.number - 1 }

    /// The port of 127.0.0.1 that leads to the API of a coordinator elsewhere: behind those of all
    /// workers.
    package var forwardedAPIPort: Int {
        forwardPortBase + (workers.map(\.number).max() ?? 0)
    }

    /// The name of a key for people, with its origin when it is not the file.
    ///
    /// `coordinator.port`, `coordinator.port (default)`,
    /// `coordinator.port (SOLLOL_COORDINATOR_PORT)`.
    package func reason(_ key: ConfigurationKey) -> String {
        switch origins[key] {
        case .file, .backendsFile: "\(key)"
        case .environment(let variable): "\(key) (\(variable))"
        case .option(let option): "\(key) (\(option))"
        case .default, nil: "\(key) (default)"
        }
    }
}

/// Where an effective value came from; a later case overrides an earlier one.
package enum ValueOrigin: Equatable, Codable, Sendable {
    /// Nobody said anything: the default of `CONFIGURATION.md`.
    case `default`
    /// `rpc_backends.conf` beside the configuration file.
    case backendsFile(path: String, line: Int)
    /// The configuration file, counted from 1.
    case file(path: String, line: Int, column: Int)
    /// An environment variable, by its name.
    case environment(String)
    /// An option of the command line, by its name (`--port`).
    case option(String)
}

/// Which disks a model is on.
package enum ModelStorage: String, Equatable, Codable, Sendable, CaseIterable {
    /// The coordinator's has all of it, and each start sends the workers what they hold.
    case whole
    /// Each worker's has what that worker computes with, the coordinator's a skeleton.
    case sharded
}

/// How the coordinator's RPC traffic reaches a worker.
package enum RPCTransport: String, Equatable, Codable, Sendable, CaseIterable {
    /// The coordinator dials `host:port`; anyone in that network can.
    case direct
    /// Through the ssh connection that carries the worker's leash; rpc-server binds 127.0.0.1.
    case ssh
}

/// One RPC backend: an `rpc-server`.
package struct WorkerSpec: Equatable, Codable, Sendable {
    /// Which one it is.
    package var node: Node
    /// Given once to its endpoint, from 1: its default name and its forwarded port go by it.
    package var number: Int
    /// Its place in the configuration, from 0: the order of llama.cpp's devices.
    package var place: Int
    /// What the coordinator dials: numeric IPv4, or a name to be resolved at `up`.
    package var host: String
    /// The TCP port that the coordinator dials and that rpc-server listens on, 1…65535.
    package var port: Int
    /// Where rpc-server is started. Meaningless when `managed` is false.
    package var location: RunLocation
    /// Numeric IPv4 that rpc-server listens on, or nil: `host`, resolved at `up`.
    package var bind: String?
    /// How RPC traffic travels.
    package var transport: RPCTransport
    /// Whether `sollol` starts it; otherwise it is only probed by a plain TCP connect.
    package var managed: Bool
    /// The program, or nil: `rpc-server`, then `ggml-rpc-server`.
    package var binary: String?
    /// llama.cpp device names that the server offers (`CUDA0`); empty: its own choice.
    package var devices: [String]
    /// CPU threads, or nil: llama.cpp's default.
    package var threads: Int?
    /// Whether rpc-server caches tensors on its disk.
    package var cache: Bool
    /// Added to the server's environment.
    package var environment: [String: String]
    /// Appended to the command line; never repeats a flag that the plan owns.
    package var extraArguments: [String]

    /// Bytes that its rpc-server, or each of its GPUs, may hold, or nil: what is free there.
    package var memoryLimit: UInt64?
    /// Bytes of free memory that stay free.
    package var memoryReserve: UInt64 = 512 << 20
    /// Bytes of its tensor cache that stay at a start.
    package var cacheLimit: UInt64 = 100 << 30
    /// The folder of its shards, or nil: the usual one.
    package var shardsFolder: String?
    /// How fast it is compared with the others, or nil.
    package var speed: Double?

    /// Its object in the configuration, for errors: `rpc_backends[0]`.
    package var group: ConfigurationGroup { .backend(place) }
    /// One of its keys, for reasons and errors: `rpc_backends[0].port`.
    package func key(_ name: ConfigurationKey.Backend) -> ConfigurationKey {
        .backend(place, name)
    }

    /// How many llama.cpp devices it offers: those named, else one is assumed.
    package var deviceCount: Int { max(1, devices.count) }
    /// As the configuration gives it.
    package var endpoint: Endpoint { Endpoint(host: host, port: port) }
    /// What it runs, as configured or by default: the key of `HostFacts.Host.binaries`.
    package var program: String { binary ?? "rpc-server" }
    /// Whether its RPC traffic goes through ssh; that to a server of somebody else never does.
    package var isTunnelled: Bool { managed && transport == .ssh }
    /// The transport that it has in fact.
    package var rpcTransport: RPCTransport { isTunnelled ? .ssh : .direct }
}

/// The one `llama-server`.
package struct CoordinatorSpec: Equatable, Codable, Sendable {
    /// The address that the HTTP API listens on.
    package var host: String
    /// The TCP port of the HTTP API, 1…65535.
    package var port: Int
    /// Where it runs.
    package var location: RunLocation
    /// Tokens of context over all slots.
    package var contextSize: Int
    /// Number of slots: requests served at the same time.
    package var parallel: Int
    /// The program, or nil: `llama-server`.
    package var binary: String?
    /// A file on the coordinator's host with API keys, one a line; never the keys themselves.
    package var apiKeyFile: String?
    /// Which web pages may use the API, or nil: without keys those of its own host.
    package var corsOrigins: String?
    /// Added to the server's environment.
    package var environment: [String: String]
    /// Appended to the command line; never repeats a flag that the plan owns.
    package var extraArguments: [String]
    /// Bytes that its process may hold, or nil: what is free there.
    package var memoryLimit: UInt64?
    /// Bytes of free memory that stay free.
    package var memoryReserve: UInt64 = 512 << 20
    /// What it loads beside its model.
    package var companions = CompanionSpec()
    /// What it is asked for.
    package var mode = ServingMode.completion
    /// Seconds without a request after which it gives up its memory and that of the workers until
    /// the next one; nil is never.
    package var sleepAfter: Int?
    /// The folder of the skeleton, or nil: the usual one.
    package var shardsFolder: String?
    /// Slots for requests of `sollol` itself, after those of users.
    package var ownSlots = 0

    /// What it runs, as configured or by default: the key of `HostFacts.Host.binaries`.
    package var program: String { binary ?? "llama-server" }

    /// Slots in all.
    package var allSlots: Int { parallel + ownSlots }

    /// Tokens over all slots, so that each of the users' has what it would have without ours:
    /// llama.cpp gives each slot the same, in steps of 256.
    package var wholeContext: Int {
        guard ownSlots > 0 else { return contextSize }
        return (contextSize / max(1, parallel) + 255) / 256 * 256 * allSlots
    }
}

/// Which layers go where.
package struct PlacementSpec: Equatable, Codable, Sendable {
    /// How they are distributed; nil where nobody says: the fastest way where the pace of all
    /// devices is measured, else by memory.
    package var strategy: PlacementStrategy?
    /// Who may hold them.
    package var participants = PlacementParticipants.withCoordinator
    /// Layers of each device in device order, for `manual`.
    package var layers: [Int] = []
    /// How many layers with experts keep these on the coordinator's CPU, from the first on.
    package var cpuExperts = 0
    /// Whether workers that get no layer, because a token takes less time without them, are started
    /// all the same.
    package var startSpares = false
    /// Whether `up` starts a plan that does not fit (`--overcommit`).
    package var mayOvercommit = false

    /// The defaults of `CONFIGURATION.md`.
    package init() {}
}

/// When a failed process is started again. All times are seconds.
package struct RestartPolicy: Equatable, Codable, Sendable {
    /// Before the first restart; 0 is at once.
    package var initialDelay: Double = 0
    /// The cap of the exponential back-off.
    package var maxDelay: Double = 60
    /// A process that ran this long starts again from `initialDelay`.
    package var resetAfter: Double = 60
    /// Restarts within `period` after which the cluster is given up; nil is never.
    package var maxRestarts: Int?
    /// The window of `maxRestarts`.
    package var period: Double = 600
    /// A worker missing for this long is left out; nil is never.
    package var degradeAfter: Double?
    /// Bytes above which a process is restarted when nothing is being answered; nil is never.
    package var maxMemory: UInt64?

    /// The defaults of `CONFIGURATION.md`.
    package init() {}
}

/// How liveness of a serving coordinator is probed. All times are seconds.
package struct HealthPolicy: Equatable, Codable, Sendable {
    /// Between two probes.
    package var interval: Double = 2
    /// Until an unanswered probe counts as failed.
    package var timeout: Double = 10
    /// Failed probes in a row that make the coordinator dead.
    package var failures: Int = 3
    /// Whether a coordinator at rest is sent a small request from time to time.
    package var canary = false

    /// The defaults of `CONFIGURATION.md`.
    package init() {}
}

/// How long `sollol` waits. All are seconds.
package struct Timeouts: Equatable, Codable, Sendable {
    /// Until an ssh connection stands.
    package var connect: Double = 10
    /// Until a started worker listens.
    package var ready: Double = 30
    /// Without any sign of progress while a model loads.
    package var progress: Double = 60
    /// Without any sign of progress while a request is answered.
    package var stall: Double = 60
    /// Without a heartbeat until a guard ends its server; 0 is never.
    package var lease: Double = 30
    /// The smallest lease above 0: a guard counts whole seconds, and both sides may run on a host
    /// that is busy with something else.
    package static let smallestLease = 3.0
    /// For requests in flight at a stop.
    package var stop: Double = 30

    /// The defaults of `CONFIGURATION.md`.
    package init() {}
}
