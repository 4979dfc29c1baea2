import Basics
import Configuration
import Facts
import Foundation
import Placement
import Plan
import Reporting
import Sharding
import SollolRuntime

/// `sollol plan`: where every layer will be, and whether it fits. Asks no other host, but for
/// the header of a model on a web server that is to be planned for workers that do not exist.
enum PlanCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let design = try PlannedDesign(arguments)
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(
            arguments, environment: environment, home: home, workers: design?.names)
        let loaded = try files.load()
        func tell(_ text: String) {
            if !arguments.has("--quiet") { CommandLineInterface.complain(text) }
        }
        for notice in loaded.notices { tell("notice: \(notice)") }
        if let design {
            let spec = design.spec(loaded.spec)
            let facts: HostFacts
            do throws(ShardSource.Problem) {
                facts = try design.facts(spec, tell: tell)
            } catch {
                CommandLineInterface.complain(error: "\(error)")
                return .unavailable
            }
            return try show(spec, facts, design.assumptions, isNowhere: false, isJSON: isJSON)
        }
        let spec = loaded.spec
        let state = StateDirectory.path(cluster: spec.name, environment: environment, home: home)
        let recorded = RecordedFacts.read(state: state)
        if let notice = recorded.notice { tell(notice) }
        let here = Preflight.here(spec, recorded: recorded.facts)
        if let problem = here.modelProblem {
            CommandLineInterface.complain(error: "\(problem)")
            return .unavailable
        }
        let isNowhere = spec.storage == .sharded && here.facts.shards == nil
        return try show(spec, here.facts, nil, isNowhere: isNowhere, isJSON: isJSON)
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
                plan, model: spec.model.text, assumptions: assumptions, local: .here,
                layout: layout(of: plan, spec))
        else {
            CommandLineInterface.complain(
                "error: the header of the model \(spec.model.text) is not known here, so nothing "
                    + "can be planned. Try: sollol \(isNowhere ? "shard --dry-run" : "check")")
            return .unavailable
        }
        try CommandLineInterface.write(isJSON ? report.json : report.text)
        return report.isGood ? .success : .unavailable
    }

    /// What would be stored where the shards are of another placement; nil where the skeleton,
    /// whose header is the model's, is not on this machine.
    private static func layout(of plan: LaunchPlan, _ spec: ClusterSpec) -> ShardLayout? {
        let coordinator = plan.process(.coordinator)
        guard plan.shardProblem != nil, coordinator?.location == .here,
            let placement = plan.placement, let path = coordinator?.modelPath,
            let skeleton = try? ShardSource(path)
        else { return nil }
        return try? ShardLayout(skeleton.id, skeleton.headers, placement)
    }
}
