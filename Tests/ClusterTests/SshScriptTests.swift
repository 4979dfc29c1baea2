import Foundation
import Testing

/// What `sollol up --dry-run --format sh` prints, run by bash on the control machine: a cluster
/// across machines without `sollol`.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct SshScriptTests {
    /// The script, once its coordinator is ready.
    private func serving(
        _ transport: String, extra: String = ""
    ) throws -> (cluster: SshCluster, script: RunningProgram) {
        let bed = try SshCluster.bed("one", "two")
        let cluster = try SshCluster(
            bed,
            backends: [
                SshClusterTests.backend("10.99.0.11", transport),
                SshClusterTests.backend("10.99.0.12", transport),
            ], extra: extra)
        let dryRun = try cluster.sollol("up", "--dry-run", "--format", "sh")
        let path = HostUser.root.home + "/cluster.sh"
        try HostDisk.write(dryRun.standardOutput(), to: bed.control.path(path))
        #expect(dryRun.exitStatus() == 0)
        let script = try RunningProgram(on: bed.control, ["bash", path])
        try script.waitFor("coordinator is ready")
        return (cluster, script)
    }

    @Test(arguments: SshClusterTests.transports)
    func itBringsTheClusterUpAndCtrlCEndsIt(transport: String) throws {
        let (cluster, script) = try serving(transport)
        for (name, found) in try cluster.instances() {
            #expect(found.count == 1, "\(name): \(cluster.servers())")
        }
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        script.signal(SIGINT)
        _ = script.exitStatus()
        try cluster.expectNothingLeft()
    }

    @Test(arguments: SshClusterTests.transports)
    func itsDeathEndsTheCluster(transport: String) throws {
        let (cluster, script) = try serving(transport)
        script.signal(SIGKILL)
        try cluster.expectNothingLeft()
    }

    @Test(arguments: SshClusterTests.transports)
    func aLostConnectionEndsTheCluster(transport: String) throws {
        let (cluster, script) = try serving(transport, extra: #""timeouts": {"lease": 3}"#)
        let worker = try cluster.instance("worker-1")
        try cluster.bed["one"].cut()
        try eventually("the worker has ended itself") { kill(worker.pid, 0) != 0 }
        _ = script.exitStatus()
        try cluster.bed["one"].heal()
        try cluster.expectNothingLeft()
    }
}
