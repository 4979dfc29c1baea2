import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol list`: every cluster of this user on this machine, those that run and those that left a
/// state folder where this environment has them.
enum ListCommand {
    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let list = ClusterList(
            ClusterSearch().all().map { found in
                ClusterList.Entry(
                    status: NamedCluster(name: found.name, statePath: found.state).status(),
                    configuration: found.configuration)
            })
        try CommandLineInterface.write(isJSON ? list.json : list.text(at: .now))
        return .success
    }
}
