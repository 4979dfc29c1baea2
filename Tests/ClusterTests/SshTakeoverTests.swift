import Basics
import Foundation
import Testing

/// Who may start a server where one still runs.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct SshTakeoverTests {
    private static let transports = SshClusterTests.transports

    private func backends(_ transport: String) -> [String] {
        ["one", "two"].map { SshClusterTests.backend($0, transport) }
    }

    /// Its workers are alive and wait for the lease, long after `up` has begun again.
    @Test(arguments: transports)
    func aControlMachineThatLostItsPowerTakesItsOwnWorkersOver(transport: String) throws {
        let bed = try SshCluster.bed("one", "two")
        let cluster = try SshCluster(bed, backends: backends(transport))
        let lost = try cluster.serving()
        let before = try cluster.instance("worker-1")
        try bed.control.powerOff()
        #expect(lost.exitStatus() == 137)
        try bed.control.boot()
        #expect(kill(before.pid, 0) == 0)
        let sollol = try cluster.serving()
        for (name, found) in try cluster.instances() {
            #expect(found.count == 1, "\(name): \(cluster.servers())")
        }
        #expect(cluster.servers().count == 3, "\(cluster.servers())")
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    /// The same user on the same machine, but another state directory: another owner.
    @Test(arguments: transports)
    func aLiveWorkerOfSomebodyElseIsRefusedAndNotTouched(transport: String) throws {
        let bed = try SshCluster.bed("one", "two")
        let first = try SshCluster(bed, name: "first", backends: backends(transport))
        let running = try first.serving()
        let second = try SshCluster(
            bed, name: "second", backends: backends(transport),
            api: Endpoint(host: "127.0.0.1", port: 18181), extra: #""forward_port_base": 52200"#)
        let before = try first.instances().mapValues { $0.map(\.pid) }
        let refused = try second.sollol("up")
        #expect(refused.exitStatus() == 69)
        let errors = refused.lines.filter { $0.contains("error: ") }.joined(separator: "\n")
        #expect(errors.contains("worker-1") && errors.contains("50052"), "\(refused.lines)")
        #expect(errors.contains("first"), "\(refused.lines)")
        #expect(try first.instances().mapValues { $0.map(\.pid) } == before)
        #expect(try first.tokens() == SshCluster.tokensOfASingleServer())
        running.signal(SIGINT)
        #expect(running.exitStatus() == 0)
        try first.expectNothingLeft()
    }
}
