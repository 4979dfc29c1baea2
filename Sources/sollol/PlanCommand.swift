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
        let sizes = try workers(arguments)
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(
            arguments, environment: environment, home: home,
            workers: sizes.map { $0.map(\.name) })
        let loaded = try files.load()
        let isQuiet = arguments.has("--quiet")
        if !isQuiet {
            for notice in loaded.notices { CommandLineInterface.complain("notice: \(notice)") }
        }
        var spec = loaded.spec
        var recorded = HostFacts()
        if let sizes {
            // A cluster that does not exist: nothing that was recorded concerns it.
            for index in spec.workers.indices {
                spec.workers[index].memoryLimit = sizes[index].bytes
            }
        } else {
            let statePath = StateDirectory.path(
                cluster: spec.name, environment: environment, home: home)
            let facts = RecordedFacts.read(state: statePath)
            if let notice = facts.notice, !isQuiet { CommandLineInterface.complain(notice) }
            recorded = facts.facts
        }
        let here = Preflight.here(spec, recorded: recorded, onlyModel: sizes != nil)
        if let problem = here.modelProblem {
            CommandLineInterface.complain("error: \(problem)")
            return .unavailable
        }
        var look = here.facts
        var assumptions: [String]?
        if sizes != nil {
            // Nor is this machine a part of it.
            look.hosts[.here]?.availableMemoryBytes = nil
            look.hosts[.here]?.devices = []
            let limit = ConfigurationKey.coordinator(.memoryLimit)
            assumptions = [
                "each worker has one device, may hold the size given, and the coordinator has "
                    + "memory enough for its part; \(limit) limits it."
            ]
        }
        return try show(spec, look, assumptions, isJSON: isJSON)
    }

    private static func show(
        _ spec: ClusterSpec, _ facts: HostFacts, _ assumptions: [String]?, isJSON: Bool
    ) throws -> ExitStatus {
        let plan: LaunchPlan
        do throws(PlanError) {
            plan = try LaunchPlanner.plan(spec, facts: facts)
        } catch {
            CommandLineInterface.complain("error: \(error.message)")
            return .unavailable
        }
        guard let report = PlanReport(plan, model: spec.model.text, assumptions: assumptions)
        else {
            CommandLineInterface.complain(
                "error: the header of the model \(spec.model.text) is not known here, so nothing "
                    + "can be planned. Try: sollol check")
            return .unavailable
        }
        try CommandLineInterface.write(isJSON ? report.json : report.text)
        return report.fits ? .success : .unavailable
    }

    /// `--worker 24GiB`, as often as there are workers; nil: those of the configuration.
    private static func workers(
        _ arguments: CommandLineArguments
    ) throws(CommandLineArguments.Mistake) -> [(name: String, bytes: UInt64)]? {
        guard let given = arguments.values["--worker"] else { return nil }
        guard !arguments.has("--rpc") else {
            throw CommandLineArguments.Mistake(
                message: "--worker designs workers and --rpc names real ones; give one of them")
        }
        var workers: [(name: String, bytes: UInt64)] = []
        for text in given.split(separator: ",", omittingEmptySubsequences: false) {
            guard let bytes = MemorySize.bytes(String(text)), bytes > 0 else {
                throw CommandLineArguments.Mistake(
                    message: "--worker \(text): expected a size such as 24GiB")
            }
            workers.append(("worker-\(workers.count + 1)", bytes))
        }
        return workers
    }
}
