import Basics
import Dashboard

/// The page and the metrics of the cluster that runs.
extension ClusterRunner {
    func makeDashboard() -> DashboardHost {
        DashboardHost(
            plan: plan, past: EventHistory.recent(state: state.path), loop: loop,
            sources: DashboardHost.Sources(
                status: { [unowned self] in keeper.current },
                lease: { [unowned self] in inForce.spec.timeouts.lease },
                history: EventHistory.paths(state: state.path), version: version,
                warn: { [unowned self] in output.report(Report(.warning, $0)) }))
    }

    /// Serves it as the specification in force says.
    func serveDashboard() {
        let spec = inForce.spec.dashboard
        dashboard.follow(spec) {
            let others = spec.port == nil ? DashboardPorts.ofOthers(than: state.path) : []
            return DashboardPorts(plan, others: others)
        }
        keeper.dashboardServes(at: dashboard.url)
    }
}
