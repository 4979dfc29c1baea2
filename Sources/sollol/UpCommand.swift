import Basics
import Configuration
import Facts
import Foundation
import Placement
import Plan
import Reporting
import SollolRuntime
import Survey

/// `sollol up`: from configuration to plan, which is printed or brought up and kept up.
struct UpCommand {
    private let arguments: CommandLineArguments
    private let environment: [String: String]
    private let home: String
    private let files: ConfigurationFiles
    private let loaded: LoadedConfiguration
    private let statePath: String
    private let console: Console

    static func run(_ arguments: CommandLineArguments, isDetached: Bool) throws -> ExitStatus {
        let format = try Format.of(arguments, in: DryRun.Format.allCases.map(\.rawValue))
        let isDryRun = arguments.has("--dry-run")
        if !isDryRun && arguments.has("--format") {
            throw CommandLineArguments.Mistake(message: "--format goes with --dry-run")
        }
        let digits = LaunchPlan.idLength
        if let id = arguments.values["--plan"], id.count != digits || !id.allSatisfy(\.isHexDigit) {
            throw CommandLineArguments.Mistake(
                message:
                    "--plan \(id): a plan id has \(digits) hexadecimal digits, as up --dry-run "
                    + "shows it")
        }
        let command = try UpCommand(arguments)
        command.console.isDetached = isDetached
        return isDryRun
            ? try command.dryRun(DryRun.Format(rawValue: format) ?? .text) : try command.up()
    }

    private init(_ arguments: CommandLineArguments) throws {
        self.arguments = arguments
        environment = ProcessInfo.processInfo.environment
        home = ConfigurationFiles.home
        files = try ConfigurationFiles(arguments, environment: environment, home: home)
        let isQuiet = arguments.has("--quiet")
        console = Console(
            level: isQuiet ? .quiet : arguments.has("--verbose") ? .verbose : .normal,
            arguments: arguments.ofCluster)
        loaded = try Self.load(files, arguments)
        statePath = StateDirectory.path(
            cluster: loaded.spec.name, environment: environment, home: home)
        if !isQuiet { for notice in loaded.notices { console.notice("notice: \(notice)") } }
    }

    /// Loads what `up` goes by.
    static func load(
        _ files: ConfigurationFiles, _ arguments: CommandLineArguments
    ) throws -> LoadedConfiguration {
        var loaded = try files.load()
        loaded.spec.placement.mayOvercommit = arguments.has("--overcommit")
        return loaded
    }

    // MARK: Dry run

    private func dryRun(_ format: DryRun.Format) throws -> ExitStatus {
        let look = Preflight.here(loaded.spec, recorded: recordedFacts())
        let plan = try self.plan(look.facts, modelProblem: look.modelProblem)
        if format == .sh, let complaint = plan.shardComplaint {
            // It would load holes before it failed.
            let whose = complaint.about("error: \(Node.coordinator)")
            for line in whose.lines { console.notice(line) }
            return .unavailable
        }
        let text = DryRun.render(plan, as: format)
        if format == .text {
            try CommandLineInterface.write(text)
        } else {
            try CommandLineInterface.write(Array(text.utf8))
        }
        return .success
    }

    private func recordedFacts() -> HostFacts {
        let recorded = RecordedFacts.read(state: statePath)
        if let notice = recorded.notice { console.notice(notice) }
        return recorded.facts
    }

    private func plan(_ facts: HostFacts, modelProblem: String? = nil) throws -> LaunchPlan {
        let plan: LaunchPlan
        do throws(PlanError) {
            plan = try LaunchPlanner.plan(loaded.spec, facts: facts, modelProblem: modelProblem)
        } catch {
            console.notice("error: \(error.message)")
            throw ExitStatus.unavailable
        }
        try refuseOtherPlan(plan)
        return plan
    }

    private func refuseOtherPlan(_ plan: LaunchPlan) throws {
        guard let wanted = arguments.values["--plan"], wanted != plan.id else { return }
        console.notice(
            "error: the plan is \(plan.id), not \(wanted): something has changed since it was "
                + "reviewed. See: sollol up --dry-run")
        throw ExitStatus.unavailable
    }

    // MARK: Reload

    /// What another process needs to load the same again: the very same files and options; the
    /// environment it inherits.
    private var sources: ReloadSources {
        ReloadSources(
            command: [CommandLineInterface.executable, ReloadLookCommand.name],
            options: arguments.values, file: files.name)
    }

    // MARK: Up

