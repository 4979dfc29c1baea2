import Basics
import Foundation
import Plan
import Remote
import Survey

/// Whether what the plan wants to open can be opened.
extension Preflight {
    /// Seconds that taken ports are given to become free: an earlier cluster may be ending.
    private static let patience = 3.0
    /// Seconds after which the system has given back the own port of a connection that has ended
    /// (TIME_WAIT: 60 s; Linux, net/tcp.h), with some to spare.
    private static let ownPortPatience = 65.0

    /// Looks whether what the plan wants to open can be opened on its hosts.
    mutating func check(_ plan: LaunchPlan) {
        // Ports of a running cluster's connections are free again before others are opened.
        let openings = PlanFindings.openings(plan).filter {
            running?.forwards($0) != true && !isOpenForIt($0)
        }
        let begin = EventLoop.now
        var obstacles = openings.map(obstacle)
        tellChanges(openings.map { _ in nil }, obstacles, openings)
        // What stays in the way for longer than it is given ends the wait for all others.
        while let shortest = obstacles.compactMap(Self.patience).min(),
            EventLoop.now < begin + shortest
        {
            usleep(100_000)
            lookAgain(openings, obstacles)
            let before = obstacles
            obstacles = openings.map(obstacle)
            tellChanges(before, obstacles, openings)
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

    /// Seconds that something in the way is given; nil where nothing is that could go.
    private static func patience(_ obstacle: PlanFindings.Obstacle?) -> Double? {
        switch obstacle {
        case .taken, .connection(_, hasEnded: false): patience
        case .connection(_, hasEnded: true): ownPortPatience
        case .held, .heldByScript, .noAddress, .other, nil: nil
        }
    }

    /// Tells of those that have come to be waited for until the system gives them back.
    private func tellChanges(
        _ before: [PlanFindings.Obstacle?], _ obstacles: [PlanFindings.Obstacle?],
        _ openings: [PlanFindings.Opening]
    ) {
        for (index, obstacle) in obstacles.enumerated() where obstacle != before[index] {
            guard case .connection(let peer, hasEnded: true) = obstacle else { continue }
            let (node, end) = (openings[index].process, openings[index].endpoint)
            tell(
                Report(
                    .progress,
                    "\(node): waiting for port \(end.port) of \(end.host) on this machine, which "
                        + "a connection to \(peer) had as its own: it is free within a minute"))
        }
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
            guard report?.listener(on: address, port: endpoint.port) == nil else { return told }
            if let row = SocketTable()?.connection(from: address, port: endpoint.port) {
                return .connection(to: row.peer, hasEnded: row.hasEnded)
            }
            // It may have been given back before the list was read, which takes milliseconds.
            return LocalNetwork.obstacle(toListenOn: address, port: endpoint.port) == nil
                ? nil : .taken(by: nil)
        case EADDRNOTAVAIL:
            return .noAddress(others: LocalNetwork.addresses().sorted())
        case let code?: return .other(SystemError("listen", code: code).reason)
        }
    }

    /// Asks the hosts with taken ports again who listens there.
    private mutating func lookAgain(
        _ openings: [PlanFindings.Opening], _ obstacles: [PlanFindings.Obstacle?]
    ) {
        let taken = zip(openings, obstacles).filter { $1?.isTaken == true }.map(\.0.location)
        let indices = surveys.indices.filter {
            taken.contains(surveys[$0].request.location)
        }
        guard !indices.isEmpty else { return }
        let requests = indices.map {
            SurveyRequest.listeners(at: surveys[$0].request.location)
        }
        let again = HostLooks.at(requests, timeouts: spec.timeouts)
        for (index, survey) in zip(indices, again) {
            guard let report = survey.report else { continue }
            surveys[index].report?.listeners = report.listeners
            surveys[index].report?.records = report.records
        }
    }
}
