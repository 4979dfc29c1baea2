import Basics
import Configuration
import Facts
import Foundation
import Model
import Placement
import Plan
import Reporting
import Sharding
import SollolRuntime

/// `sollol shard`: gives each worker the tensors of its layers, and the coordinator the skeleton.
struct ShardCommand {
    private let loaded: LoadedConfiguration
    private let statePath: String
    private let configuration: String?
    private let isJSON: Bool
    let console: Console

    var spec: ClusterSpec { loaded.spec }

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let id = try id(arguments)
        let command = try ShardCommand(arguments)
        let only = ["--list", "--remove", "--dry-run"].filter { arguments.has($0) }
        guard only.count < 2 else {
            throw CommandLineArguments.Mistake(
                message: "\(only.joined(separator: " and ")): give one of them")
        }
        if only.first == "--list" || only.first == "--remove" {
            return try command.list(removing: only.first == "--remove", id)
        }
        // What has come is kept, so there is nothing to say but that.
        Signals.endAtOnce(
            isQuiet: arguments.has("--quiet"), saying: "stopped; what has come stays there\n",
            reloads: false)
        return try command.shard(
            from: ShardSourceOption.Origin(arguments.values["--from"]),
            isDryRun: only.first == "--dry-run")
    }

    /// The word after it: which one `--remove` removes.
    private static func id(_ arguments: CommandLineArguments) throws -> ModelID? {
        guard let word = arguments.words.dropFirst().first else { return nil }
        guard arguments.has("--remove") else {
            throw CommandLineArguments.Mistake(
                message: "shard takes no further word: \(word)"
                    + CommandLineInterface.fileHint(word, for: "shard"))
        }
        guard let id = ModelID(word) else {
            throw CommandLineArguments.Mistake(
                message: "\(word): expected the 16 hexadecimal digits that sollol shard --list "
                    + "shows")
        }
        return id
    }

    private init(_ arguments: CommandLineArguments) throws {
        isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(arguments, environment: environment, home: home)
        var loaded = try ConfigurationLoader.load(files.sources)
        loaded.spec.placement.mayOvercommit = arguments.has("--overcommit")
        self.loaded = loaded
        configuration = files.path
        console = Console(
            level: arguments.has("--quiet") ? .quiet : .normal, arguments: arguments.ofCluster)
        statePath = StateDirectory.path(
            cluster: loaded.spec.name, environment: environment, home: home)
        if !arguments.has("--quiet") {
            for notice in loaded.notices { console.notice("notice: \(notice)") }
        }
    }

    // MARK: Storing

    private func shard(from: ShardSourceOption.Origin, isDryRun: Bool) throws -> ExitStatus {
        do {
            let source = try ShardSourceOption(spec).open(from) { console.report($0) }
            return try shard(source, isDryRun: isDryRun)
        } catch let problem as ShardSource.Problem {
            CommandLineInterface.complain(error: "\(problem)")
            return .unavailable
        }
    }

    private func shard(_ source: ShardSource, isDryRun: Bool) throws -> ExitStatus {
        let recorded = RecordedFacts.read(state: statePath)
        if let notice = recorded.notice { console.notice(notice) }
        let (plan, placement) = try plan(of: source, recorded.facts)
        // What moves once more before anything can start from it is not worth sending.
        guard fits(plan) else { return .unavailable }
        let layout: ShardLayout
        do throws(ShardLayout.Problem) {
            layout = try ShardLayout(source.id, source.headers, placement)
        } catch {
            throw ShardSource.Problem(description: "\(source.shown): \(error.message)")
        }
        guard !layout.tensors.isEmpty else {
            throw ShardSource.Problem(
                description: "no worker gets a tensor of more than "
                    + "\(MemorySize.text(ShardedTensor.threshold)): llama.cpp looks for no smaller "
                    + "one on a worker's disk")
        }
        var report = report(layout, source, plan.notices + plan.assumptions)
        report.change = change(to: layout, isDryRun: isDryRun)
        if isDryRun {
            try CommandLineInterface.write(isJSON ? report.json : report.text)
            return .success
        }
        // Nothing may be changed below a cluster that runs.
        let state = try StateDirectory(path: statePath, configuration: configuration)
        var facts = recorded.facts
        guard isKept(layout, plan, &facts) else { return .unavailable }
        // Before a large file is read.
        if !report.isFetched { findUnreached(&report) }
        if report.isGood {
            let manifest = try store(
                layout, source, placement.shardPrint(cluster: spec.name), &report)
            guard report.isGood else { return try end(report) }
            for notice in lookAtFormer(than: layout) { console.notice(notice) }
            facts.shards = StoredShards(manifest, cluster: spec.name)
            try RecordedFacts.write(
                facts, placement: plan.remembered, isSharded: true, to: state)
        }
        return try end(report)
    }

    private func end(_ report: ShardReport) throws -> ExitStatus {
        try CommandLineInterface.write(isJSON ? report.json : report.text)
        return report.isGood ? .success : .unavailable
    }

    /// Asks all hosts, and records who cannot be asked.
    private func findUnreached(_ report: inout ShardReport) {
        let places = report.rows.map { ShardPlace(of: $0.node, in: spec) }
        let folders = ShardFolders.all(places, cluster: spec.name, timeouts: spec.timeouts)
        for (index, folder) in folders.enumerated() {
            report.rows[index].problem = folder.problem
        }
    }

    /// The plan that is made anew, whatever is stored so far.
    private func plan(
        of source: ShardSource, _ recorded: HostFacts
    ) throws(ShardSource.Problem) -> (LaunchPlan, ModelPlacement) {
        var whole = spec
        whole.storage = .whole
        let facts = try source.facts(of: spec, beside: recorded)
        let plan: LaunchPlan
        do throws(PlanError) {
            plan = try LaunchPlanner.plan(whole, facts: facts)
        } catch {
            throw ShardSource.Problem(description: error.message)
        }
        guard let placement = plan.placement else {
            throw ShardSource.Problem(
                description: "\(source.shown) is no model that can be placed")
        }
        let strangers = spec.workers.filter { !$0.managed }.map(\.node)
        guard strangers.isEmpty else {
            throw ShardSource.Problem(
                description: "\(Node.list(strangers)): sollol does not start it, so it cannot give "
                    + "it files")
        }
        return (plan, placement)
    }

    /// Brings everything to its place. Returns the coordinator's manifest.
    private func store(
        _ layout: ShardLayout, _ source: ShardSource, _ placement: String,
        _ report: inout ShardReport
    ) throws -> ShardManifest {
        var work = ShardWork(
            layout: layout, source: source, model: spec.model.text, placement: placement,
            cluster: spec.name,
            places: report.rows.map { ShardPlace(of: $0.node, in: spec) },
            timeouts: spec.timeouts)
        let outcomes = try bring(&work, report)
        for index in report.rows.indices {
            guard let outcome = outcomes.first(where: { $0.node == report.rows[index].node })
            else {
                report.rows[index].problem = "it was not asked"
                continue
            }
            report.rows[index].sentBytes = outcome.sentBytes
            report.rows[index].seconds = outcome.seconds
            report.rows[index].problem = outcome.problem
        }
        return work.manifest
    }

    /// Sends everything, or lets each host fetch what is its own.
    private func bring(
        _ work: inout ShardWork, _ report: ShardReport
    ) throws(ShardSource.Problem) -> [ShardOutcome] {
        func tell(_ word: String, _ bytes: [(Node, UInt64)]) {
            let words = bytes.filter { $0.1 > 0 }.map { "\($0.0) \(MemorySize.text($0.1))" }
            if !words.isEmpty {
                console.report(Report(.progress, "\(word): \(words.joined(separator: ", "))"))
            }
        }
        if let changes = report.changes { console.report(Report(.progress, changes)) }
        let hosts = plural(report.rows.count, "folder")
        if report.isFetched {
            console.report(
                Report(.phase, "[2/2] looking at \(hosts); each host fetches what is missing"))
            return work.fetch {
                tell("fetched", $0)
            } waits: {
                console.report(Report(.progress, "\($0): \($1)"))
            }
        }
        let size = MemorySize.text(report.modelBytes)
        console.report(Report(.phase, "[1/2] reading \(report.source), \(size)"))
        try work.digest { bytes in
            console.report(Report(.progress, "read: \(MemorySize.text(bytes)) of \(size)"))
        }
        if let obstacle = work.manifest.obstacle {
            throw ShardSource.Problem(
                description: "\(report.source): what is to be written about its shards could not "
                    + "be read again: \(obstacle). Nothing was sent")
        }
        console.report(Report(.phase, "[2/2] looking at \(hosts), and sending what is missing"))
        return work.run { tell("sent", $0) }
    }

    private func report(
        _ layout: ShardLayout, _ source: ShardSource, _ assumptions: [String]
    ) -> ShardReport {
        let holders = spec.workers.map(\.node).filter(layout.holders.contains)
        let rows = (holders + [.coordinator]).map { node in
            let place = ShardPlace(of: node, in: spec)
            return ShardReport.Row(
                node: node, host: place.location.named,
                folder: ShardFolder.path(base: place.base, node, cluster: spec.name, layout.id),
                storedBytes: layout.storedBytes(of: node),
                tensors: node.isWorker ? layout.tensors(of: node).count : nil)
        }
        var report = ShardReport(
            layout, model: spec.model.text, source: source.shown, rows: rows,
            assumptions: assumptions)
        report.isFetched = !source.remote.isEmpty
        return report
    }

    // MARK: What there is

    private func list(removing: Bool, _ id: ModelID?) throws -> ExitStatus {
        let nodes = spec.workers.filter(\.managed).map(\.node) + [.coordinator]
        let places = nodes.map { ShardPlace(of: $0, in: spec) }
        // Nothing may be taken from a cluster that runs.
        let state =
            removing
            ? try StateDirectory(path: statePath, configuration: configuration) : nil
        defer { _ = state }
        var found = ShardFolders.all(places, cluster: spec.name, timeouts: spec.timeouts)
        if removing {
            let notices = ShardFolders.choose(
                &found, of: spec.model.text, id?.description, in: spec.name)
            for notice in notices { console.notice(notice) }
            found = ShardFolders.remove(found, cluster: spec.name, timeouts: spec.timeouts)
        }
        let list = ShardList(found.map { .init($0.place.node, $0.listings, $0.problem) })
        try CommandLineInterface.write(isJSON ? list.json : list.text)
        return list.isGood ? .success : .unavailable
    }
}
