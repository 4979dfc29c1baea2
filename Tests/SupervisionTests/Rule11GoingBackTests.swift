import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// A reload with which the cluster does not come up: what served before comes back.
@Suite struct Rule11GoingBackTests {
    private let worker1 = ProcessRun(node: "worker-1", generation: 1)
    private let worker2 = ProcessRun(node: "worker-2", generation: 1)
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)

    /// Wants two workers, and another word at the end of the coordinator's command.
    private func wanted(
        _ word: String?, keys: Int = 0, restart: RestartPolicy = RestartPolicy(),
        health: HealthPolicy = HealthPolicy()
    ) -> WantedCluster {
        var plan = TestCluster.plan(workers: 2)
        if let word {
            plan.processes[2].arguments.append(PlannedArgument(word: word, reason: nil))
        }
        var wanted = WantedCluster(
            plan: plan, restart: restart, health: health, timeouts: Timeouts())
        wanted.keysVersion = keys
        return wanted
    }

    /// Where a cluster goes back to, and why.
    private func takenBack(_ effects: [SupervisorEffect]) -> [String] {
        effects.compactMap {
            guard case .takeReloadBack(let former, let reason) = $0 else { return nil }
            let word = former.plan.process("coordinator")?.argv.last ?? ""
            return "\(word) | \(reason)"
        }
    }

    /// Serves, and has a coordinator with that word started, which is its nth.
    private func reloaded(
        _ event: SupervisorEvent, restart: RestartPolicy = RestartPolicy(), _ nth: Int = 2
    ) -> TestCluster {
        var cluster = TestCluster.serving(restart: restart)
        _ = cluster.happens(event)
        _ = cluster.happens(.busySlotsAnswered(coordinator, 0))
        _ = cluster.exits("coordinator", status: 0)
        startCoordinator(&cluster)
        return cluster
    }

    private func startCoordinator(_ cluster: inout TestCluster) {
        for worker in [worker1, worker2] { _ = cluster.happens(.readinessConfirmed(worker)) }
    }

    private func serve(_ cluster: inout TestCluster, _ nth: Int) {
        let run = cluster.run("coordinator", nth)
        _ = cluster.happens(.readinessConfirmed(run))
        _ = cluster.happens(.distributionProven(run, summary: []))
    }

    @Test func theThirdFailureTakesItBack() {
        var cluster = reloaded(.reloadRequested(wanted("new")))
        for attempt in 2...3 {
            #expect(takenBack(cluster.exits("coordinator", attempt, status: 1)) == [])
            _ = cluster.happens(
                .timerFired(.restart(cluster.run("coordinator", attempt))), after: 2)
            startCoordinator(&cluster)
        }
        #expect(cluster.supervisor.canGoBack)
        let effects = cluster.exits("coordinator", 4, status: 1, words: ["out of luck"])
        #expect(
            takenBack(effects) == ["/bin/coordinator | coordinator: it exited with status 1"])
        #expect(effects.contains(.adoptReload))
        #expect(cluster.supervisor.plan.process("coordinator")?.argv.last == "/bin/coordinator")
        #expect(cluster.supervisor.isReloading && !cluster.supervisor.canGoBack)
        startCoordinator(&cluster)
        serve(&cluster, 5)
        #expect(!cluster.supervisor.isReloading)
        #expect(cluster.supervisor.snapshot.state == .serving)
    }

    @Test func aPermanentFailureTakesItBackAtOnceAndSaysSo() {
        var cluster = reloaded(.reloadRequested(wanted("new")))
        let words = ["error: invalid argument: new"]
        let reports = cluster.reports(
            .exited(cluster.run("coordinator", 2), ExitReport(status: 1, lastWords: words)))
        #expect(reports.count == 2, "\(reports.map(\.message))")
        #expect(
            reports[0].message.hasSuffix("the reload is taken back, another attempt would not help")
        )
        #expect(reports[0].kind == .warning && reports[0].subject == "coordinator")
        #expect(reports[0].details.contains { $0.contains("invalid argument: new") })
        #expect(reports[1].message == "going back to the configuration that served before")
        #expect(cluster.supervisor.hasServed)
    }

    @Test func whatServedBeforeIsTriedForEver() {
        var cluster = reloaded(.reloadRequested(wanted("new")))
        _ = cluster.exits("coordinator", 2, status: 1, words: ["error: invalid argument: new"])
        for attempt in 3...8 {
            startCoordinator(&cluster)
            let effects = cluster.exits("coordinator", attempt, status: 1)
            #expect(takenBack(effects) == [])
            _ = cluster.happens(
                .timerFired(.restart(cluster.run("coordinator", attempt))), after: 60)
        }
        #expect(cluster.supervisor.snapshot.state == .recovering)
    }

    @Test func ofSeveralItGoesBackToTheOneThatHasServed() {
        var cluster = reloaded(.reloadRequested(wanted("new")))
        _ = cluster.happens(.reloadRequested(wanted("newer")))
        _ = cluster.exits("coordinator", 2)
        startCoordinator(&cluster)
        let words = ["error: invalid argument: newer"]
        #expect(
            takenBack(cluster.exits("coordinator", 3, status: 1, words: words))
                .map { $0.hasPrefix("/bin/coordinator | ") } == [true])
    }

    @Test func oneAskedForWhileItGoesBackFallsBackToTheSame() {
        var cluster = reloaded(.reloadRequested(wanted("new")))
        _ = cluster.exits("coordinator", 2, status: 1, words: ["error: invalid argument: new"])
        _ = cluster.happens(.reloadRequested(wanted("third")))
        #expect(cluster.supervisor.canGoBack)
        startCoordinator(&cluster)
        let running = cluster.supervisor.coordinator.starts.generation
        _ = cluster.exits("coordinator", running)
        startCoordinator(&cluster)
        let next = cluster.supervisor.coordinator.starts.generation
        let words = ["error: invalid argument: third"]
        let back = takenBack(cluster.exits("coordinator", next, status: 1, words: words))
        #expect(back.map { $0.hasPrefix("/bin/coordinator | ") } == [true])
    }

    @Test func onceItHasServedFailuresAreRetried() {
        var cluster = reloaded(.reloadRequested(wanted("new")))
        serve(&cluster, 2)
        #expect(!cluster.supervisor.canGoBack)
        let words = ["error: invalid argument: new"]
        #expect(takenBack(cluster.exits("coordinator", 2, status: 1, words: words)) == [])
    }

    @Test func aMovedAddressAndPoliciesHaveNothingToGoBackTo() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.addressMoved(wanted("new")))
        #expect(!cluster.supervisor.canGoBack)
        cluster = TestCluster.serving()
        var health = HealthPolicy()
        health.interval = 1
        _ = cluster.happens(.reloadRequested(wanted(nil, health: health)))
        #expect(!cluster.supervisor.canGoBack && !cluster.supervisor.isReloading)
    }

    @Test func beforeItHasServedABringUpIsGivenUpAsEver() {
        var cluster = TestCluster()
        _ = cluster.happens(.upRequested)
        _ = cluster.happens(.reloadRequested(wanted("new")))
        #expect(!cluster.supervisor.canGoBack)
    }

    @Test func tooManyRestartsTakeItBackInsteadOfGivingUp() {
        var restart = RestartPolicy()
        restart.maxRestarts = 0
        var cluster = reloaded(
            .reloadRequested(wanted("new", restart: restart)), restart: restart)
        #expect(takenBack(cluster.exits("coordinator", 2)).count == 1)
        #expect(cluster.supervisor.snapshot.state == .recovering)
    }

    // MARK: Keys

    @Test func otherKeysRestartTheCoordinatorOnly() {
        var cluster = TestCluster.serving()
        let reports = cluster.reports(.reloadRequested(wanted(nil, keys: 1)))
        #expect(
            reports.map(\.details) == [
                ["coordinator starts again, since its API keys have changed"]
            ])
        let ended = cluster.happens(.busySlotsAnswered(coordinator, 0))
        #expect(ended.contains(.terminate(coordinator)))
        _ = cluster.exits("coordinator", status: 0)
        startCoordinator(&cluster)
        serve(&cluster, 2)
        #expect(!cluster.supervisor.isReloading)
        #expect(cluster.supervisor.workers.allSatisfy { $0.starts.generation == 1 })
        // The same again changes nothing.
        #expect(cluster.happens(.reloadRequested(wanted(nil, keys: 1))) == [.adoptReload])
    }
}
