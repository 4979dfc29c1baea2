import Basics
import LlamaCpp
import Model
import Placement

/// Makes the specification of checked values, and checks what concerns several of them.
struct SpecBuilder {
    let sources: ConfigurationSources
    var entries: [ConfigurationKey: ConfigurationEntry]
    let backendCount: Int
    /// The number of each endpoint.
    var numbers: WorkerNumbers
    private let inherited: [ConfigurationKey: ConfigurationKey]
    /// Keys whose value could not be read: what would follow from the default is not said.
    private let unreadable: Set<ConfigurationPlace>
    var problems: [ConfigurationProblem]
    var notices: [String]

    init(_ loader: ConfigurationLoader) {
        sources = loader.sources
        entries = loader.entries
        backendCount = loader.backendCount
        numbers = loader.sources.numbers
        inherited = loader.inherited
        unreadable = Set(
            loader.problems.flatMap { [$0.place, $0.place.parent].compactMap(\.self) })
        problems = loader.problems
        notices = loader.notices
    }

    mutating func build() -> ClusterSpec {
        let isEnabled = isEnabled()
        let coordinator = coordinator()
        var spec = ClusterSpec(
            name: name(), distributedInferenceEnabled: isEnabled,
            model: model(onHost: coordinator.location),
            workers: isEnabled ? workers() : [],
            coordinator: coordinator, forwardPortBase: integer(.cluster(.forwardPortBase)),
            allowExposedBind: boolean(.cluster(.allowExposedBind)),
            storage: string(.cluster(.storage)).flatMap(ModelStorage.init) ?? .whole,
            placement: placement(),
            restart: restart(), health: health(), timeouts: timeouts(),
            notify: notify(), dashboard: dashboard(),
            origins: entries.mapValues(\.origin))
        checkArguments(spec)
        checkDangerousFlags(spec.coordinator)
        checkAddresses(spec)
        checkDashboard(&spec)
        checkDevices(spec)
        checkDelays(spec)
        checkLease(spec)
        checkCanary(spec)
        checkStorage(spec)
        tellWhatNeedsWorkers(spec)
        tellWhatDoesNotActYet()
        return spec
    }

    // MARK: Values

    func string(_ key: ConfigurationKey) -> String? {
        if case .string(let text) = entries[key]?.value { text } else { nil }
    }

    func integer(_ key: ConfigurationKey) -> Int { optionalInteger(key) ?? 0 }

    func optionalInteger(_ key: ConfigurationKey) -> Int? {
        if case .integer(let number) = entries[key]?.value { number } else { nil }
    }

    func number(_ key: ConfigurationKey) -> Double { optionalNumber(key) ?? 0 }

    func optionalNumber(_ key: ConfigurationKey) -> Double? {
        if case .number(let number) = entries[key]?.value { number } else { nil }
    }

    func boolean(_ key: ConfigurationKey) -> Bool { entries[key]?.value == .boolean(true) }

    func strings(_ key: ConfigurationKey) -> [String] {
        if case .strings(let texts) = entries[key]?.value { texts } else { [] }
    }

    func environment(_ key: ConfigurationKey) -> [String: String] {
        if case .environment(let variables) = entries[key]?.value { variables } else { [:] }
    }

    /// A problem of the key, or of the one in `worker_defaults` that it has its value from; what
    /// several backends have from there is said once.
    mutating func problem(_ key: ConfigurationKey, _ message: String) {
        let stated = inherited[key] ?? key
        guard !unreadable.contains(.key(stated)) else { return }
        var origin = entries[key]?.origin
        if origin == nil || origin == .default, case .backend(let index, _) = key {
            // A backend's default stands where its host does.
            origin = entries[.backend(index, .host)]?.origin
        }
        let problem = ConfigurationProblem(
            origin, file: sources.file?.path, .key(stated), message)
        if stated == key || !problems.contains(problem) { problems.append(problem) }
    }

    // MARK: Parts

    private mutating func isEnabled() -> Bool {
        let key = ConfigurationKey.cluster(.distributedInferenceEnabled)
        let backends = SpecialKey.backends.rawValue
        let isSaid = entries[key]?.origin != .default
        guard boolean(key) else {
            notices.append(
                "distributed inference is disabled: the coordinator runs alone"
                    + (backendCount > 0 ? ", \(backends) are not used" : ""))
            return false
        }
        // Under a misspelt key they are there all the same.
        let isMeant = unreadable.contains {
            NearestName.of($0.description, in: [backends]) != nil
        }
        if backendCount == 0, !isMeant {
            let why = isSaid ? "is true" : "is not set"
            problem(
                key,
                "\(why), but there are no RPC backends. Add \(backends), "
                    + "rpc_backends.conf, RPC_BACKENDS or --rpc, or set it to false.")
        }
        return true
    }

    mutating func name() -> String {
        let key = ConfigurationKey.cluster(.name)
        if let name = string(key) { return name }
        var name = "default"
        if let file = sources.file {
            let base = file.path.split(separator: "/").last.map(String.init) ?? ""
            let stem = base.split(separator: ".", omittingEmptySubsequences: false)
            name = stem.count > 1 ? stem.dropLast().joined(separator: ".") : base
            if let problem = StringRule.clusterName.problem(name) {
                self.problem(
                    key, "the file's name \(printable(name)) \(problem). Set name, or --name.")
            }
        }
        entries[key] = ConfigurationEntry(value: .string(name), origin: .default)
        return name
    }

    private mutating func model(onHost location: RunLocation) -> ModelReference {
        let key = ConfigurationKey.cluster(.model)
        guard let text = string(key) else {
            problem(
                key,
                "is missing. Set it to a GGUF or to a model's Ollama name; or give --model or "
                    + "SOLLOL_MODEL_PATH.")
            return .file(path: "")
        }
        if let address = try? SourceAddress(text) { return .address(address) }
        guard ModelName.isPath(text) else { return .ollama(name: text) }
        return .file(path: absolute(key, text, on: location))
    }

