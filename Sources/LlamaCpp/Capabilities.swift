/// What a `llama-server` accepts, read from its own `--help` and `--version`.
///
/// Never derived from a version number: distributions patch and pick, so only the text that the
/// installed binary prints decides. rpc-server needs none of this: `-H -p -t -d -c` are the same
/// in every release, and it has no `--version`.
package struct Capabilities: Codable, Equatable, Sendable {
    /// How a model is read into memory without mapping it.
    package enum LoadMode: String, Codable, Sendable, CaseIterable {
        /// `--load-mode none`: releases since September 2026, which removed `--no-mmap`.
        case loadMode
        /// `--no-mmap`: releases before.
        case noMmap
        /// Neither is offered.
        case unavailable
    }

    /// The full build string, `0.7.0 (build 11669, commit …)`, or nil when it names none.
    ///
    /// Workers and coordinator are compared by all of it, since RPC's patch level is not checked
    /// by llama.cpp although it marks incompatible operations.
    package var version: String?
    /// Whether `--rpc` exists: a build without the RPC backend leaves it out of the help.
    package var rpc: Bool
    /// How mapping the model is turned off.
    package var loadMode: LoadMode
    /// Whether `-ngl all` is accepted; older builds take a number only.
    package var gpuLayersAll: Bool
    /// Whether `-fit` exists. Where it does, it is on by default.
    package var fit: Bool
    /// Whether `--cache-ram` exists. Where it does, it defaults to 8192 MiB.
    package var cacheRAM: Bool
    /// Whether `--device` exists.
    package var device: Bool
    /// Whether `--override-tensor` exists: then the embedding can leave the coordinator.
    package var overrideTensor: Bool
    /// Whether `--list-devices` exists.
    package var listDevices: Bool
    /// Whether `--metrics` exists.
    package var metrics: Bool
    /// Whether `--slots` exists; some releases have the endpoint off by default.
    package var slots: Bool
    /// Whether `-lv 4` is "trace": the level that shows buffer sizes and is hidden by default.
    ///
    /// In releases before that level, buffer sizes are shown anyway and 4 is debug output.
    package var verbosityTrace: Bool
    /// Whether `--cors-origins` exists: which web pages a browser lets read answers. nil in what
    /// an earlier release recorded: it did not look.
    package var corsOrigins: Bool?
    /// Whether `--flash-attn` needs a value (`on`, `off`, `auto`); older builds take none.
    package var flashAttentionTakesValue: Bool
    /// How companions of the model are placed; nil in what an earlier release recorded.
    package var companions: CompanionPlaces?
    /// Whether `--sleep-idle-seconds` exists; nil in what an earlier release recorded.
    package var sleep: Bool?

    /// What is assumed of a binary that nobody has asked: Debian's 0.7.0 (build 11669).
    package static let currentRelease = Capabilities(
        version: nil, rpc: true, loadMode: .loadMode, gpuLayersAll: true, fit: true,
        cacheRAM: true, device: true, overrideTensor: true, listDevices: true, metrics: true,
        slots: true, verbosityTrace: true, corsOrigins: true, flashAttentionTakesValue: true,
        companions: .currentRelease, sleep: true)

    /// How `currentRelease` is called in an assumption.
    package static let currentReleaseName = "llama.cpp 0.7.0 (build 11669)"

    /// Reads what a `llama-server` printed.
    ///
    /// - Parameters:
    ///   - help: output of `--help`, standard output and error together.
    ///   - version: output of `--version`, standard output and error together.
    package init(help: String, version: String) {
        let flags = HelpText(help)
        self.init(
            version: Self.buildString(in: version),
            rpc: flags.has("--rpc"),
            loadMode: flags.has("--load-mode")
                ? .loadMode : flags.has("--no-mmap") ? .noMmap : .unavailable,
            gpuLayersAll: flags.text(of: "--n-gpu-layers").contains("'all'"),
            fit: flags.has("--fit"),
            cacheRAM: flags.has("--cache-ram"),
            device: flags.has("--device"),
            overrideTensor: flags.has("--override-tensor"),
            listDevices: flags.has("--list-devices"),
            metrics: flags.has("--metrics"),
            slots: flags.has("--slots"),
            verbosityTrace: flags.text(of: "--verbosity").contains("4: trace"),
            corsOrigins: flags.has("--cors-origins"),
            flashAttentionTakesValue: flags.text(of: "--flash-attn").contains("auto"),
            companions: CompanionPlaces(flags), sleep: flags.has("--sleep-idle-seconds"))
    }

    private init(
        version: String?, rpc: Bool, loadMode: LoadMode, gpuLayersAll: Bool, fit: Bool,
        cacheRAM: Bool, device: Bool, overrideTensor: Bool, listDevices: Bool, metrics: Bool,
        slots: Bool, verbosityTrace: Bool, corsOrigins: Bool?, flashAttentionTakesValue: Bool,
        companions: CompanionPlaces?, sleep: Bool?
    ) {
        self.version = version
        self.rpc = rpc
        self.loadMode = loadMode
        self.gpuLayersAll = gpuLayersAll
        self.fit = fit
        self.cacheRAM = cacheRAM
        self.device = device
        self.overrideTensor = overrideTensor
        self.listDevices = listDevices
        self.metrics = metrics
        self.slots = slots
        self.verbosityTrace = verbosityTrace
        self.corsOrigins = corsOrigins
        self.flashAttentionTakesValue = flashAttentionTakesValue
        self.companions = companions
        self.sleep = sleep
    }

    /// The threads for the CPU that an rpc-server takes unless it is told a number, by its help:
    /// half of what processors run at once, while llama-bench takes a number of its own.
    ///
    /// - Returns: 0 where the help does not say.
    package static func defaultThreads(inWorkerHelp help: String) -> Int {
        let line = help.split(whereSeparator: \.isNewline).first { $0.contains("--threads ") }
        guard let line, let mark = line.firstRange(of: "(default: ") else { return 0 }
        let number = Int(line[mark.upperBound...].prefix(while: \.isNumber)) ?? 0
        return (1...4096).contains(number) ? number : 0
    }

    /// The rest of the line `version: …` that every llama.cpp tool prints, or nil.
    package static func buildString(in output: String) -> String? {
        for line in output.split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("version:") else { continue }
            let rest = line.dropFirst("version:".count).drop { $0 == " " }
            return rest.isEmpty ? nil : String(rest)
        }
        return nil
    }
}

