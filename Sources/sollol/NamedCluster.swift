import Basics
import Configuration
import Foundation
import SollolRuntime
import Status
import Survey

/// The cluster that a command acts on: found by the same options, variables and files as by `up`,
/// but it needs no more than its name, so that a configuration that was broken or moved meanwhile
/// is no obstacle, and it is found wherever its state is.
struct NamedCluster {
    let name: String
    let statePath: String
    /// Whether nothing names it: there is no configuration here, and nothing runs or has run under
    /// the name that a cluster without one has.
    let isGuess: Bool
    /// Whether it is named, or guessed, without a file, and nothing of that name has ever run.
    private let isUnknown: Bool
    private let client: ControlClient
    /// How whoever acts on it has named it.
    let arguments: ClusterArguments

    /// The cluster that has that state folder, and was started from that file, if from any.
    init(name: String, statePath: String, configuration: String? = nil) {
        self.name = name
        self.statePath = statePath
        (isGuess, isUnknown) = (false, false)
        arguments = ClusterArguments(configuration: configuration, name: name)
        client = ControlClient(state: statePath)
    }

    init(_ arguments: CommandLineArguments) throws {
        self.arguments = arguments.ofCluster
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let search = ClusterSearch(environment: environment, home: home)
        let file: String?
        (name, file) = try Self.identity(arguments, search, environment: environment, home: home)
        let isNamed = arguments.has("--name")
        let place = try search.place(of: name, startedFrom: isNamed ? nil : file)
        statePath = place.state
        isUnknown = (file == nil || isNamed) && access("\(statePath)/owner", F_OK) != 0
        isGuess = isUnknown && !isNamed
        if let notice = place.notice { CommandLineInterface.complain("notice: \(notice)") }
        client = ControlClient(state: statePath)
        // Who names the cluster means that one, whichever file lies around.
        if let file, !isNamed { try StateFolder.refuseOther(file, path: statePath) }
    }

    /// Its name, and the absolute path of its configuration where one is found.
    ///
    /// A file that is broken, or no longer where a cluster was started from it, is told, and that
    /// cluster is meant.
    private static func identity(
        _ arguments: CommandLineArguments, _ search: ClusterSearch, environment: [String: String],
        home: String
    ) throws -> (name: String, file: String?) {
        var file: String?
        var usual: String?
        var warnings: [String] = []
        var failure: ConfigurationErrors?
        do {
            let files = try ConfigurationFiles(arguments, environment: environment, home: home)
            file = files.path
            if !arguments.has("--quiet") {
                for notice in files.sources.notices {
                    CommandLineInterface.complain("notice: \(notice)")
                }
            }
            let name = try ConfigurationLoader.clusterName(files.sources)
            if file != nil || arguments.has("--name") || search.runs(name) { return (name, file) }
            usual = name
        } catch let errors as ConfigurationErrors {
            if arguments.has("--name") {
                return (try Self.name(arguments, environment: environment, home: home), nil)
            }
            failure = errors
            warnings = CommandLineInterface.lines(errors).map {
                $0.replacing(/^error/, with: "warning")
            }
        }
        let paths =
            try file.map { [$0] }
            ?? ConfigurationFiles.possiblePaths(arguments, environment: environment, home: home)
        for path in paths {
            guard let known = search.cluster(startedFrom: path) else { continue }
            for warning in warnings { CommandLineInterface.complain(warning) }
            CommandLineInterface.complain(
                "warning: this is about cluster \(known), which was started from \(path)"
                    + (access(path, F_OK) == 0 ? "" : "; it is not there any more"))
            return (known, path)
        }
        guard let usual else { throw failure ?? ConfigurationErrors(problems: []) }
        return (usual, nil)
    }

    /// The name that the option gives, whatever became of the files.
    private static func name(
        _ arguments: CommandLineArguments, environment: [String: String], home: String
    ) throws -> String {
        let machine = LocalMachine(
            addresses: [], hostName: "", home: home,
            workingDirectory: FileManager.default.currentDirectoryPath)
        return try ConfigurationLoader.clusterName(
            ConfigurationSources(
                file: nil, backendsFile: nil, environment: environment,
                options: arguments.values.filter { $0.key == "--name" }, machine: machine))
    }

