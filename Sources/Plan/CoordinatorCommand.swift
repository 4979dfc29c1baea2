import Basics
import Configuration
import LlamaCpp
import Placement

/// A command line under construction: every flag with its reason.
struct CommandWords {
    private(set) var arguments: [PlannedArgument] = []

    /// A word that stands alone: the program or a switch.
    mutating func add(_ word: String, _ reason: String) {
        arguments.append(PlannedArgument(word: word, reason: reason))
    }

    /// A flag and its value.
    mutating func add(_ flag: String, _ value: String, _ reason: String) {
        arguments.append(PlannedArgument(word: flag, reason: reason))
        arguments.append(PlannedArgument(word: value, reason: nil))
    }

    /// Words of the user, as they are: a reason for what looks like a flag, and for the first.
    mutating func addExtra(_ words: [String], _ reason: String) {
        for (index, word) in words.enumerated() {
            let isFlag = index == 0 || word.hasPrefix("-")
            arguments.append(PlannedArgument(word: word, reason: isFlag ? reason : nil))
        }
    }
}

/// The command line of the one `llama-server`.
///
/// Flags are spelled as in llama.cpp's documentation and as all known releases take them: `-ngl`,
/// `-ts`, `-fit` and `-lv` short, the others long.
struct CoordinatorCommand {
    var spec: ClusterSpec
    var binary: String
    var capabilities: Capabilities
    var files: ModelFiles
    /// Where the API listens: numeric, unless its name could not be looked up.
    var address: String
    var apiKeyFile: String?
    /// What the coordinator dials, in device order; empty for a coordinator alone.
    var rpc: [Endpoint]
    /// llama.cpp's names of all RPC devices, in order.
    var devices: [String]
    var distribution: LayerDistribution?
    var placement: ModelPlacement?
    /// Where the embedding goes: `RPC0[10.0.0.1:50052]`, or nil.
    var embeddingBuffer: String?
    /// Devices of the coordinator's host besides the CPU.
    var ownDevices: [String]

    /// Lets the server give up its memory, and the workers theirs, when nobody asks anything.
    static let sleepFlag = "--sleep-idle-seconds"

    var arguments: [PlannedArgument] {
        var words = CommandWords()
        let coordinator = spec.coordinator
        words.add(binary, spec.reason(.coordinator(.binary)))
        for word in ServerProgram.commands(of: binary) {
            words.add(word, "rule: llama-server is a command of that program")
        }
        words.add("--model", files.model, spec.reason(.cluster(.model)))
        let isNamed = address != coordinator.host
        words.add(
            "--host", address,
            spec.reason(.coordinator(.host)) + (isNamed ? ": \(coordinator.host) resolved" : ""))
        words.add("--port", String(coordinator.port), spec.reason(.coordinator(.port)))
        let own =
            coordinator.ownSlots > 0
            ? ", and a slot as large as a user's for \(ConfigurationKey.health(.canary))" : ""
        words.add(
            "--ctx-size", String(coordinator.wholeContext),
            spec.reason(.coordinator(.contextSize)) + own)
        words.add(
            "--parallel", String(coordinator.allSlots), spec.reason(.coordinator(.parallel)) + own)
        // Without workers llama.cpp places all by itself; with spares only there are devices.
        if devices.isEmpty {
            addExperts(to: &words)
        } else {
            addPlacement(to: &words)
            addMemory(to: &words)
        }
        addCompanions(to: &words)
        if capabilities.metrics {
            words.add("--metrics", "rule: its counters show whether a busy server makes progress")
        }
        if capabilities.slots {
            words.add("--slots", "rule: they tell whether a request is in flight")
        }
        if let seconds = coordinator.sleepAfter {
            words.add(
                Self.sleepFlag, String(seconds), spec.reason(.coordinator(.sleepAfter)))
        }
        if let apiKeyFile {
            words.add("--api-key-file", apiKeyFile, spec.reason(.coordinator(.apiKeyFile)))
        }
        if let origins = coordinator.corsOrigins {
            words.add("--cors-origins", origins, spec.reason(.coordinator(.corsOrigins)))
        } else if apiKeyFile == nil, capabilities.corsOrigins != false {
            words.add(
                "--cors-origins", "localhost",
                "rule: without a key no web page of another host may read what the API answers")
        }
        let extra = spec.reason(.coordinator(.extraArguments))
        words.addExtra(coordinator.extraArguments, extra)
        return words.arguments
    }

