/// What a look at hosts has to know of the cluster of ours that runs there: a changed configuration
/// is checked while the former one serves.
public struct RunningCluster: Codable, Equatable, Sendable {
    /// The id of the state directory's owner.
    public var owner: String
    /// Hosts where our servers hold memory, by `HostFacts.key`: what was free there before they
    /// started counts, since they end before others start.
    public var hosts: [String]
    /// What our workers are dialled at. They are in use, so nobody else connects.
    public var endpoints: [String]
    /// Ports that our connections forward, each with the host where it is open.
    public var forwards: [String]

    /// The cluster of a plan that runs.
    public init(_ plan: LaunchPlan, owner: String) {
        self.owner = owner
        hosts = Array(Set(plan.processes.map { HostFacts.key(for: $0.location) })).sorted()
        endpoints = plan.backends.map(\.endpoint)
        forwards = PlanFindings.openings(plan).filter(\.isForward).map(Self.key)
    }

    /// Whether that is the end of a forward of ours.
    public func forwards(_ opening: PlanFindings.Opening) -> Bool {
        opening.isForward && forwards.contains(Self.key(opening))
    }

    /// What has to be asked although the cluster runs.
    public func adapted(_ requests: [SurveyRequest]) -> [SurveyRequest] {
        requests.map { request in
            var request = request
            request.isInUse = hosts.contains(HostFacts.key(for: request.location))
            request.reaches.removeAll { endpoints.contains($0.endpoint.description) }
            return request
        }
    }

    private static func key(_ opening: PlanFindings.Opening) -> String {
        "\(HostFacts.key(for: opening.location)) \(opening.endpoint)"
    }
}
