import Basics
import Model
import Placement

/// Makes the specification of checked values, and checks what concerns several of them.
struct SpecBuilder {
    let sources: ConfigurationSources
    var entries: [String: ConfigurationEntry]
    let backendCount: Int
    private let inherited: [String: String]
    /// Keys whose value could not be read: what would follow from the default is not said.
    private let unreadable: Set<String>
    var problems: [ConfigurationProblem]
    var notices: [String]

    init(_ loader: ConfigurationLoader) {
        sources = loader.sources
        entries = loader.entries
        backendCount = loader.backendCount
        inherited = loader.inherited
        unreadable = Set(loader.problems.flatMap { [$0.keyPath, Self.parent(of: $0.keyPath)] })
        problems = loader.problems
        notices = loader.notices
    }

    /// `placement.layers` of `placement.layers[1]`.
    private static func parent(of path: String) -> String {
        path.lastIndex { ".[".contains($0) }.map { String(path[..<$0]) } ?? path
    }

    mutating func build() -> ClusterSpec {
        let isEnabled = isEnabled()
        let coordinator = coordinator()
        let spec = ClusterSpec(
            name: name(), distributedInferenceEnabled: isEnabled,
            model: model(onHost: coordinator.location),
            workers: isEnabled ? (0..<backendCount).map { worker($0) } : [],
            coordinator: coordinator, forwardPortBase: integer("forward_port_base"),
            allowExposedBind: boolean("allow_exposed_bind"),
            placement: placement(),
            restart: restart(), health: health(), timeouts: timeouts(),
            origins: entries.mapValues(\.origin))
        checkArguments(spec)
        checkAddresses(spec)
        checkDevices(spec)
        checkDelays(spec)
        tellWhatDoesNotActYet()
        return spec
    }

    // MARK: Values

    func string(_ path: String) -> String? {
        if case .string(let text) = entries[path]?.value { text } else { nil }
    }

    func integer(_ path: String) -> Int { optionalInteger(path) ?? 0 }

    private func optionalInteger(_ path: String) -> Int? {
        if case .integer(let number) = entries[path]?.value { number } else { nil }
    }

    private func number(_ path: String) -> Double { optionalNumber(path) ?? 0 }

    private func optionalNumber(_ path: String) -> Double? {
        if case .number(let number) = entries[path]?.value { number } else { nil }
    }

    func boolean(_ path: String) -> Bool { entries[path]?.value == .boolean(true) }

    private func strings(_ path: String) -> [String] {
        if case .strings(let texts) = entries[path]?.value { texts } else { [] }
    }

    private func environment(_ path: String) -> [String: String] {
        if case .environment(let variables) = entries[path]?.value { variables } else { [:] }
    }

    /// A problem of the key, or of the one in `worker_defaults` that it has its value from; what
    /// several backends have from there is said once.
    mutating func problem(_ path: String, _ message: String) {
        guard !unreadable.contains(inherited[path] ?? path) else { return }
        var origin = entries[path]?.origin
        if origin == nil || origin == .default, let dot = path.lastIndex(of: ".") {
            // A backend's default stands where its host does.
            if path.hasPrefix("rpc_backends[") { origin = entries["\(path[..<dot]).host"]?.origin }
        }
        let problem = ConfigurationProblem(
            origin, file: sources.file?.path, inherited[path] ?? path, message)
        if inherited[path] == nil || !problems.contains(problem) { problems.append(problem) }
    }

    // MARK: Parts

    private mutating func isEnabled() -> Bool {
        let path = "distributed_inference_enabled"
        let isSaid = entries[path]?.origin != .default
        guard boolean(path) else {
            notices.append(
                "distributed inference is disabled: the coordinator runs alone"
                    + (backendCount > 0 ? ", rpc_backends are not used" : ""))
            return false
        }
        // Under a misspelt key they are there all the same.
        let isMeant = unreadable.contains { NearestName.of($0, in: ["rpc_backends"]) != nil }
        if backendCount == 0, !isMeant {
            let why = isSaid ? "is true" : "is not set"
            problem(
                path,
                "\(why), but there are no RPC backends. Add rpc_backends, "
                    + "rpc_backends.conf, RPC_BACKENDS or --rpc, or set it to false.")
        }
        return true
    }

    mutating func name() -> String {
        if let name = string("name") { return name }
        var name = "default"
        if let file = sources.file {
            let base = file.path.split(separator: "/").last.map(String.init) ?? ""
            let stem = base.split(separator: ".", omittingEmptySubsequences: false)
            name = stem.count > 1 ? stem.dropLast().joined(separator: ".") : base
            if let problem = StringRule.clusterName.problem(name) {
                self.problem(
                    "name", "the file's name \(printable(name)) \(problem). Set name, or --name.")
            }
        }
        entries["name"] = ConfigurationEntry(value: .string(name), origin: .default)
        return name
    }

    private mutating func model(onHost location: RunLocation) -> ModelReference {
        guard let text = string("model") else {
            problem(
                "model",
                "is missing. Set it to a GGUF or to a model's Ollama name; or give --model or "
                    + "SOLLOL_MODEL_PATH.")
            return .file(path: "")
        }
        guard ModelName.isPath(text) else { return .ollama(name: text) }
        return .file(path: absolute("model", text, on: location))
    }

    /// Makes a path absolute where it counts from, and puts it back for `sollol config`.
    private mutating func absolute(
        _ path: String, _ text: String, on location: RunLocation
    ) -> String {
        var result = text
        if text.hasPrefix("~/") {
            if location == .here { result = sources.machine.home + text.dropFirst() }
        } else if !text.hasPrefix("/") {
            var folder = sources.machine.workingDirectory
            if case .file = entries[path]?.origin { folder = sources.file?.folder ?? folder }
            result = Self.normalised("\(folder)/\(text)")
        }
        entries[path]?.value = .string(result)
        return result
    }

