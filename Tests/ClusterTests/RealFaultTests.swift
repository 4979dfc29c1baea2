import Foundation
import SollolCore
import Testing

/// Everything that can be killed or stopped, in one cluster over both transports, one after the
/// other. After each fault: serving, every server once, the tokens of a single server.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct RealFaultTests {
    /// What is signalled.
    enum Victim: String, CaseIterable {
        case worker, guardOfWorker, sshClient, sshdSession, coordinator, guardOfCoordinator
    }

    /// worker-1 is dialled directly, worker-2 through its ssh connection.
    private static func cluster() throws -> SshCluster {
        try SshCluster(
            SshCluster.bed("one", "two"),
            backends: [
                SshClusterTests.backend("one", "direct"), SshClusterTests.backend("two", "ssh"),
            ],
            extra: """
                "timeouts": {"lease": 6, "stall": 4, "connect": 3, "stop": 5},
                "health": {"interval": 0.5, "timeout": 1},
                "restart": {"max_delay": 1}
                """)
    }

    private static func victim(_ victim: Victim, _ worker: String, _ cluster: SshCluster) throws
        -> HostProcess
    {
        let server = try cluster.instance(worker)
        let host = worker == "worker-1" ? cluster.bed["one"] : cluster.bed["two"]
        func parent(_ process: HostProcess, on host: TestHost) throws -> HostProcess {
            try #require(host.processes().first { $0.pid == process.parent })
        }
        switch victim {
        case .worker: return server
        case .guardOfWorker: return try parent(server, on: host)
        case .sshClient:
            return try #require(cluster.sshClients().first { $0.argv.contains(host.name) })
        case .sshdSession: return try parent(parent(server, on: host), on: host)
        case .coordinator: return try cluster.instance("coordinator")
        case .guardOfCoordinator:
            return try parent(cluster.instance("coordinator"), on: cluster.bed.control)
        }
    }

    /// Serving in the end, which is not one moment: what was stopped may be noticed later.
    private static func expectWhole(_ cluster: SshCluster, _ what: String) throws {
        let tokens = try SshCluster.tokensOfASingleServer()
        do {
            try eventually(what, within: 120) {
                guard let instances = try? cluster.instances(),
                    instances.values.allSatisfy({ $0.count == 1 }), cluster.servers().count == 3
                else { return false }
                return (try? cluster.tokens()) == tokens
            }
        } catch {
            throw TestFailure("\(what): \(cluster.servers())")
        }
    }

    private static func zombies(_ cluster: SshCluster) -> [String] {
        (cluster.bed.hosts + [cluster.bed.control]).flatMap { host in
            host.processes().filter { $0.state == "Z" }.map { "\(host.name): \($0.argv) \($0.pid)" }
        }
    }

    @Test(arguments: ["worker-1", "worker-2"])
    func whateverIsKilledIsReplaced(worker: String) throws {
        let cluster = try Self.cluster()
        let sollol = try cluster.serving()
        for victim in Victim.allCases {
            let before = try Self.victim(victim, worker, cluster)
            before.signal(SIGKILL)
            try sollol.waitFor("serving again")
            try Self.expectWhole(cluster, "\(victim) of \(worker) was killed")
        }
        try eventually("no zombie is left") { Self.zombies(cluster).isEmpty }
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// A stopped server, session or client is found by what no longer moves or comes; a stopped
    /// guard of a server that works is no fault, and does not keep the cluster from stopping.
    @Test(arguments: Victim.allCases)
    func whateverIsStoppedDoesNotStopTheCluster(victim: Victim) throws {
        let cluster = try Self.cluster()
        let sollol = try cluster.serving()
        let stopped = try Self.victim(victim, "worker-1", cluster)
        stopped.signal(SIGSTOP)
        switch victim {
        case .worker:
            #expect(throws: (any Error).self) { try cluster.tokens() }
            try sollol.waitFor("serving again")
        case .sshClient, .sshdSession, .coordinator: try sollol.waitFor("serving again")
        case .guardOfWorker, .guardOfCoordinator: break
        }
        try Self.expectWhole(cluster, "\(victim) was stopped")
        // Its connection is long gone, but nobody else ends it there.
        if victim == .sshdSession { stopped.signal(SIGCONT) }
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// All leases expire meanwhile: one orderly recovery.
    @Test func sollolMayBeStoppedForLongerThanTheLease() throws {
        let cluster = try Self.cluster()
        let sollol = try cluster.serving()
        sollol.signal(SIGSTOP)
        try eventually("every server has ended") { cluster.servers().isEmpty }
        sollol.signal(SIGCONT)
        try sollol.waitFor("serving again")
        try Self.expectWhole(cluster, "sollol was stopped")
        #expect(sollol.lines.filter { $0.contains("serving again") }.count == 1)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// Two at once, all at once, and one while the model is being loaded again.
    @Test func severalFaultsAtOnceAreOneRecovery() throws {
        let cluster = try Self.cluster()
        let sollol = try cluster.serving()
        for names in [["worker-1", "coordinator"], ["worker-1", "worker-2"]] {
            let victims = try names.map { try cluster.instance($0) }
            for victim in victims { victim.signal(SIGKILL) }
            try sollol.waitFor("serving again")
            try Self.expectWhole(cluster, "\(names) were killed")
        }
        #expect(sollol.lines.filter { $0.contains("serving again") }.count == 2)
        let first = try cluster.instance("worker-1")
        let coordinator = try cluster.instance("coordinator").pid
        try cluster.instance("worker-2").signal(SIGKILL)
        try eventually("the next coordinator loads") {
            (try? cluster.instance("coordinator").pid).map { $0 != coordinator } ?? false
        }
        first.signal(SIGKILL)
        try sollol.waitFor("worker-1: it was killed")
        try Self.expectWhole(cluster, "worker-1 was killed while the model was loaded")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }
}
