import Foundation
import Testing

/// Faults of what servers need: ports, programs, models, disks. Nothing is served meanwhile, or
/// everything is; in the end the cluster is whole.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct LocalFaultTests {
    private func expectWhole(_ cluster: LocalCluster, _ sollol: RunningProgram) throws {
        for (name, pids) in try cluster.pids() { #expect(pids.count == 1, "\(name)") }
        #expect(try cluster.tokens().count == 24)
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    @Test func aPortThatIsStolenIsTakenBack() throws {
        let cluster = try LocalCluster(
            extra: #""restart": {"initial_delay": 1, "max_delay": 1}"#)
        let sollol = try cluster.serving()
        kill(try cluster.pid("worker-1"), SIGKILL)
        try sollol.waitFor("worker-1: it was killed")
        let thief = try Listener(port: cluster.ports[0])
        let warning = try sollol.waitFor("worker-1: ")
        #expect(warning.contains("its port is taken"), "\(warning)")
        thief.close()
        try sollol.waitFor("serving again")
        try expectWhole(cluster, sollol)
    }

    @Test func aModelThatIsGoneIsWaitedFor() throws {
        let model = NSTemporaryDirectory() + "sollol-model-\(UUID().uuidString).gguf"
        try FileManager.default.copyItem(atPath: TestEnvironment.smallModel(), toPath: model)
        defer { try? FileManager.default.removeItem(atPath: model) }
        let cluster = try LocalCluster(model: model, extra: #""restart": {"max_delay": 1}"#)
        let sollol = try cluster.serving()
        // The dry run reads the model, too.
        let coordinator = try cluster.pid("coordinator")
        try FileManager.default.moveItem(atPath: model, toPath: model + ".away")
        kill(coordinator, SIGKILL)
        let warning = try sollol.waitFor("the model cannot be ")
        #expect(warning.contains("coordinator: "))
        try FileManager.default.moveItem(atPath: model + ".away", toPath: model)
        try sollol.waitFor("serving again")
        try expectWhole(cluster, sollol)
    }

    /// The worker's program is another release now; its coordinator must not start with it.
    @Test func aProgramOfAnotherReleaseIsNamedAndNotUsed() throws {
        let cluster = try LocalCluster(extra: #""restart": {"max_delay": 1}"#)
        let link = try cluster.linkProgram(ofWorker: 1)
        let sollol = try cluster.serving()
        try FileManager.default.moveItem(atPath: link, toPath: link + ".away")
        try OtherRelease.rpcServer.write(toFile: link, atomically: true, encoding: .utf8)
        chmod(link, 0o755)
        kill(try cluster.pid("worker-1"), SIGKILL)
        let warning = try sollol.waitFor("different RPC protocols")
        #expect(warning.contains("worker-1: 7.0.0"))
        #expect(throws: (any Error).self) { try cluster.tokens() }
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.moveItem(atPath: link + ".away", toPath: link)
        try sollol.waitFor("serving again")
        try expectWhole(cluster, sollol)
    }

    @Test func maxRestartsWithinThePeriodGiveUp() throws {
        let cluster = try LocalCluster(extra: #""restart": {"max_restarts": 1, "period": 600}"#)
        let sollol = try cluster.serving()
        kill(try cluster.pid("worker-1"), SIGKILL)
        try sollol.waitFor("serving again")
        kill(try cluster.pid("worker-1"), SIGKILL)
        try sollol.waitFor("more than 1 restart within 600 s")
        #expect(sollol.exitStatus() == 1)
        #expect(cluster.leftovers() == [])
    }

    /// State and logs on a disk that is full: one warning for each log, and it goes on.
    @Test(
        .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
    func aDiskWithoutSpaceCostsLogsOnly() throws {
        let bed = try SshCluster.bed("one")
        let control = bed.control
        let state = HostUser.root.home + "/.local/state"
        let mounted = try control.run(
            "mkdir -p \(state) && mount -t tmpfs -o size=256k,mode=0700 tmpfs \(state)")
        #expect(mounted.status == 0, "\(mounted)")
        let cluster = try SshCluster(
            bed, backends: [SshClusterTests.backend("one", "ssh"), #""127.0.0.1:50060""#])
        let sollol = try cluster.serving()
        #expect(try control.run("head -c 300k /dev/zero >\(state)/fill").status != 0)
        for _ in 0..<2 {
            try cluster.instance("worker-1").signal(SIGKILL)
            try sollol.waitFor("serving again")
            #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
            #expect(try cluster.sollol("status").exitStatus() == 0)
        }
        let warnings = sollol.lines.filter { $0.contains("warning: log of coordinator: ") }
        #expect(warnings.count == 1, "\(sollol.lines)")
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
        // Where nothing can be recorded, nothing is started.
        #expect(try control.run("mount -o remount,ro \(state)").status == 0)
        let refused = try cluster.sollol("up")
        #expect(refused.exitStatus() == 73, "\(refused.lines)")
    }
}

/// A port that somebody else has.
final class Listener {
    private let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)

    init(port: Int) throws {
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0, listen(descriptor, 8) == 0 else {
            throw TestFailure("port \(port): \(String(cString: strerror(errno)))")
        }
    }

    /// Where it listens, also when any port was asked for.
    var port: Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// The next connection to it; waits for one.
    func accept() -> Int32 { Foundation.accept(descriptor, nil, nil) }

    func close() { Foundation.close(descriptor) }
}
