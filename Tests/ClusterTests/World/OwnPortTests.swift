import Basics
import Foundation
import Testing

/// Ports that were the own ports of connections: 50052 and 52100 are among those that Linux gives
/// to connections, and keeps for a minute when one has ended. llama-bench alone makes 75.
@Suite(
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct OwnPortTests {
    /// A connection of this host to itself from that port, which has ended on the side of the port.
    /// The other side does not end it, so that the port is kept for as many seconds as the host
    /// says (`tcp_fin_timeout`, tcp(7)) instead of the fixed minute.
    private func end(from port: Int, on host: TestHost, keptFor seconds: Int) throws {
        let connection = """
            echo \(seconds) >/proc/sys/net/ipv4/tcp_fin_timeout
            busybox nc -l -p 7000 -e sleep 600 </dev/null >/dev/null 2>&1 &
            until ss -ltnH 'sport = :7000' | grep -q .; do sleep 0.1; done
            curl -sm 1 --local-port \(port) telnet://127.0.0.1:7000 </dev/null >/dev/null 2>&1
            until ss -tnH state fin-wait-2 'sport = :\(port)' | grep .; do sleep 0.1; done
            """
        try #require(host.run(connection).status == 0)
    }

    private func cluster() throws -> SshCluster {
        let bed = try SshCluster.bed("one")
        return try SshCluster(bed, backends: [SshClusterTests.backend("one", "ssh")])
    }

    private func expectServing(
        _ cluster: SshCluster, after words: String, on host: TestHost
    ) throws {
        let sollol = try cluster.sollol("up", limit: 300)
        try sollol.waitFor(words)
        try sollol.waitFor("serving at")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        _ = try host.run("pkill -KILL -x -f 'sleep 600'")
        try cluster.expectNothingLeft()
    }

    /// It is waited for before anything is started.
    @Test func oneOnThisMachineIsWaitedFor() throws {
        let cluster = try cluster()
        try end(from: 52100, on: cluster.bed.control, keptFor: 8)
        try expectServing(
            cluster,
            after: "worker-1: waiting for port 52100 of 127.0.0.1 on this machine, which a "
                + "connection to 127.0.0.1:7000 had as its own", on: cluster.bed.control)
    }

    /// Three attempts are over long before.
    @Test func oneOnAnotherHostEndsNoBringUp() throws {
        let cluster = try cluster()
        try end(from: 50052, on: cluster.bed["one"], keptFor: 20)
        try expectServing(cluster, after: "its port is taken", on: cluster.bed["one"])
    }
}