    /// Without `.` and `..`, as the text says; symbolic links are not looked at.
    private static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private func location(_ host: String, ssh: String?, options: [String]) -> RunLocation {
        if let ssh { return .ssh(destination: ssh, options: options) }
        return sources.machine.isMe(host) ? .here : .ssh(destination: host, options: options)
    }

    private mutating func coordinator() -> CoordinatorSpec {
        let host = string("coordinator.host") ?? "127.0.0.1"
        let ssh = string("coordinator.ssh")
        let location: RunLocation =
            host == "0.0.0.0" && ssh == nil ? .here : location(host, ssh: ssh, options: [])
        let keyFile = string("coordinator.api_key_file")
        return CoordinatorSpec(
            host: host, port: integer("coordinator.port"), location: location,
            contextSize: integer("coordinator.ctx_size"),
            parallel: integer("coordinator.parallel"),
            binary: binary("coordinator.binary", on: location),
            apiKeyFile: keyFile.map { absolute("coordinator.api_key_file", $0, on: location) },
            environment: environment("coordinator.environment"),
            extraArguments: strings("coordinator.extra_arguments"),
            memoryLimit: memory("coordinator.memory_limit"),
            memoryReserve: memory("coordinator.memory_reserve") ?? 0)
    }

    private mutating func worker(_ index: Int) -> WorkerSpec {
        let path = "rpc_backends[\(index)]"
        let address = string("\(path).host") ?? ""
        let endpoint = Endpoint(host: address, port: integer("\(path).port"))
        let location = location(
            address, ssh: string("\(path).ssh"), options: strings("\(path).ssh_options"))
        let transport = string("\(path).transport").flatMap(RPCTransport.init) ?? .direct
        let isManaged = boolean("\(path).managed")
        let passage = transport == .ssh && isManaged ? location.sshDestination ?? "" : nil
        return WorkerSpec(
            node: .worker(index + 1, at: endpoint, through: passage), place: index, keyPath: path,
            host: address, port: endpoint.port, location: location,
            bind: string("\(path).bind"), transport: transport, managed: isManaged,
            binary: binary("\(path).binary", on: location),
            devices: strings("\(path).devices"), threads: optionalInteger("\(path).threads"),
            cache: boolean("\(path).cache"), environment: environment("\(path).environment"),
            extraArguments: strings("\(path).extra_arguments"),
            memoryLimit: memory("\(path).memory_limit"),
            memoryReserve: memory("\(path).memory_reserve") ?? 0,
            cacheLimit: memory("\(path).cache_limit") ?? 0,
            speed: optionalNumber("\(path).speed"))
    }

    /// A program's name as it is, a path made absolute.
    private mutating func binary(_ path: String, on location: RunLocation) -> String? {
        string(path).map { $0.contains("/") ? absolute(path, $0, on: location) : $0 }
    }

    private func memory(_ path: String) -> UInt64? {
        string(path).flatMap(MemorySize.bytes)
    }

    private mutating func placement() -> PlacementSpec {
        var placement = PlacementSpec()
        placement.strategy =
            string("placement.strategy").flatMap(PlacementStrategy.init) ?? placement.strategy
        placement.participants =
            string("placement.participants").flatMap(PlacementParticipants.init)
            ?? placement.participants
        if case .integers(let layers) = entries["placement.layers"]?.value {
            placement.layers = layers
        }
        let isManual = placement.strategy == .manual
        if isManual && placement.layers.isEmpty {
            problem(
                "placement.layers",
                "is missing: \"manual\" takes a number of layers for each device, [20, 13].")
        } else if !isManual && !placement.layers.isEmpty {
            problem(
                "placement.layers",
                "has an effect with \"strategy\": \"manual\" only; remove one of them.")
        }
        return placement
    }

    private func restart() -> RestartPolicy {
        var policy = RestartPolicy()
        policy.initialDelay = number("restart.initial_delay")
        policy.maxDelay = number("restart.max_delay")
        policy.resetAfter = number("restart.reset_after")
        policy.maxRestarts = optionalInteger("restart.max_restarts")
        policy.period = number("restart.period")
        policy.degradeAfter = optionalNumber("restart.degrade_after")
        return policy
    }

    private func health() -> HealthPolicy {
        var policy = HealthPolicy()
        policy.interval = number("health.interval")
        policy.timeout = number("health.timeout")
        policy.failures = integer("health.failures")
        return policy
    }

    private func timeouts() -> Timeouts {
        var timeouts = Timeouts()
        timeouts.connect = number("timeouts.connect")
        timeouts.ready = number("timeouts.ready")
        timeouts.progress = number("timeouts.progress")
        timeouts.stall = number("timeouts.stall")
        timeouts.lease = number("timeouts.lease")
        timeouts.stop = number("timeouts.stop")
        return timeouts
    }

    /// What is set but does not act; a default that is written out, as `sollol config` does, is
    /// not.
    private mutating func tellWhatDoesNotActYet() {
        var paths: [String: [String]] = [:]
        for key in ConfigurationSchema.keys {
            guard let since = key.since, entries[key.path]?.value != key.standard else { continue }
            paths[since, default: []].append(key.path)
        }
        for (since, paths) in paths.sorted(by: { $0.key < $1.key }) {
            notices.append("acts from \(since) on: \(paths.joined(separator: ", "))")
        }
    }
}
