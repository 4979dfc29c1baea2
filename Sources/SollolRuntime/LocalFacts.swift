import Foundation
import SollolCore

/// Something that stands in the way of a start: what, and what to do about it.
public struct Finding: Equatable, Sendable {
    /// The processes that it concerns, `worker-1, worker-3`.
    public var subject: String
    /// What is wrong, with the remedy.
    public var problem: String

    /// A finding about those processes.
    public init(subject: String, problem: String) {
        self.subject = subject
        self.problem = problem
    }
}

/// Looks at this machine for what a plan needs: programs and what they accept, the model.
///
/// Changes nothing and contacts nobody, so that a dry run can use it; what is not at hand is left
/// out and becomes an assumption there, a finding for `up`.
public struct LocalFacts {
    private let spec: ClusterSpec
    private let home: String
    private let folders: [String]
    private var host: HostFacts.Host
    private var known: HostFacts.Host
    private var findings: [Finding] = []

    /// What is at hand for that specification.
    ///
    /// - Parameters:
    ///   - recorded: facts of an earlier run; those of this machine are used where the files have
    ///     not changed since.
    ///   - environment: `PATH`, `OLLAMA_MODELS`.
    /// - Returns: the recorded facts with those of this machine renewed, and what is missing here.
    public static func observe(
        _ spec: ClusterSpec, recorded: HostFacts, environment: [String: String], home: String
    ) throws -> (facts: HostFacts, findings: [Finding]) {
        var look = LocalFacts(spec: spec, recorded: recorded, environment: environment, home: home)
        try look.observeCoordinator(environment)
        look.observeWorkers()
        var facts = recorded
        facts.hosts[HostFacts.key(for: .here)] = look.host
        if let own = look.host.devices {
            // An rpc-server offers the devices of its host, or its CPU where there are none.
            let offered = (0..<max(1, own.count)).map { "RPC\($0)" }
            for worker in spec.workers where worker.managed && worker.location == .here {
                facts.offeredDevices[worker.endpoint] = offered
            }
        }
        return (facts, look.findings)
    }

    private init(
        spec: ClusterSpec, recorded: HostFacts, environment: [String: String], home: String
    ) {
        self.spec = spec
        self.home = home
        folders = BinarySearch.folders(path: environment["PATH"] ?? "", home: home)
        known = recorded.host(at: .here) ?? HostFacts.Host()
        host = HostFacts.Host(home: home)
    }

    // MARK: Programs

    private mutating func observeCoordinator(_ environment: [String: String]) throws {
        guard spec.coordinator.location == .here else { return }
        let name = spec.coordinator.binary ?? "llama-server"
        if let path = find([name], for: "coordinator"), let stamp = Self.stamp(of: path) {
            if let binary = known.binaries[name], binary.path == path, binary.stamp == stamp,
                binary.capabilities != nil
            {
                host.binaries[name] = binary
                host.devices = known.devices
            } else {
                try ask(path, name: name, stamp: stamp)
            }
        }
        observeModel(environment)
    }

    /// Asks a llama-server what it accepts and which devices of its own it has.
    private mutating func ask(_ path: String, name: String, stamp: HostFacts.Stamp) throws {
        let questions = ["--help", "--version", "--list-devices"]
        let answers = try CommandOutput.of(questions.map { [path, $0] })
        guard answers[0].status == 0, answers[0].text.contains("--model") else {
            let words = answers[0].text.split(whereSeparator: \.isNewline).suffix(3)
            findings.append(
                Finding(
                    subject: "coordinator",
                    problem: "\(path) --help does not answer like a llama-server: "
                        + words.joined(separator: " / ") + ". Try: \(path) --version"))
            return
        }
        let capabilities = Capabilities(help: answers[0].text, version: answers[1].text)
        host.binaries[name] = HostFacts.Binary(
            path: path, stamp: stamp, version: capabilities.version, capabilities: capabilities)
        host.devices = Self.devices(in: answers[2].text)
    }

    /// The names after `Available devices:`, as in `  CUDA0: NVIDIA … (24000 MiB, 23000 MiB free)`.
    static func devices(in listing: String) -> [String] {
        let lines = listing.split(whereSeparator: \.isNewline)
        return lines.drop { !$0.hasPrefix("Available devices") }.dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = (parts.first ?? "").trimmingCharacters(in: .whitespaces)
            let isDevice = line.hasPrefix(" ") && parts.count == 2 && !name.contains(" ")
            return isDevice && !name.isEmpty ? name : nil
        }
    }

    private mutating func observeWorkers() {
        let workers = spec.workers.filter { $0.managed && $0.location == .here }
        let names = Dictionary(grouping: workers) { $0.binary ?? "rpc-server" }
        for (name, users) in names.sorted(by: { $0.key < $1.key }) {
            let candidates = name == "rpc-server" ? [name, "ggml-rpc-server"] : [name]
            let subject = users.map(\.name).joined(separator: ", ")
            guard let path = find(candidates, for: subject), let stamp = Self.stamp(of: path) else {
                continue
            }
            host.binaries[name] = HostFacts.Binary(path: path, stamp: stamp)
        }
    }

    private mutating func find(_ names: [String], for subject: String) -> String? {
        switch BinarySearch.find(names, in: folders, home: home) {
        case .found(let path): return path
        case .missing(let places):
            findings.append(
                Finding(
                    subject: subject,
                    problem: "no \(names.joined(separator: " or ")) on this machine; looked in "
                        + places.joined(separator: ", ")
                        + ". Install it: deploy/install-llama-cpp, or name it with the key `binary`."
                ))
            return nil
        }
    }

    // MARK: Model

    private mutating func observeModel(_ environment: [String: String]) {
        let path: String
        switch spec.model {
        case .file(let given):
            path = given.hasPrefix("~/") ? home + given.dropFirst() : given
        case .ollama(let name):
            do {
                path = try OllamaLibrary(environment: environment, home: home).path(of: name)
            } catch {
                findings.append(Finding(subject: "coordinator", problem: error.description))
                return
            }
        }
        guard let stamp = Self.stamp(of: path) else {
            findings.append(
                Finding(
                    subject: "coordinator",
                    problem: "the model \(path): \(SystemError("open").reason). Check the key "
                        + "`model`, or give another one with --model."))
            return
        }
        if let model = known.models[spec.model.text], model.path == path, model.stamp == stamp {
            host.models[spec.model.text] = model
            return
        }
        do {
            let header = try ModelFile.header(of: path)
            host.models[spec.model.text] = HostFacts.Model(
                path: path, stamp: stamp, blockCount: header.blockCount)
        } catch {
            findings.append(Finding(subject: "coordinator", problem: "\(error)"))
        }
    }

    private static func stamp(of path: String) -> HostFacts.Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        let nanoseconds = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return HostFacts.Stamp(size: Int64(status.st_size), modified: nanoseconds)
    }
}
