@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Supervision

/// A supervisor of a small cluster, with short names for what happens to it.
struct TestCluster {
    var supervisor: Supervisor
    var now = Instant(seconds: 1000)

    init(
        workers: Int = 2, unmanaged: Int = 0, restart: RestartPolicy = RestartPolicy(),
        health: HealthPolicy = HealthPolicy(), timeouts: Timeouts = Timeouts(),
        hasKeys: Bool = false, sleeps: Bool = false
    ) {
        let plan = TestCluster.plan(
            workers: workers, unmanaged: unmanaged, hasKeys: hasKeys, sleeps: sleeps)
        supervisor = Supervisor(
            WantedCluster(plan: plan, restart: restart, health: health, timeouts: timeouts),
            seed: 1)
    }

    static func plan(
        workers: Int, unmanaged: Int = 0, hasKeys: Bool = false, sleeps: Bool = false
    ) -> LaunchPlan {
        func process(_ node: Node, port: Int) -> PlannedProcess {
            let endpoint = Endpoint(host: "127.0.0.1", port: port)
            var more = hasKeys && !node.isWorker ? ["--api-key-file", "/keys"] : []
            if sleeps, !node.isWorker { more += ["--sleep-idle-seconds", "600"] }
            return PlannedProcess(
                node: node, host: "127.0.0.1", location: .here,
                arguments: (["/bin/\(node)"] + more).map { PlannedArgument(word: $0, reason: nil) },
                environment: [:], environmentReasons: [:], bind: endpoint, dial: endpoint,
                forwards: [],
                startAfter: [],
                readiness: node.isWorker
                    ? .rpcHello(host: "127.0.0.1", port: port)
                    : .httpHealth(host: "127.0.0.1", port: port))
        }
        let processes = (0..<workers).map {
            process(.worker($0 + 1), port: 50052 + $0)
        }
        let others = (0..<unmanaged).map {
            UnmanagedBackend(
                node: .worker(workers + $0 + 1),
                endpoint: Endpoint(host: "10.0.0.9", port: 50052 + $0))
        }
        return LaunchPlan(
            cluster: "test",
            processes: processes + [process(.coordinator, port: 18080)],
            unmanaged: others, assumptions: [], distribution: nil, timeouts: Timeouts())
    }

    func run(_ node: Node, _ generation: Int = 1) -> ProcessRun {
        ProcessRun(node: node, generation: generation)
    }

    /// Handles an event a tenth of a second later; returns what is to be done, but for reports and
    /// for timers that only go on: that right after a start or a probe, should no answer come;
    /// that right after a KILL, for the next step of the ladder; and the one that looks for silent
    /// guards all the while.
    mutating func happens(_ event: SupervisorEvent, after pause: Double = 0.1) -> [SupervisorEffect]
    {
        now = now + pause
        let effects = supervisor.handle(event, at: now)
        return effects.indices.filter { index in
            switch effects[index] {
            case .report, .setTimer(.guards, _): false
            case .setTimer(.readiness(let run), _):
                index == 0 || ![.probeReadiness(run), .spawn(run)].contains(effects[index - 1])
            case .setTimer(.endDeadline(let run), _):
                index == 0 || effects[index - 1] != .kill(run)
            default: true
            }
        }.map { effects[$0] }
    }

    /// The reports of an event.
    mutating func reports(_ event: SupervisorEvent, after pause: Double = 0.1) -> [Report] {
        now = now + pause
        return supervisor.handle(event, at: now).compactMap {
            if case .report(let report) = $0 { report } else { nil }
        }
    }

    /// Everything that an event makes it do, but for what it tells people.
    mutating func acts(on event: SupervisorEvent, after pause: Double = 0.1) -> [SupervisorEffect] {
        now = now + pause
        return supervisor.handle(event, at: now).filter { !$0.isReport }
    }

    mutating func exits(
        _ node: Node, _ generation: Int = 1, status: Int? = 137, words: [String] = []
    ) -> [SupervisorEffect] {
        happens(.exited(run(node, generation), ExitReport(status: status, lastWords: words)))
    }

    /// A cluster that serves.
    static func serving(
        workers: Int = 2, unmanaged: Int = 0, restart: RestartPolicy = RestartPolicy(),
        health: HealthPolicy = HealthPolicy(), timeouts: Timeouts = Timeouts(),
        sleeps: Bool = false
    ) -> TestCluster {
        var cluster = TestCluster(
            workers: workers, unmanaged: unmanaged, restart: restart, health: health,
            timeouts: timeouts, sleeps: sleeps)
        _ = cluster.happens(.upRequested)
        for index in 0..<(workers + unmanaged) {
            _ = cluster.happens(.readinessConfirmed(cluster.run(.worker(index + 1))))
        }
        let coordinator = cluster.run("coordinator")
        _ = cluster.happens(.readinessConfirmed(coordinator))
        _ = cluster.happens(.distributionProven(coordinator, summary: []))
        return cluster
    }

    /// Whether nothing is counted as failed, and nothing is to end.
    var hasForgottenWishesAndFailures: Bool {
        supervisor.workers.allSatisfy { $0.failures.inARow == 0 && $0.wish == .keep }
            && supervisor.coordinator.failures.inARow == 0
            && supervisor.coordinator.wish == .keep
    }
}

extension SupervisorEffect {
    /// Whether a server is started.
    var isStart: Bool { if case .spawn = self { true } else { false } }
}
