import Basics
import Configuration
import Foundation
import Reporting
import SollolRuntime
import Survey

/// `sollol check`: everything that `up` looks at before it starts, and each worker started for a
/// moment; nothing stays running.
enum CheckCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(arguments, environment: environment, home: home)
        let console = Console(level: arguments.has("--quiet") ? .quiet : .normal)
        let loaded = try files.load()
        if !arguments.has("--quiet") {
            for notice in loaded.notices { console.notice("notice: \(notice)") }
        }
        let spec = loaded.spec
        let statePath = StateDirectory.path(
            cluster: spec.name, environment: environment, home: home)
        // Without the lock: whoever starts the cluster meanwhile is not to be kept from it.
        let state = try StateFolder(path: statePath, configuration: files.path)
        let holder = StateDirectory.holder(of: statePath)
        if holder.isHeld {
            let running = CheckReport.running(cluster: spec.name, pid: holder.pid.map(Int.init))
            try CommandLineInterface.write(isJSON ? running.json : running.text)
            return .success
        }
        let recorded = RecordedFacts.read(state: statePath)
        if let notice = recorded.notice { console.notice(notice) }
        let hasWorkers = spec.workers.contains(where: \.managed)
        let steps = hasWorkers ? 2 : 1
        console.report(
            Report(.phase, "[1/\(steps)] looking at programs, model and ports of all hosts"))
        var look = Preflight.everywhere(
            spec, recorded: recorded.facts, owner: state.owner, isThorough: true,
            tell: console.report)
        if hasWorkers {
            console.report(Report(.phase, "[2/2] starting each worker for a moment, on 127.0.0.1"))
            look.tryWorkers()
        }
        // One that runs by now has written what it goes by.
        if !StateDirectory.holder(of: statePath).isHeld {
            try state.write(look.facts.encoded(), to: RecordedFacts.name)
        }
        // None of these keeps `up` from its work, which does not ask for them again.
        let hints =
            PlanFindings.idleGPUs(spec, look.facts) + NetworkFindings.slow(look.plan, look.surveys)
        let report = CheckReport(
            cluster: spec.name, surveys: look.surveys, trials: look.trials,
            findings: Finding.grouped(look.findings + hints), plan: look.plan)
        try CommandLineInterface.write(isJSON ? report.json : report.text)
        return report.isGood ? .success : .unavailable
    }
}
