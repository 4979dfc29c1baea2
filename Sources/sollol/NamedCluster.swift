import Basics
import Configuration
import Foundation
import SollolRuntime
import Status

/// The cluster that a command acts on: found by the same options, variables and files as by `up`,
/// but it needs no more than its name, so that a configuration broken meanwhile is no obstacle.
struct NamedCluster {
    let name: String
    let statePath: String
    let client: ControlClient

    init(_ arguments: CommandLineArguments) throws {
        let environment = ProcessInfo.processInfo.environment
        let home = ConfigurationFiles.home
        let sources: ConfigurationSources
        var path: String?
        do {
            let files = try ConfigurationFiles(arguments, environment: environment, home: home)
            (sources, path) = (files.sources, files.path)
            if !arguments.has("--quiet") {
                for notice in sources.notices { CommandLineInterface.complain("notice: \(notice)") }
            }
        } catch {
            guard arguments.has("--name") else { throw error }
            let machine = LocalMachine(
                addresses: [], hostName: "", home: home,
                workingDirectory: FileManager.default.currentDirectoryPath)
            sources = ConfigurationSources(
                file: nil, backendsFile: nil, environment: environment,
                options: arguments.values.filter { $0.key == "--name" }, machine: machine)
        }
        name = try ConfigurationLoader.clusterName(sources)
        statePath = StateDirectory.path(cluster: name, environment: environment, home: home)
        client = ControlClient(state: statePath)
        // Who names the cluster means that one, whichever file lies around.
        if let path, !arguments.has("--name") {
            try StateFolder.refuseOther(path, path: statePath)
        }
    }

    /// What is true of it now, whether or not a `sollol` answers.
    func status() -> ClusterStatus {
        switch client.ask(ControlRequest(.status)) {
        case .answered(let answer):
            if let status = answer.status { return status }
            return unanswered(pid: nil, answer.problem ?? "its answer holds no status")
        case .notRunning:
            let last = EventHistory.last(state: statePath)
            let state: ClusterStatus.State = last?.kind == "failure" ? .failed : .stopped
            var status = ClusterStatus(cluster: name, state: state, stateDirectory: statePath)
            status.lastEvent = last
            return status
        case .silent(let pid, let reason): return unanswered(pid: pid, reason)
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
            return "nothing runs of cluster \(cluster.name). Start it: sollol up"
        case .hung(let hung): return "\(hung)"
        case .foreign(let foreign): return "\(foreign)"
        case .silent(let pid, let reason):
            let who = pid.map { " (pid \($0))" } ?? ""
            return "sollol\(who) does not answer: \(reason)"
        }
    }
}
