/// A key of the configuration by its place, so that a misspelt path does not compile.
///
/// The one place where a path becomes text is `description`: `coordinator.port`,
/// `rpc_backends[2].host`. Every room that tells people which key to change uses it. What a key
/// takes is its definition in the configuration, a switch over the same cases, so that a case
/// without a definition does not compile either.
package enum ConfigurationKey: Hashable, Codable, Sendable {
    /// At the top of the file.
    case cluster(Cluster)
    /// In `coordinator`.
    case coordinator(Coordinator)
    /// In `restart`.
    case restart(Restart)
    /// In `health`.
    case health(Health)
    /// In `timeouts`.
    case timeouts(Timeout)
    /// In `placement`.
    case placement(Placement)
    /// In `notify`.
    case notify(Notify)
    /// In `dashboard`.
    case dashboard(Dashboard)
    /// Of one element of `rpc_backends`, counted from 0.
    case backend(Int, Backend)
    /// In `worker_defaults`: what counts for backends that do not say it themselves.
    case workerDefaults(Backend)

    /// Keys at the top of the file; the raw value is the name.
    package enum Cluster: String, Codable, CaseIterable, Sendable {
        case distributedInferenceEnabled = "distributed_inference_enabled"
        case name
        case model
        case allowExposedBind = "allow_exposed_bind"
        case forwardPortBase = "forward_port_base"
        case storage
    }

    /// Keys of `coordinator`.
    package enum Coordinator: String, Codable, CaseIterable, Sendable {
        case host, port
        case contextSize = "ctx_size"
        case parallel, ssh, binary
        case apiKeyFile = "api_key_file"
        case corsOrigins = "cors_origins"
        case allowDangerousFlags = "allow_dangerous_flags"
        case memoryLimit = "memory_limit"
        case memoryReserve = "memory_reserve"
        case environment
        case extraArguments = "extra_arguments"
        case draftModel = "draft_model"
        case projector, lora, mode
        case sleepAfter = "sleep_after"
        case shardsFolder = "shards.folder"
    }

    /// Keys of `restart`.
    package enum Restart: String, Codable, CaseIterable, Sendable {
        case initialDelay = "initial_delay"
        case maxDelay = "max_delay"
        case resetAfter = "reset_after"
        case maxRestarts = "max_restarts"
        case period
        case degradeAfter = "degrade_after"
        case maxMemory = "max_memory"
    }

    /// Keys of `health`.
    package enum Health: String, Codable, CaseIterable, Sendable {
        case interval, timeout, failures, canary
    }

    /// Keys of `timeouts`.
    package enum Timeout: String, Codable, CaseIterable, Sendable {
        case connect, ready, progress, stall, lease, stop
    }

    /// Keys of `placement`.
    package enum Placement: String, Codable, CaseIterable, Sendable {
        case strategy, participants, layers
        case cpuExperts = "cpu_experts"
        case startSpares = "start_spares"
    }

    /// Keys of `dashboard`.
    package enum Dashboard: String, Codable, CaseIterable, Sendable {
        case enabled, host, port, names, users
    }

    /// Keys of `notify`.
    package enum Notify: String, Codable, CaseIterable, Sendable {
        case command
        case urlFile = "url_file"
        case events
    }

    /// Keys of an element of `rpc_backends`; `worker_defaults` takes all but `name`, `host` and
    /// `port`.
    package enum Backend: String, Codable, CaseIterable, Sendable {
        case name, host, port, ssh
        case sshOptions = "ssh_options"
        case bind, transport, managed, binary, devices, threads, cache
        case cacheLimit = "cache_limit"
        case shardsFolder = "shards.folder"
        case memoryLimit = "memory_limit"
        case memoryReserve = "memory_reserve"
        case speed, environment
        case extraArguments = "extra_arguments"
    }

    /// The object that holds it; nil at the top of the file.
    package var group: ConfigurationGroup? {
        switch self {
        case .cluster: nil
        case .coordinator: .coordinator
        case .restart: .restart
        case .health: .health
        case .timeouts: .timeouts
        case .placement: .placement
        case .notify: .notify
        case .dashboard: .dashboard
        case .backend(let index, _): .backend(index)
        case .workerDefaults: .workerDefaults
        }
    }

    /// The name within its group: `port` of `coordinator.port`.
    package var name: String {
        switch self {
        case .cluster(let key): key.rawValue
        case .coordinator(let key): key.rawValue
        case .restart(let key): key.rawValue
        case .health(let key): key.rawValue
        case .timeouts(let key): key.rawValue
        case .placement(let key): key.rawValue
        case .notify(let key): key.rawValue
        case .dashboard(let key): key.rawValue
        case .backend(_, let key), .workerDefaults(let key): key.rawValue
        }
    }
}

