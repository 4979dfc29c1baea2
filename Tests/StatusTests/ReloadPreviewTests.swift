import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Status
@testable import Supervision

/// What `reload --dry-run` says.
@Suite struct ReloadPreviewTests {
    private func words(_ text: String) -> [PlannedArgument] {
        text.split(separator: " ").map { PlannedArgument(word: String($0), reason: nil) }
    }

    private func wanted(_ plan: LaunchPlan, stop: Double = 30, keys: Int = 0) -> WantedCluster {
        var timeouts = Timeouts()
        timeouts.stop = stop
        var wanted = WantedCluster(
            plan: plan, restart: RestartPolicy(), health: HealthPolicy(), timeouts: timeouts)
        wanted.keysVersion = keys
        return wanted
    }

    private func plan(_ workers: Int, coordinator: String) -> LaunchPlan {
        var plan = TestCluster.plan(workers: workers)
        plan.processes[workers].arguments = words(coordinator)
        return plan
    }

    private func preview(
        _ former: LaunchPlan, _ next: WantedCluster, start: Double? = 12.3
    ) -> ReloadPreview {
        ReloadPreview(
            Supervisor(wanted(former), seed: 1), next, requestsWait: 30, start: start)
    }

    @Test func flagsAreToldWithBothValues() {
        let former = plan(2, coordinator: "llama-server --model /m --ctx-size 512 --mlock -ot a b")
        var next = plan(3, coordinator: "llama-server --model /m --ctx-size 1024 -t -1 -ot a c")
        next.processes[0].environment = ["OMP_NUM_THREADS": "4"]
        let told = preview(former, wanted(next)).text
        #expect(
            told == """
                worker-3 is added: /bin/worker-3
                worker-1 starts again, changed
                    OMP_NUM_THREADS in its environment 4 is added
                coordinator starts again, changed
                    --ctx-size 512 → 1024
                    -t -1 is added
                    -ot a b → a c
                    --mlock is removed
                requests in flight have up to 30 s to finish, then none is answered for about \
                12 s (as at the last start)

                """)
        let json = preview(former, wanted(next), start: nil).json
        #expect(json.contains(#""former": "512""#) && json.contains(#""next": "1024""#))
        #expect(json.contains(#""seconds": null"#) && json.contains(#""format_version": 1"#))
    }

    @Test func whatIsUsedByWhatChangesIsTold() {
        let former = plan(2, coordinator: "llama-server")
        var next = former
        next.processes[1].arguments = words("/bin/worker-2 -c")
        let told = preview(former, wanted(next), start: nil).text
        #expect(told.contains("worker-2 starts again, changed\n    -c is added\n"))
        #expect(told.contains("coordinator starts again: it uses what changes\n"))
        #expect(told.contains("for how long is not known"))
    }

    @Test func keysPoliciesAndNames() {
        let former = plan(2, coordinator: "llama-server")
        let keys = preview(former, wanted(former, keys: 1))
        #expect(keys.text.hasPrefix("coordinator starts again: its API keys have changed\n"))
        let policies = preview(former, wanted(former, stop: 9)).text
        #expect(policies == "changed policies: timeouts\nno request would be interrupted\n")
        #expect(preview(former, wanted(former)).text == "nothing that runs would change\n")
        var named = former
        let endpoint = Endpoint(host: "127.0.0.1", port: 50052)
        named.processes[0].node = .worker(1, name: "attic", at: endpoint)
        #expect(
            preview(former, wanted(named)).text == """
                attic has another name: it runs on, and was called worker-1
                no request would be interrupted

                """)
    }

    @Test func aCoordinatorsStartIsMeasured() {
        var time = StartTime()
        var cluster = TestCluster()
        #expect(time.seconds == nil)
        func step(_ event: SupervisorEvent, after pause: Double) {
            _ = cluster.happens(event, after: pause)
            time.saw(cluster.supervisor.snapshot, at: cluster.now)
        }
        step(.upRequested, after: 0)
        for worker: Node in ["worker-1", "worker-2"] {
            step(.readinessConfirmed(cluster.run(worker)), after: 5)
        }
        step(.readinessConfirmed(cluster.run("coordinator")), after: 10)
        #expect(time.seconds == nil)
        step(.distributionProven(cluster.run("coordinator"), summary: []), after: 2)
        #expect(time.seconds.map { abs($0 - 12) < 0.001 } == true)
    }
}
