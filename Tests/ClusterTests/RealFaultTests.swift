import Foundation
import Testing

/// Everything that can be killed or stopped, in one cluster over both transports, one after the
/// other. After each fault: serving, every server once, the tokens of a single server.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct RealFaultTests {
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

    @Test(arguments: ["worker-1", "worker-2"])
    func whateverIsKilledIsReplaced(worker: String) throws {
        let cluster = try FaultyCluster.make()
        let sollol = try cluster.serving()
        for victim in Victim.allCases {
            let before = try victim.find(worker, in: cluster)
            before.signal(SIGKILL)
            try sollol.waitFor("serving again")
            try Self.expectWhole(cluster, "\(victim) of \(worker) was killed")
        }
        try eventually("no zombie is left") { cluster.zombies().isEmpty }
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// A stopped server, session or client is found by what no longer moves or comes; a stopped
    /// guard of a server that works is no fault, and does not keep the cluster from stopping.
    @Test(arguments: Victim.allCases)
    func whateverIsStoppedDoesNotStopTheCluster(victim: Victim) throws {
        let cluster = try FaultyCluster.make()
        let sollol = try cluster.serving()
        let stopped = try victim.find("worker-1", in: cluster)
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
        // A guard that is stopped tells no end: its server has ended, and sollol says that it
        // cannot know.
        let isSeen = victim != .guardOfWorker && victim != .guardOfCoordinator
        #expect(sollol.exitStatus() == (isSeen ? 0 : 69))
        #expect(isSeen == !sollol.lines.contains { $0.contains("known to have ended") })
        try cluster.expectNothingLeft()
    }

    /// All leases expire meanwhile: one orderly recovery.
    @Test func sollolMayBeStoppedForLongerThanTheLease() throws {
        let cluster = try FaultyCluster.make()
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
        let cluster = try FaultyCluster.make()
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
        // By its own end, or by the coordinator's words, whichever is told first.
        try sollol.waitFor("worker-1: ")
        try Self.expectWhole(cluster, "worker-1 was killed while the model was loaded")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }
}
