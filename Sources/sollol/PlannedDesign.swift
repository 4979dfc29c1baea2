import Basics
import Configuration
import Facts
import Placement
import Plan
import SollolRuntime

/// Workers of `plan --worker`, which do not exist yet, and what is known of a cluster of them.
struct PlannedDesign {
    /// One of them.
    private struct Worker {
        var name: String
        var bytes: UInt64
        var secondsPerLayer: Double?
    }

    private var workers: [Worker] = []

    /// What they are called.
    var names: [String] { workers.map(\.name) }

    /// `--worker 24GiB@0.012`, as often as there are workers; nil: those of the configuration.
    init?(_ arguments: CommandLineArguments) throws(CommandLineArguments.Mistake) {
        guard let given = arguments.values["--worker"] else { return nil }
        guard !arguments.has("--rpc") else {
            throw CommandLineArguments.Mistake(
                message: "--worker designs workers and --rpc names real ones; give one of them")
        }
        let texts = given.split(separator: ",", omittingEmptySubsequences: false)
        guard texts.count <= LayerPlacement.maxDevices else {
            throw CommandLineArguments.Mistake(
                message: "--worker: \(texts.count) workers, at most \(LayerPlacement.maxDevices)")
        }
        for text in texts {
            let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            guard let bytes = MemorySize.bytes(String(parts[0])), bytes > 0 else {
                throw CommandLineArguments.Mistake(
                    message: "--worker \(text): expected a size such as 24GiB")
            }
            workers.append(Worker(name: "worker-\(workers.count + 1)", bytes: bytes))
            guard parts.count > 1 else { continue }
            guard let seconds = Double(parts[1]), (1e-6...3600).contains(seconds) else {
                throw CommandLineArguments.Mistake(
                    message: "--worker \(text): expected seconds for one layer after @, 0.000001 "
                        + "to 3600, such as 24GiB@0.012")
            }
            workers[workers.count - 1].secondsPerLayer = seconds
        }
    }

    /// That cluster with these workers.
    func spec(_ configured: ClusterSpec) -> ClusterSpec {
        var spec = configured
        // Nothing that is stored concerns it.
        spec.storage = .whole
        for index in spec.workers.indices { spec.workers[index].memoryLimit = workers[index].bytes }
        return spec
    }

    /// What is known of it: its model, on this machine or by its header on a web server. Nothing
    /// that was recorded concerns it.
    ///
    /// - Parameter tell: told what takes time.
    /// - Throws: `ShardSource.Problem`.
    func facts(
        _ spec: ClusterSpec, tell: @escaping (String) -> Void
    ) throws(ShardSource.Problem) -> HostFacts {
        var facts: HostFacts
        if case .address(let address) = spec.model {
            tell("reading the header of \(address.shown), and nothing else of it")
            facts = try RemoteHeaders.source(address, tell: tell)
                .facts(of: spec, beside: HostFacts())
        } else {
            let here = Preflight.here(spec, recorded: HostFacts(), onlyModel: true)
            if let problem = here.modelProblem { throw ShardSource.Problem(description: problem) }
            facts = here.facts
        }
        // Nor is this machine a part of it.
        facts.hosts[.here]?.availableMemoryBytes = nil
        facts.hosts[.here]?.devices = []
        let shape = facts.hosts.values.flatMap(\.models.values).compactMap(\.shape).first
        for (worker, given) in zip(spec.workers, workers) {
            guard let seconds = given.secondsPerLayer, let shape else { continue }
            for conditions in facts.conditions(of: worker, model: shape.paceDigest) {
                let device = MeasuredDevice(
                    conditions, measuredAt: nil, layer: seconds,
                    // Nobody has said how fast it reads prompts.
                    promptLayer: 0, outputLayer: seconds, spread: 0)
                facts.record(device, of: worker.endpoint.description)
            }
        }
        return facts
    }

    /// What its plan takes for granted.
    var assumptions: [String] {
        let limit = ConfigurationKey.coordinator(.memoryLimit)
        var assumptions = [
            "each worker has one device, may hold the size given, and the coordinator has "
                + "memory enough for its part; \(limit) limits it."
        ]
        if workers.contains(where: { $0.secondsPerLayer != nil }) {
            assumptions.append(
                "the output layer takes as long as any other, and nothing is added for the "
                    + "way to a worker and back.")
        }
        return assumptions
    }
}
