import Basics
import Configuration
import Foundation
import SollolRuntime

/// Finds clusters of this user by what they left on this machine: the entries of those that run, in
/// the private folder, and the state folders of those that ran.
struct ClusterSearch {
    private let environment: [String: String]
    private let home: String
    private let running: [RunningEntry.Content]

    init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        home: String = ConfigurationFiles.home
    ) {
        self.environment = environment
        self.home = home
        running = RunningEntry.all().filter(\.process.isAlive)
    }

    /// The name of the cluster that was started from that file, which need not be there any more.
    ///
    /// - Parameter configuration: its absolute path.
    func cluster(startedFrom configuration: String) -> String? {
        if let entry = running.first(where: { $0.configuration == configuration }) {
            return entry.cluster
        }
        return StateFolder.clusters(in: stateFolders)
            .first { $0.configuration == configuration }?.name
    }

    /// Every cluster: those that run, wherever their state is, and those that left some.
    func all() -> [(name: String, state: String, configuration: String?)] {
        let left = StateFolder.clusters(in: stateFolders).map {
            (name: $0.name, state: "\(stateFolders)/\($0.name)", configuration: $0.configuration)
        }
        let others = running.filter { entry in !left.contains { $0.state == entry.state } }
            .map { (name: $0.cluster, state: $0.state, configuration: $0.configuration) }
        return (left + others).sorted { ($0.name, $0.state) < ($1.name, $1.state) }
    }

    /// Where the state folders are by rule, a folder a cluster.
    private var stateFolders: String {
        let one = StateDirectory.path(cluster: "NAME", environment: environment, home: home)
        return (one as NSString).deletingLastPathComponent
    }

    /// Whether a cluster of that name runs.
    func runs(_ name: String) -> Bool { running.contains { $0.cluster == name } }

    /// Where the state of a cluster is: where it is by rule, or where the running `sollol` has it,
    /// which had another environment.
    ///
    /// - Parameter configuration: the absolute path of its file; nil: whichever it is.
    /// - Throws: `Mistake` where several run that it could be.
    func place(
        of name: String, startedFrom configuration: String?
    ) throws(CommandLineArguments.Mistake) -> (state: String, notice: String?) {
        let usual = StateDirectory.path(cluster: name, environment: environment, home: home)
        if StateDirectory.holder(of: usual).isHeld { return (usual, nil) }
        let others = running.filter { entry in
            entry.cluster == name
                && (configuration == nil || entry.configuration == nil
                    || entry.configuration == configuration)
        }
        guard let other = others.first, !others.contains(where: { $0.state == usual }) else {
            return (usual, nil)
        }
        guard others.count == 1 else {
            let states = others.map { "\($0.state) (pid \($0.process.pid))" }
            throw CommandLineArguments.Mistake(
                message: "several clusters are called \(name): "
                    + states.joined(separator: ", ")
                    + ". Say which with STATE_DIRECTORY, the first of the folders above")
        }
        return (
            other.state,
            "cluster \(name) runs with another state folder than here: \(other.state) "
                + "(pid \(other.process.pid)"
                + (other.configuration.map { ", from \($0))" } ?? ")")
        )
    }
}
