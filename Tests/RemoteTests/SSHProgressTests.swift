import Testing

@testable import Remote

@Suite struct SSHProgressTests {
    /// As OpenSSH 9.2 prints it with `-v`, without what does not matter, each line with its CR.
    private static let login = """
        OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026
        debug1: Connecting to 127.0.0.1 [127.0.0.1] port 2222.
        debug1: Connection established.
        debug1: Local version string SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10
        debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1
        debug1: SSH2_MSG_KEXINIT sent
        debug1: expecting SSH2_MSG_KEX_ECDH_REPLY
        Warning: Permanently added '[127.0.0.1]:2222' (ED25519) to the list of known hosts.
        debug1: SSH2_MSG_NEWKEYS received
        # Tailscale SSH requires an additional check.
        # To authenticate, visit: https://login.tailscale.com/a/c2e8ee2fe1cf
        debug1: Next authentication method: publickey
        Authenticated to 127.0.0.1 ([127.0.0.1]:2222) using "publickey".
        debug1: Sending command: true
        """.split(separator: "\n").map { String($0) + "\r" }

    private func progress(lines: Int) -> (SSHProgress, [String]) {
        var progress = SSHProgress()
        let words = Self.login.prefix(lines).compactMap { progress.take($0) }
        return (progress, words)
    }

    @Test(arguments: [
        (1, SSHProgress.Stage.dialling), (3, .greeting), (7, .keyExchange), (12, .authentication),
        (14, .session),
    ])
    func everyStepIsKnownByItsLine(lines: Int, stage: SSHProgress.Stage) {
        #expect(progress(lines: lines).0.stage == stage)
    }

    @Test func onlyWhatIsForPeopleIsKeptWithoutCR() {
        let (progress, words) = progress(lines: 12)
        let banner = [
            "# Tailscale SSH requires an additional check.",
            "# To authenticate, visit: https://login.tailscale.com/a/c2e8ee2fe1cf",
        ]
        #expect(progress.words == banner)
        #expect(words.dropFirst() == banner[...])
        #expect(words[0].hasSuffix("known hosts."))
        #expect(SSHWait(progress.stage, words: progress.words).namesAddress)
        #expect(SSHWait.pause(progress) == 1)
    }

    /// Behind a jump host the steps come again.
    @Test func theNextHopBeginsAnew() {
        var (progress, _) = progress(lines: 14)
        _ = progress.take("debug1: Remote protocol version 2.0, remote software version x\r")
        #expect(progress.stage == .keyExchange)
    }

    /// A server may print what it likes.
    @Test func onceItRunsOnlyLinesOfSshAreLeftOut() {
        var (progress, _) = progress(lines: 14)
        progress.isEstablished = true
        #expect(progress.take("Authenticated to the model") == "Authenticated to the model")
        #expect(progress.take("debug1: channel 3: free: direct-tcpip\r") == nil)
        #expect(SSHWait.quiet(progress) == nil)
    }

    @Test func thePatientClientKeepsAllElse() {
        let argv = ["ssh", "-o", "ServerAliveInterval=2", "--", "h", "x"]
        #expect(
            SSHCommand.patient(argv)
                == ["ssh", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=30"]
                + argv.dropFirst())
        #expect(SSHCommand.telling(argv) == ["ssh", "-v"] + argv.dropFirst())
    }
}
