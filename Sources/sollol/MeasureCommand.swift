import Basics
import Configuration
import Facts
import Foundation
import Plan
import Reporting
import SollolRuntime
import Survey

/// `sollol measure`: how long each device takes for a layer of the model, recorded for `plan` and
/// `up`. Neither the model is loaded nor anything uploaded; nothing stays running.
enum MeasureCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(arguments, environment: environment, home: home)
        let console = Console(level: arguments.has("--quiet") ? .quiet : .normal)
        let loaded = try ConfigurationLoader.load(files.sources)
        if !arguments.has("--quiet") {
            for notice in loaded.notices { console.notice("notice: \(notice)") }
        }
        let spec = loaded.spec
        let statePath = StateDirectory.path(
            cluster: spec.name, environment: environment, home: home)
        let state = try StateFolder(path: statePath, configuration: files.path)
        let holder = StateDirectory.holder(of: statePath)
        guard !holder.isHeld else {
            let who = holder.pid.map { " (pid \($0))" } ?? ""
            CommandLineInterface.complain(
                "error: a sollol\(who) runs this cluster, and measuring beside it would disturb "
                    + "both. Try: sollol down")
            return .alreadyRunning
        }
        let recorded = RecordedFacts.read(state: statePath)
        if let notice = recorded.notice { console.notice(notice) }
        console.report(Report(.phase, "[1/2] looking at programs, model and devices of all hosts"))
        var look = Preflight.everywhere(
            spec, recorded: recorded.facts, owner: state.owner, isThorough: true,
            wantsProbes: true, tell: console.report)
        look.tryWorkers()
        guard let plan = look.plan, let shape = plan.placement?.request.shape,
            look.probes.count == 2
        else {
            for finding in look.findings where finding.severity == .error {
                CommandLineInterface.complain("error: \(finding.subject): \(finding.problem)")
            }
            if look.plan != nil, look.modelProblem == nil {
                CommandLineInterface.complain(
                    "error: no smaller model of this shape can be made: it has one layer only, or "
                        + "a header that is not understood")
            }
            return .unavailable
        }
        let benches = DeviceBench.all(plan, spec, look.facts, (look.probes[0], look.probes[1]))
        console.report(
            Report(.phase, "[2/2] measuring \(plural(benches.count, "device")), about 10 s each"))
        let outcomes = measure(benches, look.facts, spec, model: shape.paceDigest, console)
            .enumerated().map { index, outcome in
                let way = look.trials.first { $0.trial.worker.node == benches[index].node }
                return outcome.with(hop: way?.outcome.hop)
            }
        var facts = look.facts
        for (bench, outcome) in zip(benches, outcomes) {
            guard case .measured(let device) = outcome else { continue }
            facts.record(device, of: key(of: bench, spec))
        }
        // One that runs by now has written what it goes by.
        if !StateDirectory.holder(of: statePath).isHeld {
            try state.write(facts.encoded(), to: RecordedFacts.name)
        }
        let report = MeasureReport(
            cluster: spec.name, results: Array(zip(benches, outcomes)).map { ($0, $1) })
        try CommandLineInterface.write(isJSON ? report.json : report.text)
        return report.isGood ? .success : .unavailable
    }

    /// The outcomes in the order of the benches; where there is no room nothing is tried.
    private static func measure(
        _ benches: [DeviceBench], _ facts: HostFacts, _ spec: ClusterSpec, model: String,
        _ console: Console
    ) -> [DeviceBench.Outcome] {
        let shortages = benches.map { $0.shortage(facts) }
        let able = zip(benches, shortages).filter { $1 == nil }.map(\.0)
        var measured = DeviceBenches.at(
            able, model: model,
            build: { bench in
                spec.workers.first { $0.node == bench.node }.map(facts.build)
                    ?? facts.build(of: spec.coordinator)
            },
            timeouts: spec.timeouts
        ) { bench, outcome in
            guard case .measured = outcome else { return }
            console.report(Report(.progress, "\(bench.node): \(bench.device) is measured"))
        }[...]
        return shortages.map { shortage in
            shortage.map { .problem($0) } ?? measured.popFirst() ?? .problem("not measured")
        }
    }

    private static func key(of bench: DeviceBench, _ spec: ClusterSpec) -> String {
        spec.workers.first { $0.node == bench.node }?.endpoint.description
            ?? HostFacts.coordinatorKey
    }
}
