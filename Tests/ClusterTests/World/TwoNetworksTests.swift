import Foundation
import Testing

/// Two networks between hosts, and RPC takes the slow one (ggml-org/llama.cpp 27653: a tenth of a
/// gigabit between hosts with forty).
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct TwoNetworksTests {
    @Test func checkNamesTheWayAndAFasterOne() throws {
        let bed = try PreflightBed(
            ["one", "two"].map { name in
                HostOptions(name).with { $0.networks = [.front, .back] }
            })
        // A veth says 10 Gbit/s.
        for host in bed.bed.hosts {
            let run = try host.run(
                "echo 1000 >/root/speed && mount --bind /root/speed /sys/class/net/eth0/speed")
            #expect(run.status == 0, "\(run.errors)")
        }
        let path = try bed.configuration(
            [#"{"host": "one"}"#], coordinator: #""port": 18080, "ssh": "two""#)
        let answer = try bed.check(path)
        #expect(answer.status == 0, "\(answer.findings)")
        let networks = answer.json["networks"] as? [[String: Any]] ?? []
        #expect(
            networks.first?["path"] as? String
                == "RPC from eth0 (10.99.0.12, 1 Gbit/s) to eth0 (10.99.0.11, 1 Gbit/s)")
        let found = answer.findings.filter { $0.contains("faster network") }
        #expect(found.count == 1, "\(answer.findings)")
        #expect(
            found.first?.contains(
                "eth1 (10.99.1.11, 10 Gbit/s) there, eth1 (10.99.1.12, 10 Gbit/s) at the "
                    + "coordinator. Give 10.99.1.11 as `host`") == true, "\(found)")
    }
}