    /// That nobody knows it, and who may be meant: those that are known, and what to type for each
    /// that runs; nil where it has ever run, or a file describes it.
    func strangeness(for command: String) -> String? {
        guard isUnknown, !holder.isHeld else { return nil }
        let known = ClusterSearch().all().map { NamedCluster(name: $0.name, statePath: $0.state) }
        let names = known.map(\.name).unique(by: \.self)
        let running = known.filter(\.holder.isHeld).map { $0.arguments.command(command) }
        return "no cluster \(name) is known here"
            + (names.isEmpty ? "" : "; known: \(names.joined(separator: ", "))")
            + (running.isEmpty ? "" : ". Try: \(running.joined(separator: ", or "))")
    }

    /// What runs of it on this machine without a `sollol`; nil: nothing.
    var script: Complaint? {
        let here = HostLooks.at(
            [SurveyRequest(location: .here, processes: [])], timeouts: Timeouts())
        return PlanFindings.scripts(of: name, in: here.first?.report?.records ?? [])
    }

    /// The `sollol` that holds it, if one does.
    var holder: (isHeld: Bool, pid: Int32?) {
        let holder = client.holder
        // Its lock is gone with the folder, or does not say; its entry is elsewhere.
        guard !holder.isHeld || holder.pid == nil, let pid = RunningEntry.pid(of: statePath)
        else { return holder }
        return (true, pid)
    }

    /// Asks its `sollol`, and waits for the answer.
    func ask(_ request: ControlRequest) -> ControlClient.Outcome {
        let outcome = client.ask(request)
        // A start that was refused may have made the folder anew, and holds nothing of it.
        guard case .notRunning = outcome, let pid = RunningEntry.pid(of: statePath) else {
            return outcome
        }
        let reason =
            "its state folder \(statePath) was removed while it runs, so that nobody can "
            + "ask it. `sollol down` ends it, and `sollol up` starts it anew"
        return .silent(pid: pid, reason: reason)
    }

    /// What is true of it now, whether or not a `sollol` answers.
    func status() -> ClusterStatus {
        switch ask(ControlRequest(.status)) {
        case .answered(let answer):
            if let status = answer.status { return status }
            return unanswered(pid: nil, answer.problem ?? "its answer holds no status")
        case .notRunning:
            let last = EventHistory.last(state: statePath)
            let state: ClusterStatus.State = last?.kind == "failure" ? .failed : .stopped
            var status = ClusterStatus(cluster: name, state: state, stateDirectory: statePath)
            status.lastEvent = last
            if let pid = RunningEntry.deadPid(of: statePath) {
                status.state = .dead
                status.since = StateFolder.lastSign(in: statePath) ?? last?.time
                status.summary =
                    "sollol (pid \(pid)) ended without stopping the cluster: it was "
                    + "killed, or crashed. Start it again: \(arguments.command("up"))"
            }
            return status
        case .silent(let pid, let reason):
            return client.holder.isHeld ? unanswered(pid: pid, reason) : wedged(pid: pid, reason)
        case .hung(let hung): return wedged(pid: hung.pid, "\(hung)")
        case .foreign(let foreign): return wedged(pid: foreign.pid, "\(foreign)")
        }
    }

    /// A `sollol` of which nothing can be known but that it is there.
    private func wedged(pid: Int32?, _ summary: String) -> ClusterStatus {
        var status = ClusterStatus(cluster: name, state: .failed, stateDirectory: statePath)
        status.pid = pid.map(Int.init)
        status.summary = summary
        status.lastEvent = EventHistory.last(state: statePath)
        return status
    }

    /// A `sollol` that checks what it needs before a start has no socket yet.
    private func unanswered(pid: Int32?, _ reason: String) -> ClusterStatus {
        var status = ClusterStatus(cluster: name, state: .starting, stateDirectory: statePath)
        status.pid = pid.map(Int.init)
        status.summary = "sollol runs but does not answer (yet): \(reason)"
        status.lastEvent = EventHistory.last(state: statePath)
        return status
    }
}

extension ControlClient.Outcome {
    /// Why nothing was answered, for people; nil when it was.
    func silence(of cluster: NamedCluster) -> String? {
        switch self {
        case .answered: return nil
        case .notRunning:
            return "nothing runs of cluster \(cluster.name). Start it: "
                + cluster.arguments.command("up")
        case .hung(let hung): return "\(hung)"
        case .foreign(let foreign): return "\(foreign)"
        case .silent(let pid, let reason):
            let who = pid.map { " (pid \($0))" } ?? ""
            return "sollol\(who) does not answer: \(reason)"
        }
    }
}