/// The flags of a help text with the text that explains each.
struct HelpText {
    private var explanations: [String: String] = [:]

    /// Splits a help text into entries: each begins at a line that starts with a dash.
    ///
    /// The flags are what stands before the explanation, separated by commas:
    /// `-ngl,  --gpu-layers, --n-gpu-layers N   max. number of layers …`. Flags that are only
    /// mentioned in an explanation do not count.
    ///
    /// By bytes: by characters the 60 KB of a llama-server took 6 ms of a first start, measured.
    init(_ text: String) {
        var flags: [String] = []
        var explanation: [UInt8] = []
        for line in Array(text.utf8).split(whereSeparator: { (0x0A...0x0D).contains($0) }) {
            if line.first == Self.dash, !line.starts(with: "-----".utf8) {
                explain(flags, explanation)
                flags = Self.flags(in: line)
                explanation = Array(line)
            } else if !flags.isEmpty {
                explanation.append(UInt8(ascii: "\n"))
                explanation += line
            }
        }
        explain(flags, explanation)
    }

    private mutating func explain(_ flags: [String], _ explanation: [UInt8]) {
        let text = String(decoding: explanation, as: UTF8.self)
        for flag in flags { explanations[flag] = text }
    }

    /// Whether the binary offers this flag, spelled exactly so.
    func has(_ flag: String) -> Bool { explanations[flag] != nil }

    /// The lines that describe a flag, or nothing.
    func text(of flag: String) -> String { explanations[flag] ?? "" }

    /// The leading words that begin with a dash, and those that follow one with a comma after it.
    private static func flags(in line: ArraySlice<UInt8>) -> [String] {
        var flags: [String] = []
        for word in line.split(separator: UInt8(ascii: " ")) {
            guard word.first == dash else { break }
            let isFollowed = word.last == UInt8(ascii: ",")
            flags.append(String(decoding: isFollowed ? word.dropLast() : word, as: UTF8.self))
            if !isFollowed { break }
        }
        return flags
    }

    private static let dash = UInt8(ascii: "-")
}
