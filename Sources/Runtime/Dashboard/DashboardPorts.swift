import Basics
import Configuration
import Foundation
import Plan
import Status

/// Which ports the dashboard may try.
struct DashboardPorts {
    /// How many behind that of the coordinator.
    private static let most = 20

    /// The coordinator's.
    let coordinator: Int
    /// Those that something else is named for.
    let named: Set<Int>

    /// Ports of a plan, and of what else runs.
    init(_ plan: LaunchPlan, others: Set<Int> = []) {
        coordinator = plan.process(.coordinator)?.bind.port ?? 0
        let own = plan.processes.flatMap { process in
            [process.bind.port, process.dial.port] + process.forwards.map(\.listen.port)
        }
        named = others.union(own).union(plan.unmanaged.map(\.endpoint.port))
    }

    /// In the order in which they are tried.
    func candidates(_ spec: DashboardSpec) -> [Int] {
        if let port = spec.port { return [port] }
        return (coordinator + 1...coordinator + Self.most).filter {
            !named.contains($0) && Outside.port.contains($0)
        }
    }

    /// Ports that other clusters of this user name, as far as they run and answer.
    static func ofOthers(than state: String) -> Set<Int> {
        var ports: Set<Int> = []
        for other in RunningEntry.all() where other.state != state && other.process.isAlive {
            guard
                case .answered(let answer) = ControlClient(state: other.state).ask(
                    ControlRequest(.status)),
                let status = answer.status
            else { continue }
            let urls = [status.url, status.dashboardURL].compactMap { $0 }
            let texts = status.processes.map(\.endpoint) + urls
            ports.formUnion(
                texts.compactMap { $0.split(separator: ":").last }
                    .compactMap { Outside.number($0, in: Outside.port) })
        }
        return ports
    }
}
