import Basics
import Testing

@testable import Configuration
@testable import Facts
@testable import Plan
@testable import Samples
@testable import Survey

/// A changed configuration is looked at beside the cluster that runs.
@Suite struct RunningClusterTests {
    private let text = """
        {"model": "/m.gguf", "rpc_backends": [
           {"host": "10.0.0.2", "transport": "ssh", "ssh_options": ["Port=2222"]}, "10.0.0.3"],
         "coordinator": {"ctx_size": 4096}}
        """

    private func spec(_ text: String) throws -> ClusterSpec {
        try Loading.load(text).spec
    }

    private func running(_ spec: ClusterSpec, leftOut: [Node] = []) throws -> RunningCluster {
        let plan = try LaunchPlanner.plan(spec)
        var now = plan
        now.leftOut = leftOut
        return RunningCluster(plan, now: now, owner: "owner")
    }

    @Test func workersInUseAreNotDialledAndItsHostsAreKnown() throws {
        let next = try spec(text.replacing("\"10.0.0.3\"", with: "\"10.0.0.3\", \"10.0.0.4\""))
        let requests = try running(spec(text)).adapted(SurveyRequest.all(for: next))
        #expect(
            requests.map(\.location.sshDestination) == [nil, "10.0.0.2", "10.0.0.3", "10.0.0.4"])
        #expect(requests.map(\.isInUse) == [true, true, true, false])
        #expect(requests[0].reaches.map(\.node.description) == ["worker-3"])
    }

    /// An rpc-server has one client, and others wait until that one is gone.
    @Test(arguments: ["direct", "ssh"])
    func aSpareThatWasCalledInIsInUse(transport: String) throws {
        var spec = try spec(
            """
            {"model": "/m.gguf", "placement": {"strategy": "fastest"},
             "rpc_backends": [{"host": "10.0.0.2", "speed": 10},
                {"host": "10.0.0.3", "speed": 1, "transport": "\(transport)"}],
             "coordinator": {"host": "10.0.0.9", "ssh": "boss"}}
            """)
        spec.placement.participants = .workersOnly
        var host = HostFacts.Host()
        host.models["/m.gguf"] = SampleSpecs.localFacts.hosts[.here]?.models[SampleSpecs.model]
        let facts = HostFacts(hosts: [HostKey(spec.coordinator.location): host])
        let whole = try LaunchPlanner.plan(spec, facts: facts)
        let (fast, slow) = (spec.workers[0].node, spec.workers[1].node)
        #expect(whole.spares == [slow])
        let now = try LaunchPlanner.plan(spec, facts: facts, leavingOut: [fast], of: whole)
        #expect(now.spares == [])
        let running = RunningCluster(whole, now: now, owner: "owner")
        #expect(running.adapted(SurveyRequest.all(for: spec)).flatMap(\.reaches) == [])
        // What the coordinator's connection forwards to it is open.
        let openings = PlanFindings.openings(now).filter(\.isForward)
        let others = PlanFindings.openings(whole).filter(\.isForward)
        #expect(openings.count == others.count + (transport == "ssh" ? 1 : 0))
        #expect(openings.allSatisfy(running.forwards))
    }

    @Test func memoryIsWhatItWasBeforeTheStart() throws {
        let spec = try spec(text)
        let running = try running(spec)
        var facts = HostFacts()
        for (request, bytes) in zip(SurveyRequest.all(for: spec), [1000, 2000, 3000]) {
            var host = HostFacts.Host()
            host.availableMemoryBytes = Int64(bytes)
            facts.hosts[HostKey(request.location)] = host
        }
        // The same host, asked with other options.
        let next = try self.spec(text.replacing("Port=2222", with: "Port=2223"))
        let known = running.adapted(facts, next)
        #expect(known.host(at: next.workers[0].location)?.availableMemoryBytes == 2000)
        let requests = running.adapted(SurveyRequest.all(for: next))
        #expect(requests.map(\.isInUse) == [true, true, true])
    }

    @Test func portsOfItsForwardsAreNoObstacle() throws {
        let spec = try spec(text)
        let plan = try LaunchPlanner.plan(spec)
        let running = try running(spec)
        let openings = PlanFindings.openings(plan)
        #expect(openings.filter(running.forwards).map(\.endpoint.port) == [52100])
        let other = try self.spec(
            text.replacing("\"model\"", with: "\"forward_port_base\": 5000, \"model\""))
        let others = PlanFindings.openings(try LaunchPlanner.plan(other))
        #expect(!others.contains(where: running.forwards))
    }

    @Test func whatIsWrongWithLeftOutWorkersAloneIsNoObstacle() throws {
        let running = try running(spec(text), leftOut: ["worker-2"])
        #expect(!running.isObstacle(Finding(["worker-2"], "gone")))
        #expect(running.isObstacle(Finding(["worker-1", "worker-2"], "gone")))
        #expect(!running.isObstacle(Finding(["worker-1"], severity: .warning, "odd")))
    }
}
