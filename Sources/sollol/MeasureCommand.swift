import Basics
import Facts
import Plan
import Reporting
import SollolRuntime
import Survey

/// `sollol measure`: how long each device takes for a layer of the model, recorded for `plan` and
/// `up`. Neither the model is loaded nor anything uploaded; nothing stays running.
enum MeasureCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let enquiry = try Enquiry(arguments)
        let (spec, console) = (enquiry.spec, enquiry.console)
        let supervisor = enquiry.supervisor
        guard !supervisor.isHeld else {
            let who = supervisor.pid.map { " (pid \($0))" } ?? ""
            CommandLineInterface.complain(
                error: "a sollol\(who) runs this cluster, and measuring beside it would disturb "
                    + "both. Try: sollol down")
            return .alreadyRunning
        }
        let lock = MeasureLock()
        defer { withExtendedLifetime(lock) {} }
        let neighbours = lock.isAlone ? [] : [MeasureNeighbours.otherMeasure]
        for text in neighbours + enquiry.neighbours { console.report(Report(.warning, text)) }
        var look = enquiry.look(
            "[1/2] looking at programs, model and devices of all hosts", wantsProbes: true)
        look.tryWorkers()
        guard let plan = look.plan, let shape = plan.placement?.request.shape,
            look.probes.count == 2
        else {
            complain(look)
            return .unavailable
        }
        let benches = DeviceBench.all(
            plan, spec, look.facts, model: shape.paceDigest, (look.probes[0], look.probes[1]),
            trials: look.trials)
        let count = benches.count { $0.obstacle == nil }
        console.report(
            Report(
                .phase,
                "[2/2] measuring \(plural(count, "device")), "
                    + DeviceBenches.duration(of: count, spec.timeouts)))
        let outcomes = DeviceBenches.at(benches, look.facts, timeouts: spec.timeouts) {
            bench, outcome in
            // The signal ends this process once nothing runs any more.
            if outcome == .stopped {
                console.report(Report(.warning, "\(bench.node): \(DeviceBench.Outcome.wordOfStop)"))
            }
            guard case .measured = outcome else { return }
            console.report(Report(.progress, "\(bench.node): \(bench.device) is measured"))
        }
        var facts = look.facts
        for (bench, outcome) in zip(benches, outcomes) {
            // Without a way it would count as one that is reached in no time.
            guard case .measured(let device) = outcome, bench.wayProblem == nil else { continue }
            facts.record(device, of: bench.key)
            guard var way = bench.way else { continue }
            way.measuredAt = device.measuredAt
            facts.record(way, to: bench.key)
        }
        guard try enquiry.record(facts) else {
            CommandLineInterface.complain(
                error: "a sollol has begun to run this cluster meanwhile and disturbed this, so "
                    + "nothing is recorded. Try: sollol down, then sollol measure")
            return .alreadyRunning
        }
        let report = MeasureReport(
            cluster: spec.name, results: Array(zip(benches, outcomes)).map { ($0, $1) })
        try CommandLineInterface.write(enquiry.isJSON ? report.json : report.text)
        return report.isGood ? .success : .unavailable
    }

    /// Says why nothing can be measured.
    private static func complain(_ look: Preflight) {
        let errors = look.findings.filter { $0.severity == .error }
        for finding in errors {
            CommandLineInterface.complain(
                finding.named.about("error").lines.joined(separator: "\n"))
        }
        if errors.isEmpty, look.plan != nil, look.modelProblem == nil {
            CommandLineInterface.complain(
                error: "no smaller model of this shape can be made: it has one layer only, or "
                    + "a header that is not understood")
        }
    }
}
