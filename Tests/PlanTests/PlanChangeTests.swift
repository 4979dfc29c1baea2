import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples

/// What a plan that is to run has in common with one that runs.
@Suite struct PlanChangeTests {
    @Test func onlyWhatRunsCounts() {
        let old = TestCluster.plan(workers: 2, unmanaged: 1)
        var new = old
        new.assumptions = ["something"]
        new.processes[0].arguments[0].reason = "another"
        new.processes[0].environmentReasons = ["A": "reason"]
        new.processes[2].startAfter = ["worker-1"]
        let change = PlanChange(from: old, to: new)
        #expect(change.isEmpty)
        #expect(change.unchanged == ["worker-1", "worker-2", "coordinator", "worker-3"])
        #expect(change.lines(new) == [])
    }

    @Test func everythingThatRunsCounts() {
        let old = TestCluster.plan(workers: 1)
        let changes: [(inout PlannedProcess) -> Void] = [
            { $0.arguments.append(PlannedArgument(word: "-c", reason: nil)) },
            { $0.environment["A"] = "1" },
            { $0.location = .ssh(destination: "gpu-1", options: ["Port=2222"]) },
            { $0.bind.port += 1 }, { $0.dial.host = "10.0.0.7" },
            { $0.readiness = .rpcHello(host: "10.0.0.7", port: 1) },
            {
                let end = Endpoint(host: "127.0.0.1", port: 52100)
                $0.forwards = [
                    PortForward(side: .here, listen: end, target: end, carriesRPC: true)
                ]
            },
        ]
        for change in changes {
            var new = old
            change(&new.processes[0])
            #expect(PlanChange(from: old, to: new).changed == ["worker-1"])
            #expect(PlanChange(from: new, to: old).changed == ["worker-1"])
        }
    }

    @Test func linesSayWhatHappensTheCoordinatorLast() {
        let old = TestCluster.plan(workers: 2)
        var new = TestCluster.plan(workers: 1, unmanaged: 2)
        new.processes[1].location = .ssh(destination: "gpu-1", options: [])
        #expect(
            PlanChange(from: old, to: new).lines(new) == [
                "worker-2 changes: 10.0.0.9:50052, which somebody else runs",
                "worker-3 is added: 10.0.0.9:50053, which somebody else runs",
                "coordinator changes: on gpu-1: /bin/coordinator",
            ])
        #expect(PlanChange(from: new, to: old).lines(old)[0] == "worker-3 is removed")
    }

    /// Loads backends and plans them, with the numbers that were given before.
    private func plan(
        _ backends: String, _ numbers: inout WorkerNumbers
    ) throws -> LaunchPlan {
        var sources = Loading.sources(
            #"{"model": "/m.gguf", "coordinator": {"host": "10.0.0.50", "ssh": "head"}, "#
                + #""rpc_backends": [\#(backends)]}"#)
        sources.numbers = numbers
        let loaded = try ConfigurationLoader.load(sources)
        numbers = loaded.numbers
        return try LaunchPlanner.plan(loaded.spec)
    }

    @Test func aBackendInFrontOrTheFirstOneRemovedChangesNoOther() throws {
        let one = #"{"host": "a", "transport": "ssh"}"#
        let two = #"{"host": "10.0.0.2", "name": "attic"}"#
        let three = #"{"host": "10.0.0.3", "managed": false}"#
        let new = #"{"host": "b", "transport": "ssh"}"#
        var numbers = WorkerNumbers()
        let before = try plan("\(one), \(two), \(three)", &numbers)
        let inFront = PlanChange(
            from: before, to: try plan("\(new), \(one), \(two), \(three)", &numbers))
        #expect(inFront.added.map(\.description) == ["worker-4"])
        #expect(inFront.changed == [.coordinator] && inFront.removed == [])
        #expect(
            Set(inFront.unchanged.map(\.description)) == ["worker-1", "attic", "worker-3"])
        let shorter = PlanChange(from: before, to: try plan("\(two), \(three)", &numbers))
        #expect(shorter.removed.map(\.description) == ["worker-1"])
        #expect(shorter.changed == [.coordinator] && shorter.added == [])
        #expect(Set(shorter.unchanged.map(\.description)) == ["attic", "worker-3"])
        let renamed = try plan(
            "\(one), \(two.replacing("attic", with: "cellar")), \(three)", &numbers)
        #expect(PlanChange(from: before, to: renamed).isEmpty)
        #expect(renamed.process("cellar") != nil)
    }
}
