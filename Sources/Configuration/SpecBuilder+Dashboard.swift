import Basics

/// The page and its metrics.
extension SpecBuilder {
    func dashboard() -> DashboardSpec {
        var spec = DashboardSpec()
        spec.isEnabled = boolean(.dashboard(.enabled))
        let host = string(.dashboard(.host))
        spec.host = host.flatMap { AddressRange.isNumericIPv4($0) ? $0 : nil } ?? spec.host
        spec.port = optionalInteger(.dashboard(.port))
        spec.names = strings(.dashboard(.names))
        spec.users = strings(.dashboard(.users))
        return spec
    }

    /// A port that a server of the plan has as well is a mistake in a file. In the environment it
    /// is none: SOLLOL sets the port of a dashboard of its own there.
    mutating func checkDashboard(_ spec: inout ClusterSpec) {
        guard spec.dashboard.isEnabled, let port = spec.dashboard.port,
            let other = holder(of: port, in: spec)
        else { return }
        let key = ConfigurationKey.dashboard(.port)
        guard case .environment(let variable) = entries[key]?.origin else {
            return problem(
                key, "\(port) is already used on this machine by \(other); give it another.")
        }
        notices.append("\(variable) is not used: \(port) is \(other)")
        spec.dashboard.port = nil
        spec.origins[key] = .default
        entries[key] = ConfigurationEntry(value: .null, origin: .default)
    }

    /// What of this cluster listens on a port of this machine, by its key.
    private func holder(of port: Int, in spec: ClusterSpec) -> String? {
        let forwards = ConfigurationKey.cluster(.forwardPortBase)
        if spec.coordinator.location == .here {
            if spec.coordinator.port == port { return "\(ConfigurationKey.coordinator(.port))" }
        } else if spec.forwardedAPIPort == port {
            return "the way to the coordinator (\(forwards))"
        }
        for worker in spec.workers {
            let isHidden = worker.managed && AddressRange.isLoopback(worker.bind ?? worker.host)
            if worker.location == .here {
                if worker.managed, worker.port == port { return "\(worker.key(.port))" }
            } else if worker.isTunnelled || isHidden, spec.forwardedPort(of: worker) == port {
                return "the way to \(worker.group) (\(forwards))"
            }
        }
        return nil
    }
}
