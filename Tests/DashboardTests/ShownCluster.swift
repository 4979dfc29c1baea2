@testable import Basics
@testable import Configuration
@testable import Dashboard
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Status
@testable import Supervision

/// A record and a status beside a real supervisor, fed as the runner feeds them.
struct ShownCluster {
    var cluster: TestCluster
    var keeper: StatusKeeper
    var record: DashboardRecord
    var time = Timestamp(seconds: 1_800_000_000)

    init(workers: Int = 2, plan: LaunchPlan? = nil, hasKeys: Bool = false) {
        cluster = TestCluster(workers: workers, hasKeys: hasKeys)
        let plan = plan ?? TestCluster.plan(workers: workers, hasKeys: hasKeys)
        keeper = StatusKeeper(plan: plan, stateDirectory: "/state", pid: 77, at: time)
        record = DashboardRecord(plan: plan)
    }

    mutating func happens(_ event: SupervisorEvent, after pause: Double = 1) {
        cluster.now = cluster.now + pause
        time.seconds += Int(pause)
        for effect in cluster.supervisor.handle(event, at: cluster.now) {
            switch effect {
            case .report(let report): tell(report)
            case .setTimer(.restart(let run), let instant):
                let wait = Int((instant - cluster.now).rounded(.up))
                record.willStart(run.node, at: Timestamp(seconds: time.seconds + max(0, wait)))
            default: break
            }
        }
        let snapshot = cluster.supervisor.snapshot
        keeper.happened(event, snapshot, at: time)
        record.happened(event, snapshot, at: time, cluster.now)
    }

    mutating func tell(_ report: Report) {
        keeper.told(report, at: time)
        record.told(report, at: time)
    }

    mutating func serves() {
        happens(.upRequested)
        for node: Node in ["worker-1", "worker-2"] {
            happens(.readinessConfirmed(cluster.run(node)))
        }
        happens(.readinessConfirmed(cluster.run("coordinator")))
        happens(.distributionProven(cluster.run("coordinator"), summary: ["worker-1: all"]))
    }

    /// The coordinator is killed, and started again.
    mutating func recovers() {
        happens(.exited(cluster.run("coordinator"), ExitReport(status: 137)))
        for node: Node in ["worker-1", "worker-2"] {
            happens(.readinessConfirmed(cluster.run(node)))
        }
        happens(.readinessConfirmed(cluster.run("coordinator", 2)))
        happens(.distributionProven(cluster.run("coordinator", 2), summary: []))
    }

    var view: DashboardView {
        DashboardView(
            record, keeper.current, version: "1.2.3",
            address: Endpoint(host: "127.0.0.1", port: 18081), at: time)
    }

    var metrics: String {
        DashboardMetrics(
            record, keeper.current, version: "1.2.3", lease: 30, at: time, cluster.now
        ).body
    }
}