    private func up() throws -> ExitStatus {
        // While it runs that is said first.
        if arguments.has("--adopt"), files.path == nil,
            !StateDirectory.holder(of: statePath).isHeld
        {
            throw CommandLineArguments.Mistake(
                message:
                    "--adopt takes a cluster over for the file that describes it, and there is "
                    + "none here: name it with -c")
        }
        let state = try StateDirectory(
            path: statePath, configuration: files.path, adopts: arguments.has("--adopt"))
        defer { state.logs.finish() }
        console.keepLog(state: state)
        tellTakeover(state)
        let entry = entry(state)
        defer { entry?.remove() }
        console.history = EventHistory(
            state: state,
            warn: { [console] in console.notice("warning: history: \($0)") })
        Signals.endAtOnce(isQuiet: arguments.has("--quiet"))
        console.report(Report(.phase, "[1/5] checking programs, model and ports"))
        try RecordedNumbers.write(loaded.numbers, to: state)
        for warning in loaded.spec.notify.warnings { console.notice("warning: \(warning)") }
        let recorded = recordedFacts()
        let look = Preflight.everywhere(
            loaded.spec, recorded: recorded, owner: state.owner, tell: console.report)
        defer { look.connections.closeAll() }
        try state.write(look.facts.encoded(), to: RecordedFacts.name)
        // Errors last: why nothing was started is the last thing that is told, and remembered.
        for severity in [Finding.Severity.warning, .error] {
            for finding in look.findings where finding.severity == severity {
                console.report(finding)
            }
        }
        guard let plan = look.plan, !look.findings.contains(where: { $0.severity == .error }) else {
            console.notice("nothing was started")
            return .unavailable
        }
        try refuseOtherPlan(plan)
        tellDifferences(from: look.factsOfDryRun(recorded: recorded), to: plan)
        for assumption in plan.assumptions { console.notice("assumed: \(assumption)") }
        for notice in plan.noticesOfUse + plan.spareNotices {
            console.notice("notice: \(notice)")
        }
        try RecordedFacts.write(
            look.facts, placement: plan.remembered, isSharded: plan.isSharded, to: state)
        for report in look.surveys.flatMap(\.pruned) { console.notice("notice: \(report)") }
        let runner = ClusterRunner(
            plan: plan, spec: loaded.spec, facts: look.facts, numbers: loaded.numbers,
            connections: look.connections, state: state, sources: sources, seed: UInt64(getpid()),
            version: CommandLineInterface.version,
            output: .init(
                report: console.report, line: console.line, changed: console.changed,
                isLive: console.isLive))
        runner.looked(unreached: look.unreachedSpares)
        let status = try runner.run()
        if status == .unavailable {
            // Perhaps since something is not as it was recorded. Where this cannot be written it
            // was not recorded either.
            var facts = recordedFacts()
            facts.forgetAnswers()
            try? state.write(facts.encoded(), to: RecordedFacts.name)
        }
        return status
    }

    /// Says whose state it was, and whether that is as somebody wanted it.
    private func tellTakeover(_ state: StateDirectory) {
        guard !arguments.has("--quiet") else { return }
        switch state.former {
        case let former? where former != files.path:
            console.notice(
                "notice: \(state.path) has been that of \(former); from now on it is that of "
                    + (files.path ?? "no file"))
        case nil where arguments.has("--adopt"):
            console.notice(
                "notice: there was nothing to adopt: no cluster of this name has had its state in "
                    + "\(state.path). See: sollol list")
        case .some where arguments.has("--adopt"):
            console.notice(
                "notice: there was nothing to adopt: \(state.path) is that of this file already")
        default: break
        }
    }

    /// So that others find this `sollol`, for as long as it runs; without it all else works.
    private func entry(_ state: StateDirectory) -> RunningEntry? {
        do {
            return try RunningEntry(
                cluster: loaded.spec.name, state: state.path, configuration: files.path)
        } catch {
            console.notice("warning: \(error); others cannot find this cluster")
            return nil
        }
    }

    /// Says where the plan differs from what a dry run has just shown.
    private func tellDifferences(from facts: HostFacts, to plan: LaunchPlan) {
        guard let shown = try? LaunchPlanner.plan(loaded.spec, facts: facts) else { return }
        for process in plan.started {
            guard let before = shown.process(process.node), before.argv != process.argv else {
                continue
            }
            console.notice("\(process.node) differs from the dry run: \(process.shellLine)")
        }
    }
}