    /// Which layer goes where: all of it said, so that nothing is left to guesses of llama.cpp.
    private func addPlacement(to words: inout CommandWords) {
        if !rpc.isEmpty {
            words.add(
                "--rpc", rpc.map { "\($0.host):\($0.port)" }.joined(separator: ","),
                "\(SpecialKey.backends.rawValue), in the order that numbers their devices")
        }
        if !ownDevices.isEmpty, capabilities.device {
            // After --rpc, which creates the devices.
            let own = ownDevices.joined(separator: ", ")
            words.add(
                "--device", devices.joined(separator: ","),
                devices.contains { ownDevices.contains($0) }
                    ? "\(spec.reason(.placement(.participants))): this host's own \(own) too"
                    : "rule: this host's own \(own) gets no layers")
        }
        let kept = distribution?.coordinatorLayers.count ?? 0
        if kept > 0, let distribution {
            words.add(
                "-ngl", String(distribution.blockCount + 1 - kept),
                "rule: the devices cannot hold more, so \(plural(kept, "layer")) "
                    + "\(kept == 1 ? "stays" : "stay") on the coordinator's CPU")
        } else {
            words.add(
                "-ngl", capabilities.gpuLayersAll ? "all" : "999",
                "rule: every layer leaves the coordinator's CPU")
        }
        if let distribution {
            words.add(
                "-ts", distribution.shares.map { String($0.layers.count) }.joined(separator: ","),
                splitReason(distribution))
        } else {
            words.add(
                "-ts", devices.map { _ in "1" }.joined(separator: ","),
                "rule: equal shares, since the number of layers is not known")
        }
        if let embeddingBuffer {
            words.add(
                "-ot", "^(token|position|per_layer_token)_=\(embeddingBuffer)",
                "\(spec.reason(.placement(.participants))): the embedding leaves the coordinator")
        }
        addExperts(to: &words)
        if capabilities.fit {
            words.add(
                "-fit", "off",
                "rule: fitting would move layers to the coordinator silently")
        }
    }

    private func addExperts(to words: inout CommandWords) {
        let experts = spec.placement.cpuExperts
        guard experts > 0 else { return }
        // Models may begin with layers that have none, which llama.cpp counts, too.
        let layers = placement.map { $0.request.shape.layersUpToExperts(experts) } ?? experts
        if layers > 0 {
            words.add("--n-cpu-moe", String(layers), spec.reason(.placement(.cpuExperts)))
        }
    }

    private func splitReason(_ distribution: LayerDistribution) -> String {
        let key = spec.reason(.placement(.strategy))
        let what =
            "how many of the \(distribution.blockCount) layers and the output layer each device "
            + "gets"
        return switch placement?.strategy {
        case .memoryAware: "\(key): \(what), by its memory"
        case .fastest: "\(key): \(what), so that a token takes the least time"
        case .manual: "\(ConfigurationKey.placement(.layers)): \(what)"
        case .even, nil: "\(key): \(what), evenly"
        }
    }

    /// What keeps the coordinator's memory small, and the log that proves it.
    private func addMemory(to words: inout CommandWords) {
        switch capabilities.loadMode {
        case .loadMode: words.add("--load-mode", "none", Self.loadReason)
        case .noMmap: words.add("--no-mmap", Self.loadReason)
        case .unavailable: break
        }
        if capabilities.cacheRAM {
            words.add(
                "--cache-ram", "0",
                "rule: saving a prompt there aborts over RPC (llama.cpp issue 26529)")
        }
        if capabilities.verbosityTrace {
            words.add(
                "-lv", "4", "rule: the log then shows each device's buffer, the proof of placement")
        }
    }

    /// A 2.4 GB model, all layers on workers: 69 MiB instead of 2,434 (measured).
    private static let loadReason =
        "rule: weights only pass through here; a mapped file would count as memory"
}
