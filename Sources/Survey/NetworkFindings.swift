import Basics
import Plan

/// What hosts tell of the networks between them.
package enum NetworkFindings {
    /// The way of RPC to each worker on another host, as far as both hosts tell; what goes through
    /// ssh has another one.
    package static func paths(_ plan: LaunchPlan?, _ surveys: [HostSurvey]) -> [NetworkPath] {
        hosts(plan, surveys).map(\.path)
    }

    /// Where both hosts are in a faster network than the one that RPC takes.
    package static func slow(_ plan: LaunchPlan?, _ surveys: [HostSurvey]) -> [Finding] {
        hosts(plan, surveys).compactMap { path, there, here in
            path.faster(there, from: here).map { other in
                Finding(
                    [path.worker], at: path.location, severity: .warning,
                    "RPC takes \(path.to.text) of {host}, and both hosts are in a faster network: "
                        + "\(other.to.text) there, \(other.from.text) at the coordinator",
                    remedy: "Give \(other.to.address) as `host`, and what ssh goes by as `ssh`.")
            }
        }
    }

    private static func hosts(
        _ plan: LaunchPlan?, _ surveys: [HostSurvey]
    ) -> [(path: NetworkPath, there: [NetworkLink], here: [NetworkLink])] {
        guard let plan, let place = plan.process(.coordinator)?.location else { return [] }
        func links(_ location: RunLocation) -> [NetworkLink] {
            surveys.first { $0.request.location == location }?.report?.links ?? []
        }
        let here = links(place)
        return plan.processes.compactMap { process in
            guard process.role == .worker, !process.location.isSameHost(as: place) else {
                return nil
            }
            let there = links(process.location)
            let path = NetworkPath(
                process.node, at: process.location, dialled: process.dial.host, there, from: here)
            return path.map { ($0, there, here) }
        }
    }
}
