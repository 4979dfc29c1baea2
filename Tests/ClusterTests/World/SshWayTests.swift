import Foundation
import Testing

/// Ways to a host that let small packets pass and lose large ones, and jump hosts that take only a
/// few connections at a time.
@Suite(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct SshWayTests {
    /// "Hangs at expecting SSH2_MSG_KEX_ECDH_REPLY": microsoft/WSL 9110, zerotier/ZeroTierOne 2505,
    /// burghardt/easy-wg-quick 56.
    @Test func aKeyExchangeThatHangsIsToldAsThat() throws {
        let bed = try PreflightBed([HostOptions("one")])
        try bed.bed["one"].losePackets(largerThan: 700)
        let path = try bed.configuration(
            [#"{"host": "one", "transport": "ssh"}"#],
            extra: #""timeouts": {"connect": 2, "lease": 3}"#)
        let answer = try bed.check(path)
        #expect(answer.status == 69)
        let finding = answer.findings.first ?? ""
        #expect(finding.hasPrefix("error: worker-1: ssh one true fails: 'Connection to "))
        #expect(
            finding.contains(
                "Its sshd answers, but large packets do not get through: a VPN, a tunnel or a "
                    + "switch on the way takes smaller ones than both ends believe. Lower the MTU"),
            "\(answer.findings)")
    }

    /// ansible/ansible 24594, kubernetes-sigs/kubespray 7438: "kex_exchange_identification:
    /// Connection closed by remote host" as soon as more than a few go through one bastion.
    @Test func eightHostsBehindAJumpHostThatTakesTwoAtATime() throws {
        let names = (1...8).map { "behind\($0)" }
        let bed = try PreflightBed(
            [
                HostOptions("jump").with {
                    $0.networks = [.front, .back]
                    $0.sshdLines = ["MaxStartups 2:50:4"]
                }
            ]
                + names.map { name in
                    HostOptions(name).with {
                        $0.networks = [.back]
                        $0.jumpHost = "jump"
                        $0.binaries = .nowhere
                    }
                })
        let path = try bed.configuration(
            names.map { "{\"host\": \"\($0)\", \"transport\": \"ssh\"}" })
        let answer = try bed.check(path)
        // All were reached, and all say the same.
        let all = names.joined(separator: ", ")
        #expect(
            answer.findings.first?.contains(
                "no rpc-server, ggml-rpc-server or llama-rpc-server on \(all);") == true,
            "\(answer.findings)")
        // Some were turned away, or this shows nothing.
        let dropped = try bed.bed["jump"].run("grep -c 'past MaxStartups' /var/log/sshd.log")
        #expect(dropped.output != "0\n")
    }
}
