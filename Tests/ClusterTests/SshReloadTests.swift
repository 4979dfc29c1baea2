import Foundation
import Testing

/// `sollol reload` of a cluster across machines.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct SshReloadTests {
    @Test(arguments: SshClusterTests.transports)
    func aHostIsAddedWhileTheOtherStays(transport: String) throws {
        let bed = try SshCluster.bed("one", "two")
        let (one, two) = (
            SshClusterTests.backend("one", transport), SshClusterTests.backend("two", transport)
        )
        let cluster = try SshCluster(bed, backends: [one])
        let sollol = try cluster.serving()
        let before = try cluster.instance("worker-1")
        try cluster.configure(backends: [one, two])
        let reload = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 0, "\(reload.lines)")
        #expect(try cluster.instance("worker-1").pid == before.pid)
        #expect(try cluster.instance("worker-2").argv.contains("50052"))
        #expect(try cluster.instance("coordinator").argv.contains("--rpc"))
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        #expect(cluster.sshClients().count == 2)
        // The port of a forward that stays is ours, and no obstacle.
        try cluster.configure(backends: [one])
        let back = try cluster.sollol("reload")
        #expect(back.exitStatus() == 0, "\(back.lines)")
        #expect(try cluster.instance("worker-1").pid == before.pid)
        #expect(bed["two"].llamaProcesses().isEmpty)
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        // Nothing but what a worker that others can reach means.
        let warnings = sollol.lines.filter {
            $0.contains("warning") && !$0.contains("rpc-server has no authentication")
        }
        #expect(warnings == [])
        try cluster.expectNothingLeft()
    }

    @Test func aHostThatCannotBeReachedIsWaitedForWithoutNeglect() throws {
        let bed = try SshCluster.bed("one", "two")
        // Longer than a guard waits for a heartbeat.
        let timeouts = #""timeouts": {"connect": 6, "lease": 3}"#
        let one = SshClusterTests.backend("one", "ssh")
        let cluster = try SshCluster(bed, backends: [one], extra: timeouts)
        let sollol = try cluster.serving()
        let before = try cluster.instance("worker-1")
        try bed["two"].cut()
        try cluster.configure(
            backends: [one, SshClusterTests.backend("two", "ssh")], extra: timeouts)
        let reload = try cluster.sollol("reload")
        let second = try cluster.sollol("reload")
        #expect(reload.exitStatus() == 69 && second.exitStatus() == 69)
        // The second one waits for the first, then the file is judged anew (Interface.md).
        for told in [reload.lines, second.lines] {
            #expect(told.contains { $0.contains("worker-2: ") && $0.contains("two") }, "\(told)")
        }
        try cluster.configure(backends: [one], extra: timeouts)
        #expect(try cluster.instance("worker-1").pid == before.pid)
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        let again = sollol.lines.filter { $0.contains("serving again") }
        #expect(again.isEmpty, "\(sollol.lines)")
        try cluster.expectNothingLeft()
    }
}
