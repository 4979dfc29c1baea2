import Basics
import Configuration
import Facts
import Foundation
import Model
import Placement
import Plan
import Remote

/// How long one device takes for a layer of a model, found out on its host with two probes
/// (`ProbeModel`), without the model and without an upload.
package struct DeviceBench: Equatable, Sendable {
    /// Whose device it is.
    package var node: Node
    /// Where `HostFacts.measured` keeps it.
    package var key = ""
    /// Which device, by llama.cpp's name where it is measured (`CPU`, `CUDA0`, `RPC0`), of which
    /// model, build and threads.
    package var conditions: MeasuredDevice.Conditions
    /// The rpc-server that offers it, as that host dials it; nil for a device of the host itself.
    package var rpc: String?
    /// The way to it; nil: there is none, or it was not measured.
    package var way: MeasuredWay?
    /// Why nobody could try to measure the way to it, as what follows the worker's name.
    package var wayProblem: String?
    /// Why it need not be tried: its worker does not run, as what follows the worker's name.
    package var obstacle: String?
    /// Where.
    package var location: RunLocation
    /// Added to the environment of the server that offers it.
    package var environment: [String: String]
    /// Where llama-bench may be, before the PATH of that account and after it.
    package var folders: [String]
    /// The fewer layers.
    package var small: ProbeModel
    /// The more layers.
    package var large: ProbeModel
    /// Whether its weights are noise: ssh may compress what it carries, and zeros to nothing.
    package var isNoisy = false

    package var device: String { conditions.device }

    /// The command for a guard without a record.
    package var argv: [String] {
        let values = [
            ("bench_folders", folders.joined(separator: ":")), ("bench_rpc", rpc ?? ""),
            ("bench_device", device),
            ("bench_threads", threads),
            ("small_probe", Self.escaped(small.header)), ("small_size", "\(small.fileSize)"),
            ("large_probe", Self.escaped(large.header)), ("large_size", "\(large.fileSize)"),
            ("large_noise", isNoisy ? "1" : ""),
        ].map { "\($0)=\(ShellQuoting.quote($1))" }.joined(separator: " ")
        return ["sh", "-c", values + "; " + ShellProgram.line(PackageResources.measure_device_sh)]
    }

    /// A worker whose help did not tell takes half of what its host runs at once.
    private var threads: String {
        let isUntold = node.isWorker && rpc == nil && device.hasPrefix(WorkerDevice.cpu)
        return conditions.threads.map(String.init) ?? (isUntold ? "half" : "")
    }

    /// Bytes as `printf` takes them; digits and letters as they are, for they are most.
    private static func escaped(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            let scalar = Unicode.Scalar(byte)
            // A digit behind an escape would belong to it: three octal digits always.
            if scalar.properties.isAlphabetic && byte < 128 || scalar == "_" || scalar == "." {
                text.unicodeScalars.append(scalar)
            } else {
                let octal = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            }
        }
        return text
    }

    /// Why this host has no room for the probes, or nil.
    package func shortage(_ facts: HostFacts) -> String? {
        let host = facts.host(at: location)
        let isCPU = device.hasPrefix(WorkerDevice.cpu)
        let free = isCPU ? host?.availableMemoryBytes : host?.deviceMemoryBytes?[device]
        // Beside the weights a context of some tokens and buffers.
        let need = large.fileSize + large.fileSize / 10 + Self.buffers
        guard let free, UInt64(max(0, free)) < need else { return nil }
        return "\(device) on {host} has \(MemorySize.text(free)) free, and "
            + "\(plural(large.layers, "layer")) of this model with their buffers need "
            + MemorySize.text(need)
    }

    private static let buffers: UInt64 = 128 << 20

    /// What the outcome of a bench means.
    package enum Outcome: Equatable, Sendable {
        case measured(MeasuredDevice)
        /// What follows the name of the process; `{host}` is its host.
        case problem(String)

        /// Somebody did not want to wait for it.
        package static let stopped = Outcome.problem(wordOfStop)
        package static let wordOfStop = "not measured, it was stopped; what was known before stays"
    }

    /// Runs of llama-bench for one probe.
    struct Runs: Decodable {
        var n_prompt: Int
        var n_gen: Int
        var samples_ns: [Double]
        var model_filename: String

        /// Seconds of the shortest run: what else runs there can only add to it.
        var seconds: Double { (samples_ns.min() ?? 0) / 1e9 }

        /// How much longer the longest took, as a part of the shortest.
        var spread: Double {
            guard let least = samples_ns.min(), let most = samples_ns.max() else { return 0 }
            return (most - least) / least
        }

        var isSane: Bool {
            (1...1000).contains(samples_ns.count)
                && samples_ns.allSatisfy { $0.isFinite && (1...1e13).contains($0) }
        }
    }

    /// Runs that differ by more than this are no measurement.
    private static let mostSpread = 1.0

    /// Part by which the same work, each time the shortest of five runs, may take longer before the
    /// larger probe than after it, or the other way round: what a layer takes is a difference, and
    /// with two such paces it is that of neither.
    private static let mostDrift = 0.3

    /// The outcome of a run.
    ///
    /// - Parameters:
    ///   - lines: what it printed, errors included.
    ///   - status: nil when it was cut off.
    ///   - now: seconds since 1970.
    package func outcome(_ lines: [String], status: Int?, now: Int) -> Outcome {
        if let why = whyNotBegun(lines) { return .problem(why) }
        let runs = Self.runs(lines)
        guard status == 0, let token = Work(runs, { $0.n_gen > 0 }),
            let prompt = Work(runs, { $0.n_prompt > 0 })
        else {
            let last = lines.filter { !$0.hasPrefix("{") }.suffix(2)
            let said =
                last.isEmpty
                ? "it printed nothing"
                : "it printed \(TerminalText.quote(last.joined(separator: " / ")))"
            let end = status.map { "status \($0)" } ?? "no status"
            return .problem("llama-bench cannot use \(device) on {host} (\(end)); \(said)")
        }
        return measured(token: token, prompt: prompt, now: now)
    }

    /// Why llama-bench was not even started there, or nil.
    package func whyNotBegun(_ lines: [String], on host: String = "{host}") -> String? {
        if lines.contains("bench missing") {
            return "there is no llama-bench on \(host), and sollol measures with it: install it "
                + "beside the other programs of llama.cpp (Debian: llama.cpp-tools)"
        }
        guard lines.contains("bench nowhere") else { return nil }
        let size = isNoisy ? MemorySize.text(large.fileSize) : "a few KiB"
        return "no file of \(size) can be written to /tmp on \(host)"
    }

    static func runs(_ lines: [String]) -> [Runs] {
        lines.filter { $0.hasPrefix("{") }
            .compactMap { try? JSONDecoder().decode(Runs.self, from: Data($0.utf8)) }
            .filter(\.isSane)
    }

    /// What one kind of work took: the smaller probe is run before the larger one and after it.
    private struct Work {
        /// The quicker one of the two.
        var small: Runs
        var large: Runs
        /// The slower one.
        var slowest: Runs

        init?(_ runs: [Runs], _ isWanted: (Runs) -> Bool) {
            let wanted = runs.filter(isWanted)
            let smalls = wanted.filter { $0.model_filename.hasSuffix("/8") }
            guard let large = wanted.first(where: { $0.model_filename.hasSuffix("/9") }),
                let small = smalls.min(by: { $0.seconds < $1.seconds }),
                let slowest = smalls.max(by: { $0.seconds < $1.seconds })
            else { return nil }
            (self.small, self.large, self.slowest) = (small, large, slowest)
        }
    }

    private func measured(token: Work, prompt: Work, now: Int) -> Outcome {
        let difference = Double(large.layers - small.layers)
        func slope(_ runs: Work) -> Double {
            let count = Double(max(runs.large.n_gen, runs.large.n_prompt))
            return (runs.large.seconds - runs.small.seconds) / difference / count
        }
        let spread = max(token.small.spread, token.large.spread)
        let layer = slope(token)
        guard spread <= Self.mostSpread else {
            return .problem(
                "\(device) on {host} is busy with something else: of equal runs the longest took "
                    + "\(Int(100 * spread)) % longer than the shortest; measure again when it is "
                    + "at rest")
        }
        if let restless = [token, prompt].first(where: { work in
            work.slowest.seconds > (1 + Self.mostDrift) * work.small.seconds
        }) {
            return .problem(
                "\(device) on {host} changes its pace while it is measured: the same work took "
                    + "\(Self.milliseconds(restless.small)) and "
                    + "\(Self.milliseconds(restless.slowest)); measure again when it is at rest")
        }
        guard layer > 0 else {
            return .problem(
                "what a layer takes on \(device) on {host} cannot be told: \(large.layers) layers "
                    + "took no longer than \(small.layers), "
                    + "\(Self.milliseconds(token.large)) and \(Self.milliseconds(token.small)); "
                    + "measure again when it is at rest")
        }
        let all = token.small.seconds / Double(max(1, token.small.n_gen))
        let output = max(0, all - layer * Double(small.layers))
        let device = MeasuredDevice(
            conditions, measuredAt: now, layer: layer, promptLayer: max(0, slope(prompt)),
            outputLayer: output, hop: way?.hop, bytesPerSecond: way?.bytesPerSecond,
            spread: spread)
        guard device.isPlausible else {
            return .problem(
                "what llama-bench tells of \(conditions.device) on {host} cannot be: \(layer) s "
                    + "for a layer, \(output) s for the output layer, "
                    + "\(way?.hop ?? 0) s for the way there")
        }
        return .measured(device)
    }

    private static func milliseconds(_ runs: Runs) -> String {
        "\(threeDigits(runs.seconds * 1000)) ms"
    }

    /// Seconds that a token takes for the way to a device and back, by a bench with `tiny` probes;
    /// nil where it did not work.
    package static func secondsPerToken(_ lines: [String]) -> Double? {
        runs(lines).filter { $0.n_gen > 0 }.map { $0.seconds / Double($0.n_gen) }.min()
    }
}
