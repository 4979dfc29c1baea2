import Basics

/// A configuration that is valid.
package struct LoadedConfiguration: Equatable, Sendable {
    /// What the user wants.
    package var spec: ClusterSpec
    /// Every key with its value and origin, for `sollol config`.
    package var effective: EffectiveConfiguration
    /// What people should know although nothing is wrong, one line each.
    package var notices: [String]
    /// The number of each endpoint, to be kept.
    package var numbers: WorkerNumbers
}

/// Makes a valid specification of files, environment and options, or says all that is wrong.
///
/// Precedence: option, environment, file, default. The lists of backends never merge: `--rpc`, else
/// `RPC_BACKENDS`, else `rpc_backends`, else `rpc_backends.conf`.
package struct ConfigurationLoader {
    let sources: ConfigurationSources
    var entries: [ConfigurationKey: ConfigurationEntry] = [:]
    /// The keys of backends that have their value from `worker_defaults`, and its key there.
    var inherited: [ConfigurationKey: ConfigurationKey] = [:]
    private var fileIsReadable = true
    var backendCount = 0
    var backendsAreGiven = false
    var problems: [ConfigurationProblem] = []
    var notices: [String] = []

    /// Loads a configuration.
    ///
    /// - Throws: `ConfigurationErrors` with every problem.
    package static func load(
        _ sources: ConfigurationSources
    ) throws(ConfigurationErrors) -> LoadedConfiguration {
        var loader = ConfigurationLoader(sources: sources)
        loader.readFile()
        loader.readVariables()
        loader.readOptions()
        // What is missing, and what contradicts what, cannot be told of a file that is no JSON.
        guard loader.fileIsReadable else {
            throw ConfigurationErrors(
                problems: ConfigurationProblem.inOrder(loader.problems, of: sources.file))
        }
        loader.fillDefaults()
        var builder = SpecBuilder(loader)
        let spec = builder.build()
        let lacks = builder.problems.contains { $0.origin == nil || $0.origin == .default }
        if sources.file == nil, !sources.searched.isEmpty, lacks {
            let places = sources.searched.joined(separator: ", ")
            // It explains what is missing.
            builder.problems.insert(
                ConfigurationProblem(
                    nil, .source,
                    "there is no configuration: no file at \(places). Name one with --config "
                        + "FILE, or give --model and --rpc."), at: 0)
        }
        guard builder.problems.isEmpty else {
            throw ConfigurationErrors(
                problems: ConfigurationProblem.inOrder(builder.problems, of: sources.file))
        }
        return LoadedConfiguration(
            spec: spec, effective: EffectiveConfiguration(builder), notices: builder.notices,
            numbers: builder.numbers)
    }

    /// The cluster's name, whatever else is wrong: what acts on a running cluster needs no more.
    ///
    /// - Throws: `ConfigurationErrors` when the name itself is wrong, or the whole file cannot be
    ///   read and no option gives the name.
    package static func clusterName(
        _ sources: ConfigurationSources
    ) throws(ConfigurationErrors) -> String {
        var loader = ConfigurationLoader(sources: sources)
        loader.readFile()
        loader.readVariables()
        loader.readOptions()
        var builder = SpecBuilder(loader)
        let name = builder.name()
        let isGiven = sources.options["--name"] != nil
        let problems = builder.problems.filter {
            $0.place == .key(.cluster(.name)) || ($0.place == .source && !isGiven)
        }
        guard problems.isEmpty else { throw ConfigurationErrors(problems: problems) }
        return name
    }

    private init(sources: ConfigurationSources) {
        self.sources = sources
        notices = sources.notices
    }

    mutating func problem(
        _ origin: ValueOrigin?, _ place: ConfigurationPlace, _ message: String
    ) {
        problems.append(ConfigurationProblem(origin, file: sources.file?.path, place, message))
    }

    // MARK: File

    private mutating func readFile() {
        guard let file = sources.file else { return }
        let reader = ConfigurationReader(file)
        entries = reader.entries
        problems = reader.problems
        fileIsReadable = reader.isReadable
        if let count = reader.backendCount {
            backendCount = count
            backendsAreGiven = true
        }
        if !reader.foreignKeys.isEmpty {
            notices.append(
                "\(file.path): not used by distributed inference: "
                    + reader.foreignKeys.joined(separator: ", "))
        }
        if !reader.unknownKeys.isEmpty {
            let keys = reader.unknownKeys.map(printable).joined(separator: ", ")
            notices.append("\(file.path): unknown and ignored: \(keys)")
        }
        if let deprecated = reader.deprecatedEnabled { takeDeprecated(deprecated) }
        if let url = reader.coordinatorURL { takeCoordinatorURL(url.text, url.origin) }
    }

    private mutating func takeDeprecated(_ deprecated: ConfigurationEntry) {
        let key = ConfigurationKey.cluster(.distributedInferenceEnabled)
        let old = SpecialKey.formerEnabled
        if let current = entries[key], current.value != deprecated.value {
            problem(
                deprecated.origin, .special(old),
                "is \(deprecated.value.json), but \(key) is \(current.value.json). "
                    + "Remove \(old.rawValue), which is its old name.")
        }
        entries[key] = entries[key] ?? deprecated
        notices.append(
            "\(old.rawValue) is the old name of \(key); what it enables is layer distribution")
    }

    /// `http://HOST:PORT`, SOLLOL's way to say where the coordinator is.
    private mutating func takeCoordinatorURL(_ text: String, _ origin: ValueOrigin) {
        var rest = Substring(text)
        if rest.hasPrefix("http://") { rest = rest.dropFirst("http://".count) }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard text.hasPrefix("http://"),
            case .success(let address) = BackendAddress.parse(String(rest))
        else {
            return problem(
                origin, .special(.coordinatorURL),
                "\(printable(text)) is not http://HOST:PORT (an IPv4 address or a name, nothing "
                    + "behind it).")
        }
        let said: [(ConfigurationKey, ConfigurationValue)] = [
            (.coordinator(.host), .string(address.host)),
            (.coordinator(.port), .integer(address.port ?? 80)),
        ]
        for (key, value) in said {
            if let other = entries[key], other.value != value {
                problem(
                    origin, .special(.coordinatorURL),
                    "\(printable(text)) differs from \(key), which is \(other.value.json); "
                        + "remove one of them.")
            }
            entries[key] = entries[key] ?? ConfigurationEntry(value: value, origin: origin)
        }
    }

    // MARK: Environment and options

    private mutating func readVariables() {
        for key in ConfigurationSchema.keys {
            guard let name = key.definition.variable, let text = sources.environment[name],
                !text.isEmpty
            else {
                continue
            }
            take(text, key, .environment(name))
        }
    }

    private mutating func readOptions() {
        for (option, key) in ConfigurationSchema.options.sorted(by: { $0.key < $1.key }) {
            guard let text = sources.options[option] else { continue }
            take(text, key, .option(option))
        }
        if let text = sources.options["--rpc"] {
            takeBackends(text, .option("--rpc"))
        } else if let text = sources.environment["RPC_BACKENDS"], !text.isEmpty {
            takeBackends(text, .environment("RPC_BACKENDS"))
        } else if !backendsAreGiven, let file = sources.backendsFile {
            takeBackendsFile(file)
        }
    }

    private mutating func take(_ text: String, _ key: ConfigurationKey, _ origin: ValueOrigin) {
        switch ConfigurationValue.make(text: text, key.definition.kind) {
        case .success(let value):
            entries[key] = ConfigurationEntry(value: value, origin: origin)
        case .failure(let failure):
            for item in failure.items { problem(origin, .key(key), item.message) }
        }
    }

    private mutating func takeBackends(_ text: String, _ origin: ValueOrigin) {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { Self.trimmed($0) }
        guard !words.contains("") else {
            backendsAreGiven = true
            return problem(
                origin, .special(.backends),
                "\(printable(text)) holds an empty element; write HOST:PORT[,HOST:PORT…].")
        }
        replaceBackends(words.map { (text: $0, origin: origin) })
    }

    private static func trimmed(_ text: Substring) -> String {
        func isBlank(_ letter: Character) -> Bool { letter == " " || letter == "\t" }
        let rest = text.drop(while: isBlank)
        return String(rest.dropLast(rest.reversed().prefix(while: isBlank).count))
    }

    private mutating func takeBackendsFile(_ file: SourceFile) {
        guard file.bytes.count <= Bounds.configurationBytes else {
            return problems.append(
                ConfigurationProblem(
                    file: file.path, message: "\(JSONReader.Source.configuration.tooLarge)."))
        }
        var text = String.UnicodeScalarView()
        do {
            let scalars = try UTF8Text.scalars(file.bytes)
            text.append(
                contentsOf: scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars[...])
        } catch {
            let place = ValueOrigin.backendsFile(path: file.path, line: error.position.line)
            return problem(place, .source, "\(error.message).")
        }
        var lines: [(text: String, origin: ValueOrigin)] = []
        let all = String(text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in all.enumerated() {
            let content = Self.trimmed(line.prefix { $0 != "#" })
            guard !content.isEmpty else { continue }
            lines.append((content, .backendsFile(path: file.path, line: index + 1)))
        }
        if !lines.isEmpty { replaceBackends(lines) }
    }

    private mutating func replaceBackends(_ addresses: [(text: String, origin: ValueOrigin)]) {
        entries = entries.filter { if case .backend = $0.key { false } else { true } }
        backendsAreGiven = true
        backendCount = min(addresses.count, BackendAddress.most)
        if addresses.count > BackendAddress.most {
            return problem(
                addresses[0].origin, .special(.backends), BackendAddress.tooMany(addresses.count))
        }
        for (index, address) in addresses.enumerated() {
            switch BackendAddress.parse(address.text) {
            case .success(let parsed):
                entries[.backend(index, .host)] = ConfigurationEntry(
                    value: .string(parsed.host), origin: address.origin)
                guard let port = parsed.port else { continue }
                entries[.backend(index, .port)] = ConfigurationEntry(
                    value: .integer(port), origin: address.origin)
            case .failure(let failure):
                problem(
                    address.origin, .group(.backend(index)),
                    "\(printable(address.text)) \(failure.message).")
            }
        }
    }

    // MARK: Defaults

    private mutating func fillDefaults() {
        for key in ConfigurationSchema.keys where entries[key] == nil {
            entries[key] = ConfigurationEntry(value: key.definition.standard, origin: .default)
        }
        for index in 0..<backendCount { fillBackend(index) }
    }

    /// What a backend does not say comes from `worker_defaults`. How a server is started does not
    /// concern an unmanaged one.
    private mutating func fillBackend(_ index: Int) {
        let managed = entries[.backend(index, .managed)] ?? entries[.workerDefaults(.managed)]
        let isManaged = managed?.value != .boolean(false)
        for name in ConfigurationKey.Backend.allCases {
            let key = ConfigurationKey.backend(index, name)
            guard entries[key] == nil else { continue }
            let shared = ConfigurationKey.workerDefaults(name)
            if let entry = entries[shared], isManaged || name.concernsUnmanaged {
                inherited[key] = shared
                entries[key] = entry
            } else {
                entries[key] = ConfigurationEntry(
                    value: key.definition.standard, origin: .default)
            }
        }
    }
}
