import Foundation
import Testing

/// Small packets pass and large ones do not: connections are made, and no load gets on
/// (zerotier/ZeroTierOne 593, esnet/iperf 955).
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct LargePacketsTests {
    @Test func aLoadThatStandsStillSaysThatPacketsAreLost() throws {
        let bed = try SshCluster.bed("one")
        let one = bed["one"]
        let server = try RunningProgram(
            on: one, ["ggml-rpc-server", "-H", "10.99.0.11", "-p", "50052"])
        try eventually("it listens") { one.listening().contains { $0.hasSuffix(":50052") } }
        try one.losePackets(largerThan: 700)
        let cluster = try SshCluster(
            bed, backends: [#"{"host": "10.99.0.11", "managed": false}"#],
            extra: #""timeouts": {"progress": 15}"#)
        let sollol = try cluster.sollol("up")
        try sollol.waitFor("coordinator: it made no progress in loading for ")
        let told = sollol.lines.first { $0.contains("made no progress") } ?? ""
        #expect(
            told.contains(
                "nothing of what is sent to worker-1 (10.99.0.11:50052) is acknowledged: the way "
                    + "there is cut, or it loses large packets."), "\(told)")
        #expect(told.contains("lower the MTU there"))
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        server.signal(SIGKILL)
    }
}
