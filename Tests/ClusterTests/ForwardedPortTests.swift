import Foundation
import Testing

@testable import Basics
@testable import Reporting

/// Ports that ssh forwards, on machines where other users are.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct ForwardedPortTests {
    private func ssh(_ host: String) -> String { SshClusterTests.backend(host, "ssh") }

    /// A connection to a port of the range that the system takes its own ports from meets itself
    /// where nobody listens yet (RFC 9293, 3.5), and keeps the port from the server for a minute.
    /// Here the range holds little else.
    @Test func nobodyAsksBeforeTheServerListens() throws {
        let bed = try SshCluster.bed("one", "two")
        for name in ["one", "two"] {
            let range = "echo 50052 50067 >/proc/sys/net/ipv4/ip_local_port_range"
            try #require(bed[name].run(range).status == 0)
        }
        let cluster = try SshCluster(bed, backends: [ssh("one"), ssh("two")])
        let sollol = try cluster.serving()
        #expect(!sollol.lines.contains { $0.contains("its port is taken") }, "\(sollol.lines)")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// Another user takes the forwarded port in the instant in which it is free: nothing goes
    /// there, the cluster does not serve, the port is named; and it comes back by itself.
    @Test func aForwardedPortThatAnotherUserTookIsNotUsed() throws {
        let bed = try SshCluster.bed("one", "two")
        try expectUnused(
            52100, on: bed.control, freedBy: "one", "worker-1: port 52100 of this machine",
            SshCluster(bed, backends: [ssh("one"), ssh("two")], extra: Self.soon))
    }

    /// The same on the coordinator's host, where its own connection opens the port.
    @Test func aRelayedPortThatAnotherUserTookIsNotUsed() throws {
        let bed = try SshCluster.bed("one", "two", "three")
        try expectUnused(
            52101, on: bed["three"], freedBy: "three", "coordinator: port 52101 of its host",
            SshCluster(
                bed, backends: [ssh("one"), ssh("two")], coordinator: #""ssh": "three""#,
                extra: Self.soon))
    }

    /// Requests and the key go through the port that leads to the API of a coordinator elsewhere.
    @Test func anAPIPortThatAnotherUserTookIsNotUsed() throws {
        let bed = try SshCluster.bed("one", "three")
        try expectUnused(
            52101, on: bed.control, freedBy: "three", "coordinator: port 52101 of this machine",
            SshCluster(
                bed, backends: [ssh("one")], coordinator: #""ssh": "three""#, extra: Self.soon))
    }

    private static let soon = #""restart": {"max_delay": 2}"#

    /// - Parameters:
    ///   - host: where the port is.
    ///   - destination: of the ssh client whose end frees it.
    ///   - words: what is said then.
    private func expectUnused(
        _ port: Int, on host: TestHost, freedBy destination: String, _ words: String,
        _ cluster: SshCluster
    ) throws {
        let sollol = try cluster.serving()
        let other = try OtherUsersListener(on: host, port: port)
        defer { other.close() }
        let client = cluster.sshClients().first { $0.argv.contains(destination) }
        try #require(client).signal(SIGKILL)
        try sollol.waitFor(words)
        #expect(other.hasPort)
        #expect(!sollol.lines.contains { $0.contains("serving again") }, "\(sollol.lines)")
        other.close()
        try sollol.waitFor("serving again")
        #expect(other.connections == 0)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// The printed script looks before each question.
    @Test func theScriptAsksNobodyElse() throws {
        let bed = try SshCluster.bed("one")
        let other = try OtherUsersListener(on: bed.control, port: 52100)
        defer { other.close() }
        try eventually("it has the port") { other.hasPort }
        try HostDisk.write(
            String(decoding: PackageResources.printed_script_bash, as: UTF8.self),
            to: bed.control.path("/root/constant.bash"))
        let script = """
            names=(worker-1) guard=; . /root/constant.bash
            through_own_port 0 22 echo asked; through_own_port 0 52100 echo asked
            """
        let run = try bed.control.run("exec bash -c \(ShellQuoting.quote(script))")
        #expect(run.status == 69 && run.output.contains("asked\n"))
        #expect(
            (run.output + run.errors).contains(
                "worker-1: port 52100 of this machine, through which ssh leads to it, is held by "
                    + "user \(OtherUsersListener.user); nothing was sent there"))
        #expect(other.connections == 0)
    }
}
