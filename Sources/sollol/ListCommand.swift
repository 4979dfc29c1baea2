import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol list`: every cluster of this user on this machine, those that run and those that left a
/// state folder where this environment has them.
enum ListCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let list = list()
        try CommandLineInterface.write(isJSON ? list.json : list.text(at: .now))
        return .success
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
                    status: NamedCluster(name: found.name, statePath: found.state).status(),
                    configuration: found.configuration)
            })
    }
}
