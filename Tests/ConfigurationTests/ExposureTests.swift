import Basics
import Testing

@testable import Facts
@testable import Plan
@testable import Samples
@testable import Survey

/// rpc-server has no authentication: a name must not carry it to a public address unseen.
struct ExposureTests {
    private func findings(_ worker: String, _ members: String = "") throws -> [Finding] {
        let json = """
            {"model": "/m.gguf", "rpc_backends": [\(worker)]\(members)}
            """
        let spec = try Loading.load(json).spec
        var facts = HostFacts()
        facts.addresses = ["gpu-1": "8.8.8.8", "gpu-2": "10.0.0.2"]
        return PlanFindings.publicNames(try LaunchPlanner.plan(spec, facts: facts), spec)
    }

    @Test func aNameOfAPublicAddressIsRefused() throws {
        let found = try findings("\"gpu-1\"")
        #expect(
            found == [
                Finding(
                    [.worker(1, at: Endpoint(host: "gpu-1", port: 50052))],
                    "gpu-1 is 8.8.8.8, a public address, and rpc-server has no authentication: who "
                        + "can reach it can run code there",
                    remedy: "Set \"bind\" to a private address or \"transport\" to \"ssh\", or "
                        + "allow_exposed_bind to true.")
            ])
    }

    @Test func whatIsPrivateTunnelledAllowedOrNotOursIsNot() throws {
        #expect(try findings("\"gpu-2\"") == [])
        #expect(try findings(#"{"host": "gpu-1", "bind": "10.0.0.1"}"#) == [])
        #expect(try findings(#"{"host": "gpu-1", "transport": "ssh"}"#) == [])
        #expect(try findings(#"{"host": "gpu-1", "managed": false}"#) == [])
        #expect(try findings("\"gpu-1\"", #", "allow_exposed_bind": true"#) == [])
    }
}
