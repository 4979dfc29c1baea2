import Basics
import Configuration
import Facts
import Plan

/// What a look at hosts has to know of the cluster of ours that runs there: a changed configuration
/// is checked while the former one serves.
package struct RunningCluster: Codable, Equatable, Sendable {
    /// The id of the state directory's owner.
    package var owner: String
    /// Where our servers hold memory: what was free there before they started counts, since they
    /// end before others start.
    package var locations: [RunLocation]
    /// What our workers are dialled at. They are in use, or a spare may be at any moment, so nobody
    /// else connects.
    package var endpoints: [Endpoint]
    /// Ends of our connections' forwards.
    package var forwards: [PlanFindings.Opening]
    /// Workers that it does without: what is wrong with them is known, and no obstacle.
    package var leftOut: [Node]

    /// The cluster that was planned as a whole, and goes by that other plan now: without workers
    /// that are missing, and with spares in their place.
    package init(_ whole: LaunchPlan, now: LaunchPlan, owner: String) {
        self.owner = owner
        leftOut = now.leftOut
        locations = whole.processes.map(\.location)
        endpoints =
            whole.unmanaged.map(\.endpoint)
            + whole.processes.filter { $0.role == .worker }.map(\.dial)
        forwards = (PlanFindings.openings(whole) + PlanFindings.openings(now)).filter(\.isForward)
    }

    /// Whether that is the end of a forward of ours.
    package func forwards(_ opening: PlanFindings.Opening) -> Bool {
        opening.isForward
            && forwards.contains {
                $0.location == opening.location && $0.endpoint == opening.endpoint
            }
    }

    /// What has to be asked although the cluster runs.
    package func adapted(_ requests: [SurveyRequest]) -> [SurveyRequest] {
        requests.map { request in
            var request = request
            request.isInUse = locations.contains(where: request.location.isSameHost)
            request.reaches.removeAll { endpoints.contains($0.endpoint) }
            return request
        }
    }

    /// Recorded facts with those of a host that is asked with other ssh options now.
    package func adapted(_ facts: HostFacts, _ spec: ClusterSpec) -> HostFacts {
        var facts = facts
        for request in SurveyRequest.all(for: spec) where facts.host(at: request.location) == nil {
            guard let former = locations.first(where: request.location.isSameHost) else { continue }
            facts.hosts[HostKey(request.location)] = facts.hosts[HostKey(former)]
        }
        return facts
    }

    /// Whether what was found stands in the way: not when it is about left out workers alone.
    package func isObstacle(_ finding: Finding) -> Bool {
        let isKnown = !finding.processes.isEmpty && finding.processes.allSatisfy(leftOut.contains)
        return finding.severity == .error && !isKnown
    }
}
