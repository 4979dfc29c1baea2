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
        let cluster = try SshCluster(
            SshCluster.bed("one", "two"), backends: [ssh("one"), ssh("two")],
            extra: #""restart": {"max_delay": 2}"#)
        let sollol = try cluster.serving()
        let other = try OtherUsersListener(on: cluster.bed.control, port: 52100)
        defer { other.close() }
        try #require(cluster.sshClients().first { $0.argv.contains("one") }).signal(SIGKILL)
        try sollol.waitFor("worker-1: port 52100 of this machine")
        #expect(other.hasPort)
        #expect(!sollol.lines.contains { $0.contains("serving again") }, "\(sollol.lines)")
        other.close()
        try sollol.waitFor("serving again")
        #expect(other.connections == 0)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// The same on the coordinator's host, where its own connection opens the port.
    @Test func aRelayedPortThatAnotherUserTookIsNotUsed() throws {
        let bed = try SshCluster.bed("one", "two", "three")
        let cluster = try SshCluster(
            bed, backends: [ssh("one"), ssh("two")], coordinator: #""ssh": "three""#,
            extra: #""restart": {"max_delay": 2}"#)
        let sollol = try cluster.serving()
        let other = try OtherUsersListener(on: bed["three"], port: 52101)
        defer { other.close() }
        try #require(cluster.sshClients().first { $0.argv.contains("three") }).signal(SIGKILL)
        try sollol.waitFor("coordinator: port 52101 of its host")
        #expect(other.hasPort)
        other.close()
        try sollol.waitFor("serving again")
        #expect(other.connections == 0)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// Requests and the key go through the port that leads to the API of a coordinator elsewhere.
    @Test func anAPIPortThatAnotherUserTookIsNotUsed() throws {
        let bed = try SshCluster.bed("one", "three")
        let cluster = try SshCluster(
            bed, backends: [ssh("one")], coordinator: #""ssh": "three""#,
            extra: #""restart": {"max_delay": 2}"#)
        let sollol = try cluster.serving()
        let other = try OtherUsersListener(on: bed.control, port: 52101)
        defer { other.close() }
        try #require(cluster.sshClients().first { $0.argv.contains("three") }).signal(SIGKILL)
        try sollol.waitFor("coordinator: port 52101 of this machine")
        #expect(other.hasPort)
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
