import Basics
import Configuration
import Facts
import Foundation
import Placement
import Plan
import Reporting
import SollolRuntime

/// `sollol plan`: where every layer will be, and whether it fits; asks no other host.
enum PlanCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let imagined = try workers(arguments)
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(
            arguments, environment: environment, home: home,
            workers: imagined.map { $0.map(\.name) })
        let loaded = try files.load()
        let isQuiet = arguments.has("--quiet")
        if !isQuiet {
            for notice in loaded.notices { CommandLineInterface.complain("notice: \(notice)") }
        }
        var spec = loaded.spec
        var recorded = HostFacts()
        if let imagined {
            // A cluster that does not exist: nothing that was recorded concerns it, nor what is
            // stored.
            spec.storage = .whole
            for index in spec.workers.indices {
                spec.workers[index].memoryLimit = imagined[index].bytes
            }
        } else {
            let statePath = StateDirectory.path(
                cluster: spec.name, environment: environment, home: home)
            let facts = RecordedFacts.read(state: statePath)
            if let notice = facts.notice, !isQuiet { CommandLineInterface.complain(notice) }
            recorded = facts.facts
        }
        let here = Preflight.here(spec, recorded: recorded, onlyModel: imagined != nil)
        if let problem = here.modelProblem {
            CommandLineInterface.complain(error: "\(problem)")
            return .unavailable
        }
        var look = here.facts
        var assumptions: [String]?
        if let imagined {
            // Nor is this machine a part of it.
            look.hosts[.here]?.availableMemoryBytes = nil
            look.hosts[.here]?.devices = []
            let shape = look.hosts.values.flatMap(\.models.values).compactMap(\.shape).first
            for (worker, given) in zip(spec.workers, imagined) {
                guard let seconds = given.secondsPerLayer, let shape else { continue }
                for conditions in look.conditions(of: worker, model: shape.paceDigest) {
                    let device = MeasuredDevice(
                        conditions, measuredAt: nil, layer: seconds, promptLayer: seconds,
                        outputLayer: seconds, spread: 0)
                    look.record(device, of: worker.endpoint.description)
                }
            }
            let limit = ConfigurationKey.coordinator(.memoryLimit)
            assumptions = [
                "each worker has one device, may hold the size given, and the coordinator has "
                    + "memory enough for its part; \(limit) limits it."
            ]
            if imagined.contains(where: { $0.secondsPerLayer != nil }) {
                assumptions?.append(
                    "the output layer takes as long as any other, and nothing is added for the "
                        + "way to a worker and back.")
            }
        }
        let isNowhere = loaded.spec.storage == .sharded && look.shards == nil
        return try show(spec, look, assumptions, isNowhere: isNowhere, isJSON: isJSON)
    }

    /// - Parameter isNowhere: whether nothing of the model is on the coordinator's host, which is
    ///   where a check looks.
    private static func show(
        _ spec: ClusterSpec, _ facts: HostFacts, _ assumptions: [String]?, isNowhere: Bool,
        isJSON: Bool
    ) throws -> ExitStatus {
        let plan: LaunchPlan
        do throws(PlanError) {
            plan = try LaunchPlanner.plan(spec, facts: facts)
        } catch {
            CommandLineInterface.complain(error: error.message)
            return .unavailable
        }
        guard
            let report = PlanReport(
                plan, model: spec.model.text, assumptions: assumptions, local: .here)
        else {
            CommandLineInterface.complain(
                "error: the header of the model \(spec.model.text) is not known here, so nothing "
                    + "can be planned. Try: sollol \(isNowhere ? "shard --dry-run" : "check")")
            return .unavailable
        }
        try CommandLineInterface.write(isJSON ? report.json : report.text)
        return report.fits ? .success : .unavailable
    }

    /// A worker of `--worker`.
    private struct Imagined {
        var name: String
        var bytes: UInt64
        var secondsPerLayer: Double?
    }

    /// `--worker 24GiB@0.012`, as often as there are workers; nil: those of the configuration.
    private static func workers(
        _ arguments: CommandLineArguments
    ) throws(CommandLineArguments.Mistake) -> [Imagined]? {
        guard let given = arguments.values["--worker"] else { return nil }
        guard !arguments.has("--rpc") else {
            throw CommandLineArguments.Mistake(
                message: "--worker designs workers and --rpc names real ones; give one of them")
        }
        var workers: [Imagined] = []
        for text in given.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            guard let bytes = MemorySize.bytes(String(parts[0])), bytes > 0 else {
                throw CommandLineArguments.Mistake(
                    message: "--worker \(text): expected a size such as 24GiB")
            }
            workers.append(Imagined(name: "worker-\(workers.count + 1)", bytes: bytes))
            guard parts.count > 1 else { continue }
            guard let seconds = Double(parts[1]), (1e-6...3600).contains(seconds) else {
                throw CommandLineArguments.Mistake(
                    message: "--worker \(text): expected seconds for one layer after @, 0.000001 "
                        + "to 3600, such as 24GiB@0.012")
            }
            workers[workers.count - 1].secondsPerLayer = seconds
        }
        return workers
    }
}
