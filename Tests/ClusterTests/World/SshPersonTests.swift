import Foundation
import Testing

/// A host that lets ssh in only when a person has confirmed it, and says where: Tailscale's check
/// (tailscale/tailscale 7589 and 5708, xpipe-io/xpipe 513, herdrdev/herdr 3606), here a real sshd
/// with that banner and a command for keys that waits for the person.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct SshPersonTests {
    private static let address = "https://login.tailscale.com/a/c2e8ee2fe1cf"

    private static func bed() throws -> TestBed {
        let options = HostOptions("one").with {
            $0.sshdLines = [
                "Banner /etc/banner", "AuthorizedKeysFile none",
                "AuthorizedKeysCommand /usr/local/bin/confirmed", "AuthorizedKeysCommandUser root",
            ]
        }
        let bed = try TestBed([options], keeping: [TestEnvironment.smallModel()])
        let one = bed["one"]
        try HostDisk.write(
            "# Tailscale SSH requires an additional check.\n"
                + "# To authenticate, visit: \(address)\n",
            to: one.path("/etc/banner"))
        try HostDisk.write(
            """
            #!/bin/sh
            until [ -e /run/confirmed ]; do sleep 0.1; done
            cat /home/root/.ssh/authorized_keys

            """, to: one.path("/usr/local/bin/confirmed"), mode: 0o755)
        return bed
    }

    /// Whatever the user's own file says of ssh's words (`LogLevel`).
    @Test(arguments: ["QUIET", "DEBUG3"])
    func upTellsTheAddressAtOnceAndGoesOnWhenItIsConfirmed(level: String) throws {
        let bed = try Self.bed()
        let one = bed["one"]
        try HostDisk.write(
            "LogLevel \(level)\n", to: bed.control.path("/home/root/.ssh/config"), mode: 0o600)
        let cluster = try SshCluster(bed, backends: [SshClusterTests.backend("one", "direct")])
        func confirm() throws { #expect(try one.run("touch /run/confirmed").status == 0) }
        let sollol = try cluster.sollol("up")
        let line = try sollol.waitFor(Self.address)
        #expect(line.contains("worker-1: ssh to one is not let in yet"), "\(line)")
        #expect(!line.contains("\u{FFFD}"))
        try confirm()
        try sollol.waitFor("serving at")
        // The login that told the address is the one that went on, and the worker took it.
        #expect(try one.run("grep -c 'Accepted publickey' /var/log/sshd.log").output == "1\n")
        // Later the host asks again.
        #expect(try one.run("rm /run/confirmed").status == 0)
        try #require(cluster.sshClients().first).signal(SIGKILL)
        try sollol.waitFor(Self.address)
        let status = try cluster.sollol("status")
        #expect(status.standardOutput().contains(Self.address))
        try confirm()
        try sollol.waitFor("serving again")
        let history = "/home/root/.local/state/sollol/test/events.jsonl"
        let told = try bed.control.run("grep -c 'is not let in yet.*\(Self.address)' \(history)")
        #expect(told.output == "2\n")
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }
}
