import Foundation
import SollolCore

/// What `up` looks at before it starts anything, beside what the plan needs to know.
public enum StartChecks {
    /// Seconds that a taken port is given to become free: an earlier cluster may be ending.
    private static let patience = 3.0

    /// Everything that stands in the way of this plan on this machine, all at once.
    public static func findings(_ plan: LaunchPlan, spec: ClusterSpec) -> [Finding] {
        ports(plan) + apiKeyFile(spec)
    }

    private static func ports(_ plan: LaunchPlan) -> [Finding] {
        let deadline = EventLoop.now + patience
        return plan.processes.filter { $0.location == .here }.compactMap { process in
            let bind = process.bind
            var obstacle = LocalNetwork.obstacle(toListenOn: bind.host, port: bind.port)
            while obstacle == EADDRINUSE, EventLoop.now < deadline {
                usleep(50_000)
                obstacle = LocalNetwork.obstacle(toListenOn: bind.host, port: bind.port)
            }
            switch obstacle {
            case nil: return nil
            case EADDRINUSE:
                let hint =
                    process.role == .worker
                    ? "If it is an rpc-server that somebody else runs, set \"managed\": false."
                    : "Set coordinator.port, or --port."
                return Finding(
                    subject: process.name,
                    problem: "port \(bind.port) of \(bind.host) is taken by another program. "
                        + "See who: ss -ltnp 'sport = :\(bind.port)'. \(hint)")
            case EADDRNOTAVAIL:
                return Finding(
                    subject: process.name,
                    problem: "\(bind.host) is no address of this machine. See: ip -4 addr")
            case let code?:
                return Finding(
                    subject: process.name,
                    problem: SystemError("listen on \(bind)", code: code).description)
            }
        }
    }

    private static func apiKeyFile(_ spec: ClusterSpec) -> [Finding] {
        guard spec.coordinator.location == .here, let path = spec.coordinator.apiKeyFile,
            access(path, R_OK) != 0
        else { return [] }
        let error = SystemError("coordinator.api_key_file: open \(path)")
        return [Finding(subject: "coordinator", problem: error.description)]
    }
}
