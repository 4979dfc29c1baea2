import Basics
import Foundation
import Plan
import Remote
import Survey

/// Whether what the plan wants to open can be opened.
extension Preflight {
    /// Seconds that taken ports are given to become free: an earlier cluster may be ending.
    private static let patience = 3.0

    /// Looks whether what the plan wants to open can be opened on its hosts.
    mutating func check(_ plan: LaunchPlan) {
        // Ports of a running cluster's connections are free again before others are opened.
        let openings = PlanFindings.openings(plan).filter {
            running?.forwards($0) != true && !isOpenForIt($0)
        }
        let deadline = EventLoop.now + Self.patience
        var obstacles = openings.map(obstacle)
        while obstacles.contains(where: Self.isTaken), EventLoop.now < deadline {
            usleep(100_000)
            lookAgain(openings, obstacles)
            obstacles = openings.map(obstacle)
        }
        found += zip(openings, obstacles).compactMap { opening, obstacle in
            obstacle.map { PlanFindings.finding(opening, $0) }
        }
        found += PlanFindings.sharedMachines(plan, surveys)
    }

    /// Whether a connection that is kept listens there already.
    private func isOpenForIt(_ opening: PlanFindings.Opening) -> Bool {
        opening.isForward && opening.location == .here
            && surveys.contains { survey in
                let request = survey.request
                return request.forwards.contains { $0.listen == opening.endpoint }
                    && SSHCommand.argv(
                        to: request.location, forwards: request.forwards, timeouts: spec.timeouts
                    ).map(connections.has) == true
            }
    }

    private static func isTaken(_ obstacle: PlanFindings.Obstacle?) -> Bool {
        if case .taken = obstacle { true } else { false }
    }

    /// This machine is tried, since that is exact; other hosts have told who listens there.
    private func obstacle(_ opening: PlanFindings.Opening) -> PlanFindings.Obstacle? {
        let report = surveys.first { $0.request.location == opening.location }?.report
        let told = report.flatMap {
            PlanFindings.obstacle(opening, $0, cluster: spec.name, owner: owner)
        }
        guard opening.location == .here else { return told }
        let endpoint = opening.endpoint
        let address = facts.addresses[endpoint.host] ?? endpoint.host
        switch LocalNetwork.obstacle(toListenOn: address, port: endpoint.port) {
        case nil: return nil
        case EADDRINUSE:
            // Nothing told: it is free again, or ours.
            return report?.listener(on: address, port: endpoint.port) == nil
                ? .taken(by: nil) : told
        case EADDRNOTAVAIL:
            return .noAddress(others: LocalNetwork.addresses().sorted())
        case let code?: return .other(SystemError("listen", code: code).reason)
        }
    }

    /// Asks the hosts with taken ports again who listens there.
    private mutating func lookAgain(
        _ openings: [PlanFindings.Opening], _ obstacles: [PlanFindings.Obstacle?]
    ) {
        let taken = zip(openings, obstacles).filter { Self.isTaken($1) }.map(\.0.location)
        let indices = surveys.indices.filter {
            taken.contains(surveys[$0].request.location)
        }
        guard !indices.isEmpty else { return }
        let requests = indices.map {
            SurveyRequest(location: surveys[$0].request.location, processes: [])
        }
        let again = HostLooks.at(requests, timeouts: spec.timeouts)
        for (index, survey) in zip(indices, again) {
            guard let report = survey.report else { continue }
            surveys[index].report?.listeners = report.listeners
            surveys[index].report?.records = report.records
        }
    }
}
