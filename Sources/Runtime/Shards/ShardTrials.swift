import Basics
import Configuration
import Facts
import Plan
import Survey

/// Finds out whether the llama.cpp of each host keeps shards, before any are sent: each rpc-server
/// is started once for a moment. Nothing stays running, nor anything on a disk.
package enum ShardTrials {
    /// What came of it.
    package struct Outcome {
        /// What is said against a build, and what could not be found out.
        package var findings: [Finding] = []
        /// Builds that keep shards, by `ShardTrial.Candidate.build`.
        package var proven: [String] = []

        /// Whether shards may be stored.
        package var isGood: Bool { findings.allSatisfy { $0.severity != .error } }
    }

    /// Tries the builds of those workers that are not known to keep shards.
    ///
    /// - Parameters:
    ///   - plan: of a model that is stored whole.
    ///   - tell: told where somebody waits, and that servers are started.
    package static func at(
        _ plan: LaunchPlan, _ spec: ClusterSpec, for workers: [Node], recorded: HostFacts,
        tell: @escaping (Report) -> Void
    ) -> Outcome {
        var requests = SurveyRequest.all(for: spec)
        for index in requests.indices {
            requests[index].isBrief = true
            requests[index].model = nil
            requests[index].companions = []
            requests[index].apiKeyFile = nil
            requests[index].reaches = []
            requests[index].know(recorded)
        }
        let surveys = HostLooks.at(requests, timeouts: spec.timeouts) { request, wait in
            let names = Node.list(request.processes)
            tell(Report(.warning, "\(names): \(wait.message(request.location))"))
        }
        let candidates = ShardTrial.candidates(
            plan, surveys, for: workers, port: { Int.random(in: LocalNetwork.trialPorts) },
            localPort: LocalNetwork.freePort
        ).filter { !recorded.keepsShards($0.build) }
        let tried = candidates.filter { $0.trial != nil }
        if !tried.isEmpty {
            tell(
                Report(
                    .progress,
                    "trying whether \(plural(tried.count, "build")) of llama.cpp "
                        + "\(tried.count == 1 ? "keeps" : "keep") shards"))
        }
        var outcome = Outcome()
        let ends = WorkerLooks.at(tried.compactMap(\.trial), timeouts: spec.timeouts)
        for (candidate, end) in zip(tried, ends) {
            let verdict = ShardTrial.Verdict(end, program: candidate.program)
            outcome.findings += [candidate.finding(verdict)].compactMap(\.self)
            if verdict == .keeps, let build = candidate.build { outcome.proven.append(build) }
        }
        for candidate in candidates {
            guard let obstacle = candidate.obstacle else { continue }
            outcome.findings += [candidate.finding(obstacle)].compactMap(\.self)
        }
        outcome.findings = Finding.grouped(outcome.findings)
        return outcome
    }
}
