import Testing

@testable import Basics
@testable import Plan
@testable import Remote

/// What OpenSSH 9.2 says when it cannot open a port.
@Suite struct ForwardRefusalTests {
    private static let worker = Endpoint(host: "127.0.0.1", port: 50052)
    private let forwards = [
        PortForward(
            side: .here, listen: Endpoint(host: "127.0.0.1", port: 52100), target: worker,
            carriesRPC: true),
        PortForward(
            side: .there, listen: Endpoint(host: "127.0.0.1", port: 52101), target: worker,
            carriesRPC: true),
    ]

    @Test(arguments: [
        "channel_setup_fwd_listener_tcpip: cannot listen to port: 52100",
        "Warning: remote port forwarding failed for listen port 52101",
        "Warning: remote port forwarding failed for listen port 52101\r",
        "Error: remote port forwarding failed for listen port 52101",
    ])
    func aPortOfThePlanIsNamed(line: String) throws {
        let refusal = try #require(SSHCommand.failedForward(line, of: forwards))
        #expect(refusal.kind == .forwardNotOurs)
        #expect(refusal.text.contains("could not be opened: ssh says '"))
    }

    /// A port of the user's own ~/.ssh/config, and what only ends alike.
    @Test(arguments: [
        "channel_setup_fwd_listener_tcpip: cannot listen to port: 8080",
        "channel_setup_fwd_listener_tcpip: cannot listen to port: 52101",
        "Warning: remote port forwarding failed for listen port 52100",
        "Could not request local forwarding.", "52100", "",
    ])
    func othersAreNot(line: String) {
        #expect(SSHCommand.failedForward(line, of: forwards) == nil)
    }
}