extension ConfigurationKey {
    /// The object within its group that holds it: `shards` of `coordinator.shards.folder`.
    package var object: String? {
        name.firstIndex(of: ".").map { String(name[..<$0]) }
    }

    /// Its name in that object, or in its group.
    package var leaf: String { object.map { String(name.dropFirst($0.count + 1)) } ?? name }
}

extension ConfigurationKey: CustomStringConvertible {
    /// Its path, as people write it: `coordinator.port`.
    package var description: String { group.map { "\($0).\(name)" } ?? name }
}

/// An object of the configuration that holds keys.
package enum ConfigurationGroup: Hashable, Sendable {
    case coordinator, restart, health, timeouts, placement, notify, dashboard, workerDefaults
    /// An element of `rpc_backends`, counted from 0.
    case backend(Int)

    /// What people write in it: its keys, and objects that hold some of them.
    package var members: [String] { keys.map { $0.object ?? $0.leaf }.unique { $0 } }

    /// Its keys, in the order in which they are shown.
    package var keys: [ConfigurationKey] {
        switch self {
        case .coordinator: ConfigurationKey.Coordinator.allCases.map { .coordinator($0) }
        case .restart: ConfigurationKey.Restart.allCases.map { .restart($0) }
        case .health: ConfigurationKey.Health.allCases.map { .health($0) }
        case .timeouts: ConfigurationKey.Timeout.allCases.map { .timeouts($0) }
        case .placement: ConfigurationKey.Placement.allCases.map { .placement($0) }
        case .notify: ConfigurationKey.Notify.allCases.map { .notify($0) }
        case .dashboard: ConfigurationKey.Dashboard.allCases.map { .dashboard($0) }
        case .workerDefaults:
            ConfigurationKey.Backend.allCases.filter { ![.name, .host, .port].contains($0) }
                .map { .workerDefaults($0) }
        case .backend(let index):
            ConfigurationKey.Backend.allCases.map { .backend(index, $0) }
        }
    }
}

extension ConfigurationGroup: CustomStringConvertible {
    /// Its path: `coordinator`, `rpc_backends[2]`.
    package var description: String {
        switch self {
        case .coordinator: "coordinator"
        case .restart: "restart"
        case .health: "health"
        case .timeouts: "timeouts"
        case .placement: "placement"
        case .notify: "notify"
        case .dashboard: "dashboard"
        case .workerDefaults: SpecialKey.workerDefaults.rawValue
        case .backend(let index): "\(SpecialKey.backends.rawValue)[\(index)]"
        }
    }
}

/// Top-level keys that are read in ways of their own.
package enum SpecialKey: String, CaseIterable, Sendable {
    case backends = "rpc_backends"
    case workerDefaults = "worker_defaults"
    /// The deprecated name of `distributed_inference_enabled`.
    case formerEnabled = "model_sharding_enabled"
    /// SOLLOL's way to say where the coordinator is.
    case coordinatorURL = "coordinator_url"
    /// Where an editor finds the schema; it means nothing to a cluster.
    case schema = "$schema"
}

/// What a problem of a configuration is about.
package enum ConfigurationPlace: Hashable, Sendable {
    /// A part of a key's value.
    package enum Element: Hashable, Sendable {
        /// Of a list, counted from 0.
        case index(Int)
        /// Of an object, as people wrote its name.
        case member(String)
    }

    /// A whole file, variable or option.
    case source
    case key(ConfigurationKey)
    case element(ConfigurationKey, Element)
    case group(ConfigurationGroup)
    case special(SpecialKey)
    /// A key that there is not, by its printable name; nil: at the top of the file.
    case unknown(in: ConfigurationGroup?, String)

    /// What it is a part of, or nil.
    package var parent: ConfigurationPlace? {
        switch self {
        case .source, .special: nil
        case .key(let key): key.group.map { .group($0) }
        case .element(let key, _): .key(key)
        case .group(.backend): .special(.backends)
        case .group: nil
        case .unknown(let group, _): group.map { .group($0) }
        }
    }
}

extension ConfigurationPlace: CustomStringConvertible {
    /// Its path: `placement.layers[1]`, `coordinator.environment.OMP_NUM_THREADS`; empty for a
    /// whole source.
    package var description: String {
        switch self {
        case .source: ""
        case .key(let key): "\(key)"
        case .element(let key, .index(let index)): "\(key)[\(index)]"
        case .element(let key, .member(let name)): "\(key).\(name)"
        case .group(let group): "\(group)"
        case .special(let key): key.rawValue
        case .unknown(let group?, let name): "\(group).\(name)"
        case .unknown(nil, let name): name
        }
    }
}
