import Basics

/// Whether all hosts run the same build of llama.cpp. Its RPC has no room for another: the client
/// compares only major and minor of the protocol, though the patch level marks incompatible
/// operations too.
package enum BuildComparison {
    /// What reveals a build on one host.
    struct Evidence {
        var processes: [Node]
        var location: RunLocation
        var path: String
        var version: String?
        /// Checksums by name; comparable where they are equal.
        var digests: [String: String]
    }

    /// A finding for each worker's build that differs from the coordinator's, or is not known.
    package static func findings(_ surveys: [HostSurvey]) -> [Finding] {
        let all = surveys.flatMap(evidence)
        guard let coordinator = all.first(where: { $0.processes.contains(.coordinator) }) else {
            return []
        }
        return all.compactMap { worker in
            worker.processes.contains(.coordinator) ? nil : compare(worker, coordinator)
        }
    }

    private static func evidence(_ survey: HostSurvey) -> [Evidence] {
        guard let report = survey.report else { return [] }
        return zip(survey.request.programs, report.programs).compactMap { program, seen in
            guard let path = seen.path, seen.help?.status == 0 || seen.known != nil else {
                return nil
            }
            return Evidence(
                processes: program.users, location: survey.request.location, path: path,
                version: seen.build, digests: seen.known?.digests ?? seen.digests)
        }
    }

    private static func compare(_ worker: Evidence, _ coordinator: Evidence) -> Finding? {
        let place = coordinator.location.named
        if let theirs = worker.version, let ours = coordinator.version {
            guard theirs != ours else { return nil }
            return Finding(
                worker.processes, at: worker.location,
                "llama.cpp on {host} is \(theirs) (\(worker.path)), the coordinator's on \(place) "
                    + "is \(ours) (\(coordinator.path))",
                remedy: "Install the same release on both; RPC works between equal builds only.")
        }
        let library = "libggml-rpc"
        if let theirs = worker.digests[library], theirs == coordinator.digests[library] {
            return nil
        }
        let isWorkers = worker.version == nil
        let unknown = isWorkers ? worker : coordinator
        return Finding(
            worker.processes, at: worker.location, severity: .warning,
            "which build of llama.cpp \(unknown.path) on \(isWorkers ? "{host}" : place) is cannot "
                + "be told (no tool with --version beside it, no equal \(library)), so only the "
                + "RPC protocol is compared",
            remedy: "Put the llama-server of its release beside it.")
    }
}
