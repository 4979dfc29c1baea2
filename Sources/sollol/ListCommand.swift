import Basics
import Configuration
import Facts
import Foundation
import SollolRuntime
import Status
import Survey

/// `sollol list`: every cluster of this user on this machine, those that run and those that left a
/// state folder where this environment has them.
enum ListCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        if arguments.has("--prune") { prune() }
        let list = list()
        try CommandLineInterface.write(isJSON ? list.json : list.text(at: .now))
        return .success
    }

    /// Removes what is left of clusters that nobody could start again, and says of each cluster
    /// what became of it.
    private static func prune() {
        let here = HostLooks.at(
            [SurveyRequest(location: .here, processes: [])], timeouts: Timeouts())
        let records = here.first?.report?.records
        for found in ClusterSearch().all() {
            let owner = StateFolder.owner(of: found.state)
            let facts = RecordedFacts.read(state: found.state).facts
            let holder = NamedCluster(name: found.name, statePath: found.state).holder
            let left = Leftover(
                configuration: found.configuration,
                isConfigured: found.configuration.map { access($0, F_OK) == 0 } ?? false,
                pid: holder.isHeld ? Int(holder.pid ?? 0) : nil,
                // Where this machine does not tell, something may run.
                servers: records.map { $0.count { $0.owner == owner } } ?? 1,
                otherHosts: facts.hosts.keys.filter { $0 != .here }.map(\.text).sorted())
            if let reason = left.reasonToKeep {
                CommandLineInterface.complain("kept \(found.name): \(reason)")
            } else if StateFolder.prune(found.state) {
                CommandLineInterface.complain(
                    "removed \(found.name): \(found.configuration ?? "its configuration") is gone "
                        + "and nothing of it runs; logs, history and facts were in \(found.state)")
            } else {
                CommandLineInterface.complain("kept \(found.name): \(found.state) is in use")
            }
        }
    }

    /// What `sollol status` says where nothing names a cluster: 0 when one of them serves.
    static func status(isJSON: Bool) throws -> ExitStatus {
        let list = list()
        CommandLineInterface.complain(
            "notice: no configuration is here, and none is named: every cluster of this user")
        try CommandLineInterface.write(isJSON ? list.json : list.text(at: .now))
        return list.isServing ? .success : .notServing
    }

    private static func list() -> ClusterList {
        ClusterList(
            ClusterSearch().all().map { found in
                ClusterList.Entry(
                    status: NamedCluster(
                        name: found.name, statePath: found.state,
                        configuration: found.configuration
                    ).status(),
                    configuration: found.configuration)
            })
    }
}
