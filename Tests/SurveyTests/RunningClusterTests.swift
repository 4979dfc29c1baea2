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
        RunningCluster(try LaunchPlanner.plan(spec), owner: "owner", leftOut: leftOut)
    }

    @Test func workersInUseAreNotDialledAndItsHostsAreKnown() throws {
        let next = try spec(text.replacing("\"10.0.0.3\"", with: "\"10.0.0.3\", \"10.0.0.4\""))
        let requests = try running(spec(text)).adapted(SurveyRequest.all(for: next))
        #expect(
            requests.map(\.location.sshDestination) == [nil, "10.0.0.2", "10.0.0.3", "10.0.0.4"])
        #expect(requests.map(\.isInUse) == [true, true, true, false])
        #expect(requests[0].reaches.map(\.node.description) == ["worker-3"])
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
