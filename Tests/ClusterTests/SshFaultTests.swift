import Foundation
import Testing

/// What is killed, cut or switched off in a cluster across machines, and what must hold afterwards:
/// one instance of each server, serving, nothing else left.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct SshFaultTests {
    private func cluster(_ transport: String, extra: String = "") throws -> SshCluster {
        let bed = try SshCluster.bed("one", "two")
        return try SshCluster(
            bed,
            backends: [
                SshClusterTests.backend("one", transport),
                SshClusterTests.backend("two", transport),
            ], extra: extra)
    }

    /// Every server once, computing what a single server does, and stopped without a trace.
    private func checkWholeness(_ cluster: SshCluster, _ sollol: RunningProgram) throws {
        #expect(cluster.servers().count == 3, "\(cluster.servers())")
        for (name, found) in try cluster.instances() {
            #expect(found.count == 1, "\(name): \(cluster.servers())")
        }
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    @Test(arguments: SshClusterTests.transports)
    func anIdleWorkerThatIsKilledIsReplacedAndRequestsSucceed(transport: String) throws {
        let cluster = try cluster(transport)
        let sollol = try cluster.serving()
        let before = try cluster.tokens(count: 4)
        let survivor = try cluster.instance("worker-2")
        try cluster.instance("worker-1").signal(SIGKILL)
        try sollol.waitFor("worker-1: it was killed")
        try sollol.waitFor("serving again")
        for _ in 0..<100 { #expect(try cluster.tokens(count: 4) == before) }
        #expect(try cluster.instance("worker-2").pid == survivor.pid)
        try checkWholeness(cluster, sollol)
    }

    @Test(arguments: SshClusterTests.transports)
    func anSshClientThatIsKilledCostsItsWorkerAndBothComeBack(transport: String) throws {
        let cluster = try cluster(transport)
        let sollol = try cluster.serving()
        let before = try cluster.instance("worker-1")
        let client = cluster.sshClients().first { $0.argv.contains("one") }
        try #require(client).signal(SIGKILL)
        try sollol.waitFor("serving again")
        #expect(try cluster.instance("worker-1").pid != before.pid)
        try checkWholeness(cluster, sollol)
    }

    @Test(arguments: SshClusterTests.transports)
    func killOfSollolLeavesNothingAnywhereAndUpWorksAtOnce(transport: String) throws {
        let cluster = try cluster(transport)
        let sollol = try cluster.serving()
        sollol.signal(SIGKILL)
        _ = sollol.exitStatus()
        let again = try cluster.serving()
        try checkWholeness(cluster, again)
    }

    @Test(arguments: SshClusterTests.transports)
    func killOfSollolEndsEveryServer(transport: String) throws {
        let cluster = try cluster(transport)
        for phase in ["[2/5]", "[3/5]", "[4/5]", "serving at"] {
            let sollol = try cluster.sollol("up")
            try sollol.waitFor(phase)
            sollol.signal(SIGKILL)
            _ = sollol.exitStatus()
            try eventually("no server is left: \(cluster.servers())") {
                cluster.servers().isEmpty
            }
        }
        try cluster.expectNothingLeft()
    }

    /// An ssh that still connects does not look at its input, the end of which tells it of ours.
    @Test func killOfSollolEndsAnSshThatStillConnects() throws {
        let cluster = try cluster("direct", extra: #""timeouts": {"connect": 1000, "lease": 5}"#)
        let sollol = try cluster.serving()
        let clientOfOne = { cluster.sshClients().first { $0.argv.contains("one") } }
        let before = try #require(clientOfOne())
        try cluster.bed["one"].cut()
        before.signal(SIGKILL)
        try eventually("another ssh connects") {
            clientOfOne().map { $0.pid != before.pid } ?? false
        }
        sollol.signal(SIGKILL)
        _ = sollol.exitStatus()
        try eventually("no ssh is left") { cluster.sshClients().isEmpty }
        try cluster.bed["one"].heal()
        try cluster.expectNothingLeft()
    }

    /// With transport `direct` a glitch does not cost a model's loading time.
    @Test func aCutShorterThanTheLeaseIsForgotten() throws {
        let cluster = try cluster("direct")
        let sollol = try cluster.serving()
        let before = try cluster.instances().mapValues { $0.map(\.pid) }
        try cluster.bed["one"].cut()
        let start = Date()
        try eventually("4 s have passed") { Date().timeIntervalSince(start) > 4 }
        try cluster.bed["one"].heal()
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        #expect(try cluster.instances().mapValues { $0.map(\.pid) } == before)
        try checkWholeness(cluster, sollol)
    }

    /// Longer than the lease, and with transport `ssh` longer than its keep-alives.
    @Test(arguments: SshClusterTests.transports)
    func aCutLongerThanTheLeaseEndsInOneInstanceEach(transport: String) throws {
        let cluster = try cluster(
            transport, extra: #""timeouts": {"lease": 3}, "restart": {"max_delay": 2}"#)
        let sollol = try cluster.serving()
        let before = try cluster.instance("worker-1")
        try cluster.bed["one"].cut()
        try sollol.waitFor("worker-1: ")
        try eventually("the worker has ended itself") { kill(before.pid, 0) != 0 }
        try cluster.bed["one"].heal()
        try sollol.waitFor("serving again")
        try checkWholeness(cluster, sollol)
    }

    /// The connection is given up, and then the host can be reached again while its old worker
    /// still waits for the lease.
    @Test func aCutShorterThanTheLeaseThatEndsTheConnectionEndsInOneInstanceEach() throws {
        let cluster = try cluster("ssh")
        let sollol = try cluster.serving()
        let before = try cluster.instance("worker-1")
        try cluster.bed["one"].cut()
        try sollol.waitFor("worker-1: ")
        #expect(kill(before.pid, 0) == 0)
        try cluster.bed["one"].heal()
        try sollol.waitFor("serving again")
        try checkWholeness(cluster, sollol)
    }

    /// The host comes back as a machine that knows nothing.
    @Test(arguments: SshClusterTests.transports)
    func aHostThatLosesItsPowerIsTakenBackAfterItsBoot(transport: String) throws {
        let cluster = try cluster(
            transport, extra: #""timeouts": {"lease": 3}, "restart": {"max_delay": 2}"#)
        let sollol = try cluster.serving()
        try cluster.bed["one"].powerOff()
        try sollol.waitFor("worker-1: ")
        try cluster.bed["one"].boot()
        try sollol.waitFor("serving again")
        try checkWholeness(cluster, sollol)
    }

    /// Rule 7: the other host holds the whole model meanwhile, at its own forwarded port.
    @Test func aHostThatStaysAwayIsLeftOutUntilItIsBack() throws {
        let cluster = try cluster(
            "ssh",
            extra: """
                "timeouts": {"lease": 3, "connect": 2},
                "restart": {"degrade_after": 1, "max_delay": 1, "reset_after": 1},
                "placement": {"participants": "workers_only"}
                """)
        let sollol = try cluster.serving()
        try cluster.bed["one"].powerOff()
        try sollol.waitFor("going on without worker-1")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        try cluster.bed["one"].boot()
        try sollol.waitFor("taking back worker-1")
        try sollol.waitFor("serving again")
        try checkWholeness(cluster, sollol)
    }

    /// A request that waits for a worker which cannot be reached any more fails, and soon: the
    /// limit of the request itself is 60 s.
    @Test func aCutFailsTheRequestThatWaitsInsteadOfLettingItHang() throws {
        let cluster = try cluster("ssh")
        let sollol = try cluster.serving()
        let start = Date()
        let answer = cluster.tokensLater(count: 3000)
        try eventually("the request is being processed") {
            ((try? cluster.busySlots()) ?? 0) > 0
        }
        try cluster.bed["one"].cut()
        #expect(throws: (any Error).self) { try answer.wait().get() }
        #expect(Date().timeIntervalSince(start) < 50)
        try cluster.bed["one"].heal()
        try sollol.waitFor("serving again")
        try checkWholeness(cluster, sollol)
    }
}