    /// Makes a path absolute where it counts from, and puts it back for `sollol config`.
    private mutating func absolute(
        _ key: ConfigurationKey, _ text: String, on location: RunLocation
    ) -> String {
        let result = path(text, of: key, on: location)
        entries[key]?.value = .string(result)
        return result
    }

    /// A path that a key has or holds: from the folder of the file that says it, else from the
    /// working directory.
    func path(_ text: String, of key: ConfigurationKey, on location: RunLocation) -> String {
        if text.hasPrefix("~/") {
            return location == .here ? sources.machine.home + text.dropFirst() : text
        }
        guard !text.isEmpty, !text.hasPrefix("/") else { return text }
        var folder = sources.machine.workingDirectory
        if case .file = entries[key]?.origin { folder = sources.file?.folder ?? folder }
        return Self.normalised("\(folder)/\(text)")
    }

    mutating func path(_ key: ConfigurationKey, on location: RunLocation) -> String? {
        string(key).map { absolute(key, $0, on: location) }
    }

    private mutating func paths(_ key: ConfigurationKey, on location: RunLocation) -> [String] {
        let results = strings(key).map { absolute(key, $0, on: location) }
        if !results.isEmpty { entries[key]?.value = .strings(results) }
        return results
    }

    /// Without `.` and `..`, as the text says; symbolic links are not looked at.
    private static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    func location(_ host: String, ssh: String?, options: [String]) -> RunLocation {
        if let ssh { return .ssh(destination: ssh, options: options) }
        return sources.machine.isMe(host) ? .here : .ssh(destination: host, options: options)
    }

    private mutating func coordinator() -> CoordinatorSpec {
        let host = string(.coordinator(.host)) ?? "127.0.0.1"
        let ssh = string(.coordinator(.ssh))
        let location: RunLocation =
            host == "0.0.0.0" && ssh == nil ? .here : location(host, ssh: ssh, options: [])
        let keyFile = string(.coordinator(.apiKeyFile))
        var spec = CoordinatorSpec(
            host: host, port: integer(.coordinator(.port)), location: location,
            contextSize: integer(.coordinator(.contextSize)),
            parallel: integer(.coordinator(.parallel)),
            binary: binary(.coordinator(.binary), on: location),
            apiKeyFile: keyFile.map { absolute(.coordinator(.apiKeyFile), $0, on: location) },
            corsOrigins: string(.coordinator(.corsOrigins)),
            environment: environment(.coordinator(.environment)),
            extraArguments: strings(.coordinator(.extraArguments)),
            memoryLimit: memory(.coordinator(.memoryLimit)),
            memoryReserve: memory(.coordinator(.memoryReserve)) ?? 0)
        spec.companions.draftModel = path(.coordinator(.draftModel), on: location)
        spec.companions.projector = path(.coordinator(.projector), on: location)
        spec.companions.lora = paths(.coordinator(.lora), on: location)
        spec.mode = string(.coordinator(.mode)).flatMap(ServingMode.init) ?? .completion
        spec.sleepAfter = optionalInteger(.coordinator(.sleepAfter))
        spec.shardsFolder = path(.coordinator(.shardsFolder), on: location)
        spec.ownSlots = boolean(.health(.canary)) ? 1 : 0
        takeCompanions(of: &spec)
        return spec
    }

    /// A program's name as it is, a path made absolute.
    mutating func binary(_ key: ConfigurationKey, on location: RunLocation) -> String? {
        string(key).map(ServerProgram.name).map {
            $0.contains("/") ? absolute(key, $0, on: location) : $0
        }
    }

    func memory(_ key: ConfigurationKey) -> UInt64? {
        string(key).flatMap(MemorySize.bytes)
    }

    private mutating func placement() -> PlacementSpec {
        var placement = PlacementSpec()
        placement.strategy = string(.placement(.strategy)).flatMap(PlacementStrategy.init(word:))
        placement.participants =
            string(.placement(.participants)).flatMap(PlacementParticipants.init)
            ?? placement.participants
        if case .integers(let layers) = entries[.placement(.layers)]?.value {
            placement.layers = layers
        }
        placement.cpuExperts = integer(.placement(.cpuExperts))
        placement.startSpares = boolean(.placement(.startSpares))
        if placement.cpuExperts > 0, placement.participants == .workersOnly {
            problem(
                .placement(.cpuExperts),
                "puts experts on the coordinator, which holds no weights with "
                    + "\"participants\": \"workers_only\"; remove one of them.")
        }
        let isManual = placement.strategy == .manual
        if isManual && placement.layers.isEmpty {
            problem(
                .placement(.layers),
                "is missing: \"manual\" takes a number of layers for each device, [20, 13].")
        } else if !isManual && !placement.layers.isEmpty {
            problem(
                .placement(.layers),
                "has an effect with \"strategy\": \"manual\" only; remove one of them.")
        }
        return placement
    }

    /// What is set but does not act; a default that is written out, as `sollol config` does, is
    /// not.
    private mutating func tellWhatDoesNotActYet() {
        var paths: [String: [String]] = [:]
        for key in ConfigurationSchema.keys {
            let definition = key.definition
            guard let since = definition.since, entries[key]?.value != definition.standard else {
                continue
            }
            paths[since, default: []].append(key.description)
        }
        for (since, paths) in paths.sorted(by: { $0.key < $1.key }) {
            notices.append("acts from \(since) on: \(paths.joined(separator: ", "))")
        }
    }
}
