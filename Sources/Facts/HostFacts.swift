import Basics
import Foundation
import LlamaCpp
import Model
import Placement

/// What an earlier `check` or `up` found out, so that a dry run contacts no host.
///
/// A pure value: the runtime stores it as `facts.json` in the state directory and decides by the
/// stamps which entries are still true.
package struct HostFacts: Codable, Equatable, Sendable {
    /// Facts of one machine.
    package struct Host: Codable, Equatable, Sendable {
        /// The home folder, which `~/` in a path on that host stands for.
        package var home: String?
        /// Binaries by the name that was looked for: `coordinator.binary` or
        /// `rpc_backends[…].binary` as configured, else `llama-server` or `rpc-server` (also when
        /// `ggml-rpc-server` is what was found).
        package var binaries: [String: Binary]
        /// Models by `ModelReference.text`.
        package var models: [String: Model]
        /// llama.cpp devices of the host itself besides the CPU (`CUDA0`), or nil if nobody asked.
        package var devices: [String]?
        /// Bytes that are free on devices of the host, by their name, as far as was said.
        package var deviceMemoryBytes: [String: Int64]?
        /// GPUs that its kernel shows, by maker and file (`NVIDIA, /dev/nvidia0`), whether or not
        /// llama.cpp can use them; nil if nobody asked.
        package var gpus: [String]?
        /// Memory that new processes could have when somebody looked, or nil if nobody did.
        package var availableMemoryBytes: Int64?
        /// Names of variables of llama.cpp that the account there sets and its servers inherit.
        package var inheritedVariables: [String]?

        /// Facts of one machine, none unless given.
        package init(
            home: String? = nil, binaries: [String: Binary] = [:], models: [String: Model] = [:],
            devices: [String]? = nil
        ) {
            self.home = home
            self.binaries = binaries
            self.models = models
            self.devices = devices
        }
    }

    /// What tells whether a file is still the one that was looked at.
    package struct Stamp: Codable, Equatable, Sendable {
        /// Bytes.
        package var size: Int64
        /// Time of the last change, nanoseconds since 1970.
        package var modified: Int64

        /// A stamp of these two.
        package init(size: Int64, modified: Int64) {
            self.size = size
            self.modified = modified
        }
    }

    /// A model file.
    package struct Model: Codable, Equatable, Sendable {
        /// The GGUF: the path as configured with `~` expanded, or the blob of an Ollama name.
        package var path: String
        /// Which file that was.
        package var stamp: Stamp
        /// `block_count` of its header, 1…512, or nil if it could not be read.
        package var blockCount: Int?
        /// What it needs, or nil if its header could not be read.
        package var shape: ModelShape?
        /// What it weighs when it is a file to load beside a model, not one itself.
        package var companion: CompanionFile?
        /// Paths of files that belong to it, by where Ollama keeps it.
        package var projector: String?
        package var adapters: [String]?

        /// A model with these facts.
        package init(
            path: String, stamp: Stamp, blockCount: Int? = nil, shape: ModelShape? = nil
        ) {
            self.path = path
            self.stamp = stamp
            self.blockCount = blockCount
            self.shape = shape
        }
    }

    /// By where they are and how they are asked.
    package var hosts: [HostKey: Host]
    /// Numeric IPv4 addresses by name, as the control machine resolved them.
    package var addresses: [String: String]
    /// llama.cpp's names of the devices that a worker offers, by `WorkerSpec.endpoint`, as
    /// `llama-server --rpc HOST:PORT --list-devices` printed them for this worker alone:
    /// `["RPC0", "RPC1"]`, before October 2025 `["RPC[host:port]"]`.
    package var offeredDevices: [String: [String]]
    /// What these devices are, in the same order, by `WorkerSpec.endpoint`; nil if nobody asked.
    package var workerDevices: [String: [WorkerDevice]]?
    /// What `sollol measure` found of devices, by `WorkerSpec.endpoint`, and of the coordinator's
    /// own under `coordinator`; nil where nobody has measured any.
    package var measured: [String: [MeasuredDevice]]?
    /// The ways to workers that it found, one for each transport, by `WorkerSpec.endpoint`.
    package var ways: [String: [MeasuredWay]]?
    /// Where the layers were placed last, so that they stay there.
    package var placement: RecordedPlacement?
    /// Where they were when the model was stored in shards, which no start of a whole one changes.
    package var shardedPlacement: RecordedPlacement?
    /// What the nodes store of the model; nil where nobody has stored or seen any of it.
    package var shards: StoredShards?
    /// Builds of llama.cpp that have kept shards, as `ShardTrial` names them; nil where none was
    /// tried.
    var shardKeepers: [String]?

    /// These facts, none unless given.
    package init(
        hosts: [HostKey: Host] = [:], addresses: [String: String] = [:],
        offeredDevices: [String: [String]] = [:]
    ) {
        self.hosts = hosts
        self.addresses = addresses
        self.offeredDevices = offeredDevices
    }

    /// The facts of the machine at a location, if there are any.
    package func host(at location: RunLocation) -> Host? { hosts[HostKey(location)] }
}

