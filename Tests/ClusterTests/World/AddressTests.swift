import Basics
import Foundation
import Testing

/// A name that is one address here and another one there, or another one than before.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct AddressTests {
    /// Debian's installer writes the host's own name like this: GoogleCloudPlatform/guest-configs
    /// 29; spark-arena/sparkrun 249, where workers dial themselves.
    private func nameItselfAsDebianDoes(_ host: TestHost) throws {
        _ = try host.run("sed -i '1i 127.0.1.1 \(host.name)' /etc/hosts")
    }

    /// Of a coordinator on `one`.
    private let api = Endpoint(host: "10.99.0.11", port: 18080)

    private func serves(_ cluster: SshCluster, _ worker: String) throws {
        let sollol = try cluster.serving()
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        let words = try cluster.instance("worker-1").argv
        #expect(words.contains(worker), "\(words)")
        #expect(try cluster.instance("coordinator").argv.contains("\(worker):50052"))
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(!sollol.lines.contains { $0.contains("attempt") }, "\(sollol.lines)")
    }

    @Test func theCoordinatorsHostKnowsItselfByAnotherAddress() throws {
        let bed = try SshCluster.bed("one")
        try nameItselfAsDebianDoes(bed["one"])
        let cluster = try SshCluster(
            bed, backends: [#"{"host": "one"}"#], api: api, coordinator: #""ssh": "one""#)
        try serves(cluster, "10.99.0.11")
    }

    @Test func theControlMachineKnowsItselfByAnotherAddressThanIsBound() throws {
        let bed = try SshCluster.bed()
        try nameItselfAsDebianDoes(bed.control)
        let cluster = try SshCluster(
            bed, backends: [#"{"host": "control", "bind": "10.99.0.1"}"#])
        try serves(cluster, "10.99.0.1")
    }

    @Test func theControlMachinesWorkerServesACoordinatorElsewhere() throws {
        let bed = try SshCluster.bed("one")
        try nameItselfAsDebianDoes(bed.control)
        let cluster = try SshCluster(
            bed, backends: [#"{"host": "control"}"#], api: api, coordinator: #""ssh": "one""#)
        try serves(cluster, "10.99.0.1")
    }

    @Test func aNameThatLeadsTheCoordinatorToItselfIsSaid() throws {
        let bed = try PreflightBed([HostOptions("one")])
        _ = try bed.bed.control.run("sed -i '1i 127.0.1.1 one' /etc/hosts")
        let path = try bed.configuration([#"{"host": "one", "ssh": "10.99.0.11"}"#])
        let answer = try bed.check(path)
        #expect(answer.status == 69)
        let text =
            "error: worker-1: the name one is 127.0.1.1 on this machine (see /etc/hosts), which "
            + "leads the coordinator on this machine to itself. Give its address in the network as "
            + "`host`."
        #expect(answer.findings.contains(text), "\(answer.findings)")
    }

    /// "Never re-resolves hosts": samhocevar/rinetd 12, letscontrolit/ESPEasy 261.
    @Test func aWorkerThatGotAnotherAddressIsLookedUpAgain() throws {
        let bed = try SshCluster.bed("one", "two")
        let cluster = try SshCluster(
            bed, backends: [#"{"host": "one"}"#, #"{"host": "two"}"#],
            extra: #""timeouts": {"connect": 2, "lease": 3}"#)
        let sollol = try cluster.serving()
        // What is in the same network as the first address goes with it.
        _ = try bed["one"].run(
            "ip addr del 10.99.0.11/24 dev eth0; ip addr add 10.99.0.50/24 dev eth0")
        _ = try bed.control.run("sed -i 's/^10.99.0.11 /10.99.0.50 /' /etc/hosts")
        try sollol.waitFor("worker-1: one is 10.99.0.50 now and was 10.99.0.11")
        try sollol.waitFor("serving again")
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
    }
}
