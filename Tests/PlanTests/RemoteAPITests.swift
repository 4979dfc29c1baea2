import Testing

@testable import Basics
@testable import Plan
@testable import Samples

/// How `sollol` reaches the API of a coordinator elsewhere: what it asks carries the key.
@Suite struct RemoteAPITests {
    /// Whatever it listens on, `sollol` asks through the ssh connection; people dial what they can.
    @Test(arguments: [
        ("10.0.0.9", "10.0.0.9:18080", "10.0.0.9:18080"),
        ("127.0.0.1", "127.0.0.1:18080", "127.0.0.1:52102"),
        ("127.0.0.5", "127.0.0.5:18080", "127.0.0.1:52102"),
        ("localhost", "127.0.0.1:18080", "127.0.0.1:52102"),
        ("0.0.0.0", "127.0.0.1:18080", "127.0.0.1:52102"),
    ])
    func theKeyCrossesTheNetworkInsideSsh(host: String, target: String, dial: String) throws {
        var spec = SampleSpecs.local
        spec.coordinator.location = .ssh(destination: "gpu", options: [])
        spec.coordinator.host = host
        spec.coordinator.apiKeyFile = "/etc/keys"
        let coordinator = try #require(try LaunchPlanner.plan(spec).process("coordinator"))
        #expect(coordinator.readiness == .httpHealth(host: "127.0.0.1", port: 52102))
        #expect(
            coordinator.forwards.filter { $0.side == .here }.map(\.description)
                == ["127.0.0.1:52102 here leads to \(target) there"])
        #expect(coordinator.dial.description == dial)
    }

    @Test func oneOnThisMachineIsAskedWhereItListens() throws {
        var spec = SampleSpecs.local
        spec.coordinator.host = "10.0.0.9"
        let coordinator = try #require(try LaunchPlanner.plan(spec).process("coordinator"))
        #expect(coordinator.readiness == .httpHealth(host: "10.0.0.9", port: 18080))
        #expect(coordinator.forwards == [])
    }
}
