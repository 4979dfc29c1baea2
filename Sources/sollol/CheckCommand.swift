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
        let enquiry = try Enquiry(arguments)
        let (spec, console) = (enquiry.spec, enquiry.console)
        let supervisor = enquiry.supervisor
        if supervisor.isHeld {
            let running = CheckReport.running(
                cluster: spec.name, pid: supervisor.pid.map(Int.init))
            try CommandLineInterface.write(
                enquiry.isJSON ? running.json : arguments.ofCluster.completed(running.text))
            return .success
        }
        let hasWorkers = spec.workers.contains(where: \.managed)
        let steps = hasWorkers ? 2 : 1
        var look = enquiry.look(
            "[1/\(steps)] looking at programs, model and ports of all hosts")
        if hasWorkers {
            console.report(Report(.phase, "[2/2] starting each worker for a moment, on 127.0.0.1"))
            look.tryWorkers()
        }
        try enquiry.record(look.facts)
        // None of these keeps `up` from its work, which does not ask for them again.
        let hints =
            PlanFindings.idleGPUs(spec, look.facts) + NetworkFindings.slow(look.plan, look.surveys)
        let report = CheckReport(
            cluster: spec.name, surveys: look.surveys, trials: look.trials,
            findings: Finding.grouped(look.findings + hints), plan: look.plan)
        try CommandLineInterface.write(
            enquiry.isJSON ? report.json : arguments.ofCluster.completed(report.text))
        return report.isGood ? .success : .unavailable
    }
}
