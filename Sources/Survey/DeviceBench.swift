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
    /// llama.cpp's name of it where it is measured: `CPU`, `CUDA0`, `RPC0`.
    package var device: String
    /// The rpc-server that offers it, as that host dials it; nil for a device of the host itself.
    package var rpc: String?
    /// Where.
    package var location: RunLocation
    /// Added to the environment of the server that offers it.
    package var environment: [String: String]
    /// Where llama-bench may be, before the PATH of that account and after it.
    package var folders: [String]
    /// As for the server; nil: llama.cpp's own number.
    package var threads: Int?
    /// The fewer layers.
    package var small: ProbeModel
    /// The more layers.
    package var large: ProbeModel

    /// The command for a guard without a record.
    package var argv: [String] {
        let values = [
            ("bench_folders", folders.joined(separator: ":")), ("bench_rpc", rpc ?? ""),
            ("bench_device", device),
            ("bench_threads", threads.map(String.init) ?? ""),
            ("small_probe", Self.escaped(small.header)), ("small_size", "\(small.fileSize)"),
            ("large_probe", Self.escaped(large.header)), ("large_size", "\(large.fileSize)"),
        ].map { "\($0)=\(ShellQuoting.quote($1))" }.joined(separator: " ")
        return ["sh", "-c", values + "; " + ShellProgram.line(PackageResources.measure_device_sh)]
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
        return "\(device) on {host} has \(MemorySize.text(UInt64(max(0, free)))) free, and "
            + "\(plural(large.layers, "layer")) of this model with their buffers need "
            + MemorySize.text(need)
    }

    private static let buffers: UInt64 = 128 << 20

    /// What the outcome of a bench means.
    package enum Outcome: Equatable, Sendable {
        case measured(MeasuredDevice)
        /// What follows the name of the process; `{host}` is its host.
        case problem(String)

        /// The same with the way to the device.
        package func with(hop: Double?) -> Outcome {
            guard case .measured(var device) = self else { return self }
            device.hop = hop
            return .measured(device)
        }
    }

    /// Runs of llama-bench for one probe.
    private struct Runs: Decodable {
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

    /// The outcome of a run.
    ///
    /// - Parameters:
    ///   - lines: what it printed, errors included.
    ///   - status: nil when it was cut off.
    ///   - model: the digest of the shape (`MeasuredDevice.model`).
    ///   - now: seconds since 1970.
    package func outcome(
        _ lines: [String], status: Int?, model: String, build: String?, now: Int
    ) -> Outcome {
        if lines.contains("bench missing") {
            return .problem(
                "there is no llama-bench on {host}, which measures its device: install it beside "
                    + "its rpc-server (Debian: llama.cpp-tools)")
        }
        if lines.contains("bench nowhere") {
            return .problem("no file of a few KiB can be written to /tmp on {host}")
        }
        let runs = Self.runs(lines)
        guard status == 0, let token = pair(runs, { $0.n_gen > 0 }),
            let prompt = pair(runs, { $0.n_prompt > 0 })
        else {
            let last = lines.filter { !$0.hasPrefix("{") }.suffix(2)
            let said =
                last.isEmpty
                ? "it printed nothing"
                : "it printed \(TerminalText.quote(last.joined(separator: " / ")))"
            let end = status.map { "status \($0)" } ?? "no status"
            return .problem("llama-bench cannot use \(device) on {host} (\(end)); \(said)")
        }
        return measured(token: token, prompt: prompt, model: model, build: build, now: now)
    }

    private static func runs(_ lines: [String]) -> [Runs] {
        lines.filter { $0.hasPrefix("{") }
            .compactMap { try? JSONDecoder().decode(Runs.self, from: Data($0.utf8)) }
            .filter(\.isSane)
    }

    private func pair(_ runs: [Runs], _ isWanted: (Runs) -> Bool) -> (small: Runs, large: Runs)? {
        let wanted = runs.filter(isWanted)
        guard let small = wanted.first(where: { $0.model_filename.hasSuffix("/8") }),
            let large = wanted.first(where: { $0.model_filename.hasSuffix("/9") })
        else { return nil }
        return (small, large)
    }

    private func measured(
        token: (small: Runs, large: Runs), prompt: (small: Runs, large: Runs), model: String,
        build: String?, now: Int
    ) -> Outcome {
        let difference = Double(large.layers - small.layers)
        func slope(_ runs: (small: Runs, large: Runs)) -> Double {
            let count = Double(max(runs.large.n_gen, runs.large.n_prompt))
            return (runs.large.seconds - runs.small.seconds) / difference / count
        }
        let spread = max(token.small.spread, token.large.spread)
        let layer = slope(token)
        guard layer > 0, spread <= Self.mostSpread else {
            return .problem(
                "\(device) on {host} is busy with something else: of equal runs the longest took "
                    + "\(Int(100 * spread)) % longer than the shortest; measure again when it is "
                    + "at rest")
        }
        let all = token.small.seconds / Double(max(1, token.small.n_gen))
        let output = max(0, all - layer * Double(small.layers))
        return .measured(
            MeasuredDevice(
                device: device, model: model, build: build, threads: threads, measuredAt: now,
                layer: layer, promptLayer: max(0, slope(prompt)), outputLayer: output,
                spread: spread))
    }

    /// Seconds that a token takes for the way to a device and back, by a bench with `tiny` probes;
    /// nil where it did not work.
    package func hop(_ lines: [String]) -> Double? {
        let shortest = Self.runs(lines).filter { $0.n_gen > 0 }.map {
            $0.seconds / Double($0.n_gen)
        }
        return shortest.min()
    }

    /// The bench of the way to a worker that answers there.
    ///
    /// - Parameter device: what the coordinator's program calls the worker's first device.
    package static func hop(_ trial: WorkerTrial, device: String) -> DeviceBench {
        let program = trial.coordinator.argv.first ?? ""
        return DeviceBench(
            node: trial.worker.node, device: device, rpc: trial.asked,
            location: trial.coordinator.location, environment: trial.coordinator.environment,
            folders: folders(beside: program), small: ProbeModel.tiny.small,
            large: ProbeModel.tiny.large)
    }

    private static func folders(beside program: String) -> [String] {
        guard program.hasPrefix("/") else { return UsualFolders.afterPath }
        let parts = program.split(separator: "/").dropLast()
        return ["/" + parts.joined(separator: "/")] + UsualFolders.afterPath
    }

    // MARK: What is measured

    /// All devices of a plan that can hold layers: those of workers that `sollol` starts, the
    /// coordinator's own GPUs, and its CPU where it may hold layers.
    package static func all(
        _ plan: LaunchPlan, _ spec: ClusterSpec, _ facts: HostFacts,
        _ probes: (small: ProbeModel, large: ProbeModel)
    ) -> [DeviceBench] {
        plan.processes.flatMap { process -> [DeviceBench] in
            return devices(of: process, spec, facts).map { device, threads in
                DeviceBench(
                    node: process.node, device: device, location: process.location,
                    environment: process.environment,
                    folders: folders(beside: process.argv.first ?? ""),
                    threads: threads, small: probes.small, large: probes.large)
            }
        }
    }

    private static func devices(
        of process: PlannedProcess, _ spec: ClusterSpec, _ facts: HostFacts
    ) -> [(String, Int?)] {
        guard let worker = spec.workers.first(where: { $0.node == process.node }) else {
            guard spec.placement.participants == .withCoordinator else { return [] }
            let own = facts.host(at: process.location)?.devices ?? []
            return [(WorkerDevice.cpu, nil)] + own.map { ($0, nil) }
        }
        let known = facts.workerDevices?[worker.endpoint.description] ?? []
        let names = known.isEmpty ? [WorkerDevice.cpu] : known.map(\.name)
        return names.map { ($0, worker.threads) }
    }
}
