import Basics
import Configuration
import Facts
import Foundation
import SollolRuntime

/// What a command needs that asks all hosts and records what they told, without the lock: whoever
/// starts the cluster meanwhile is not to be kept from it.
struct Enquiry {
    let spec: ClusterSpec
    let console: Console
    let isJSON: Bool
    private let state: StateFolder
    private let statePath: String

    init(_ arguments: CommandLineArguments) throws {
        isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let files = try ConfigurationFiles(arguments, environment: environment, home: home)
        let isQuiet = arguments.has("--quiet")
        console = Console(
            level: isQuiet ? .quiet : .normal, arguments: arguments.ofCluster)
        let loaded = try files.load()
        if !isQuiet { for notice in loaded.notices { console.notice("notice: \(notice)") } }
        spec = loaded.spec
        statePath = StateDirectory.path(cluster: spec.name, environment: environment, home: home)
        state = try StateFolder(path: statePath, configuration: files.path)
    }

    /// Who runs the cluster, if anybody does.
    var supervisor: (isHeld: Bool, pid: Int32?) { StateDirectory.holder(of: statePath) }

    /// What is to be told of other clusters on the same hosts before these are measured.
    var neighbours: [String] { MeasureNeighbours.warnings(spec, state: statePath) }

    /// Looks at all hosts, with what was recorded of them, and says so.
    func look(_ phase: String, wantsProbes: Bool = false) -> Preflight {
        let recorded = RecordedFacts.read(state: statePath)
        if let notice = recorded.notice { console.notice(notice) }
        console.report(Report(.phase, phase))
        return Preflight.everywhere(
            spec, recorded: recorded.facts, owner: state.owner, isThorough: true,
            wantsProbes: wantsProbes, tell: console.report)
    }

    /// Records facts, unless somebody runs the cluster by now, who has written what he goes by.
    ///
    /// - Returns: whether they are recorded.
    @discardableResult
    func record(_ facts: HostFacts) throws -> Bool {
        if supervisor.isHeld { return false }
        try state.write(facts.encoded(), to: RecordedFacts.name)
        return true
    }
}