extension HostFacts {
    /// What `facts.json` holds: the facts and the version of their form.
    private struct File: Codable {
        var formatVersion: Int
        var facts: HostFacts
    }

    /// Raised when a member changes its meaning or its type, and when more is taken from a
    /// program's answers, since `up` does not ask one again whose files are the same. A new
    /// optional member raises nothing. Facts of another version are not used, which is told, and
    /// `check` or `up` write them anew.
    private static let formatVersion = 1

    /// Why recorded facts cannot be used. They are then treated as none, with a notice.
    package struct FormatError: Error, Equatable, Sendable {
        /// What is wrong, as part of a sentence.
        package var problem: String
    }

    /// The text of `facts.json`: sorted keys, ends in a newline.
    package func encoded() -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let file = File(formatVersion: Self.formatVersion, facts: self)
            return try encoder.encode(file) + Data("\n".utf8)
        } catch {
            preconditionFailure("strings and integers can always be encoded: \(error)")
        }
    }

    /// Reads `facts.json`.
    ///
    /// - Throws: `FormatError` when it is not JSON, of another version, lacks a key, has a value of
    ///   another type, or holds what could never have been found: an empty path, NUL or a newline
    ///   in a string, a block count outside 1…512, an address that is not numeric IPv4.
    package init(decoding data: Data) throws(FormatError) {
        guard data.count <= Bounds.factsBytes else {
            throw FormatError(problem: "it is larger than \(Bounds.factsBytes >> 20) MiB")
        }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: data)
        } catch {
            throw FormatError(problem: "it is not what sollol writes (\(Self.describe(error)))")
        }
        guard file.formatVersion == Self.formatVersion else {
            throw FormatError(problem: "its format version \(file.formatVersion) is not known")
        }
        if let problem = file.facts.firstProblem { throw FormatError(problem: problem) }
        self = file.facts
        // One device that cannot be so says nothing against the others.
        measured = measured?.mapValues { $0.filter(\.isPlausible) }
        ways = ways?.mapValues { $0.filter(\.isPlausible) }
    }

    private static func describe(_ error: any Error) -> String {
        let path: ([any CodingKey]) -> String = { $0.map(\.stringValue).joined(separator: ".") }
        return switch error as? DecodingError {
        case .keyNotFound(let key, let context): "no \(path(context.codingPath + [key]))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)) has another type"
        default: "not valid JSON"
        }
    }

    /// What no `check` could have found, or nil.
    private var firstProblem: String? {
        for (key, host) in hosts.sorted(by: { $0.key.text < $1.key.text }) {
            let paths =
                host.binaries.values.map(\.path) + host.models.values.flatMap(\.paths)
                + [host.home].compactMap(\.self)
            let answers = host.binaries.values.flatMap {
                [$0.companions].compactMap(\.self).filter { !$0.isEmpty }
                    + ($0.digests ?? [:]).values
            }
            if !answers.joined().allSatisfy({ $0 == " " || $0 == "-" || $0.isNumber && $0.isASCII })
            {
                return "\(key.text) has an unreadable record of a program's files"
            }
            let isPlain =
                paths.allSatisfy(Self.isWord)
                && (host.devices ?? []).allSatisfy { Outside.name($0) != nil }
                && (host.gpus ?? []).allSatisfy(Self.isWord)
                && host.binaries.values.compactMap(\.version).allSatisfy(Self.isWord)
            if !isPlain {
                return "\(key.text) has an empty or unprintable path or device"
            }
            let counts = host.models.values.compactMap(\.blockCount)
            if let count = counts.first(where: { !(1...512).contains($0) }) {
                return "\(key.text) has a model of \(count) blocks"
            }
            let isPossible = host.models.values.allSatisfy {
                $0.shape?.isPlausible != false && $0.companion?.isPlausible != false
            }
            if !isPossible {
                return "\(key.text) has a model of an impossible size"
            }
        }
        if (shardKeepers ?? []).contains(where: { !Outside.isHex($0, digits: 64) }) {
            return "a build that keeps shards has no name"
        }
        if shards?.isPlausible == false { return "what is stored of the model is impossible" }
        if let (name, address) = addresses.first(where: { !AddressRange.isNumericIPv4($0.value) }) {
            return "\(name) has the address \(address)"
        }
        let isOffer = { (names: [String]) in
            !names.isEmpty && names.allSatisfy { Outside.name($0) != nil }
        }
        let names = (workerDevices ?? [:]).values.map { $0.map(\.name) }
        if !offeredDevices.values.allSatisfy(isOffer) || !names.allSatisfy(isOffer) {
            return "a worker offers no or unprintable devices"
        }
        return nil
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && Outside.isPlain(text)
    }
}

extension HostFacts.Model {
    /// Where it and what belongs to it lie.
    fileprivate var paths: [String] {
        [path] + [projector].compactMap(\.self) + (adapters ?? [])
    }
}
