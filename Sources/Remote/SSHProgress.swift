import Basics

/// How far an ssh client has come, by what it says with `-v` (OpenSSH 7 to 10).
///
/// `-v` on the command line also outdoes a `LogLevel` of `~/.ssh/config`: with QUIET ssh tells
/// neither why it fails nor what a host asks of people, with DEBUG3 it tells far too much.
package struct SSHProgress: Equatable, Sendable {
    /// The steps of a connection, in their order; behind a jump host they come again for each hop.
    package enum Stage: String, Equatable, Sendable {
        /// There is no connection yet.
        case dialling
        /// Connected; what is there has not said that it is an sshd.
        case greeting
        /// Both exchange keys, which takes the first large packets.
        case keyExchange
        /// The host decides whether it lets us in.
        case authentication
        /// It has; what was asked for does not run yet.
        case session
    }

    /// Where it is.
    package private(set) var stage = Stage.dialling
    /// What ssh and the host have said to people since then, the last lines.
    package private(set) var words: [String] = []
    /// Whether what runs there has answered: then it is its lines that come.
    package var isEstablished = false

    /// Nothing was said yet.
    package init() {}

    /// Takes a line of its standard error. Returns it without the CR that ssh ends its lines with,
    /// or nil when it is only for this.
    package mutating func take(_ line: String) -> String? {
        let text = SSHCommand.withoutReturn(line)
        let isOwn = (isEstablished ? Self.lateSigns : Self.signs).contains { text.hasPrefix($0) }
        if isEstablished { return isOwn ? nil : text }
        if let next = Self.stages.first(where: { text.hasPrefix($0.sign) })?.stage {
            (stage, words) = (next, [])
        }
        guard !isOwn else { return nil }
        hear(text)
        return text
    }

    /// Takes what the host says elsewhere than on standard error.
    package mutating func hear(_ text: String) {
        guard !isEstablished, text.contains(where: { !$0.isWhitespace }) else { return }
        words = (words + [String(text.prefix(Bounds.lastWordBytes))]).suffix(Self.wordsKept)
    }

    private static let wordsKept = 6

    private static let stages: [(sign: String, stage: Stage)] = [
        ("debug1: Executing proxy command", .dialling), ("debug1: Connecting to ", .dialling),
        ("debug1: Connection established", .greeting),
        ("debug1: Remote protocol version", .keyExchange),
        ("debug1: SSH2_MSG_NEWKEYS received", .authentication),
        ("Authenticated to ", .session),
    ]

    /// How lines begin that only `-v` brings.
    private static let signs = lateSigns + ["OpenSSH_", "Authenticated to "]
    /// The same while the remote command runs, whose own lines come there, too.
    private static let lateSigns = ["debug1: ", "Transferred: sent ", "Bytes per second: sent "]
}

/// An ssh that has come as far as that, and does not go on.
package struct SSHWait: Equatable, Sendable {
    /// Where it waits.
    package var stage: SSHProgress.Stage
    /// What ssh and the host have said there.
    package var words: [String]

    /// A wait in that stage.
    package init(_ stage: SSHProgress.Stage, words: [String]) {
        self.stage = stage
        self.words = words
    }

    /// Seconds that a person has for what the host asks: a check in a browser, a touch, a push.
    package static let personPatience = 300.0

    /// Whether it may be somebody that it waits for.
    package var isForPerson: Bool { stage == .authentication || stage == .session }

    /// Whether it was said where to go.
    package var namesAddress: Bool { words.contains { $0.contains("://") } }

    /// Seconds without a word after which it is a wait: the first packets of a slow link take some,
    /// and what names an address is for somebody who should have it at once.
    package static func pause(_ progress: SSHProgress) -> Double? {
        switch progress.stage {
        case .dialling: nil
        case .greeting, .keyExchange: 5
        case .authentication, .session:
            SSHWait(progress.stage, words: progress.words).namesAddress ? 1 : 3
        }
    }

    /// Seconds without a word after which an end was for want of an answer.
    package static func quiet(_ progress: SSHProgress) -> Double? {
        progress.stage == .dialling || progress.isEstablished
            ? nil : progress.stage == .authentication ? 3 : 1
    }

    /// What happens, as what follows the name of a process; the host's words in quotes.
    package func message(_ location: RunLocation) -> String {
        let host = TerminalText.name(location.named)
        let text =
            switch stage {
            case .dialling: "ssh to \(host) has no connection yet"
            case .greeting: "ssh to \(host) is connected, and what is there does not say a word"
            case .keyExchange:
                "ssh to \(host) has reached its sshd, and the key exchange does not go on: large "
                    + "packets may be lost on the way (MTU)"
            case .authentication:
                "ssh to \(host) is not let in yet, and waits: somebody may have to confirm it "
                    + "(in a browser, by a touch, by a push)"
            case .session:
                "ssh was let in by \(host), and no shell answers yet: somebody may have to confirm "
                    + "it (in a browser, by a push), or something else reads what is for the "
                    + "shell: `exec` in a startup file there (~/.bashrc), a forced command of the "
                    + "key"
            }
        return text + said
    }

    /// `; it says: '…'`
    var said: String {
        words.isEmpty ? "" : "; it says: \(TerminalText.quote(words.joined(separator: " ")))"
    }
}

extension SSHCommand {
    /// A line of ssh, which ends its lines as a terminal wants them.
    package static func withoutReturn(_ line: String) -> String {
        line.utf8.last == UInt8(ascii: "\r")
            ? String(decoding: line.utf8.dropLast(), as: UTF8.self) : line
    }

    /// The same command line for a client that tells how far it comes.
    package static func telling(_ argv: [String]) -> [String] {
        with(["-v"], in: argv)
    }

    /// The same for a login that a person has to confirm: ssh gives up when it hears nothing for
    /// `ServerAliveInterval` times `ServerAliveCountMax`, while it waits to be let in, too
    /// (measured, OpenSSH 9.2). A cut is then noticed by the guard's silence (rule 2).
    package static func patient(_ argv: [String]) -> [String] {
        let count = Int(SSHWait.personPatience / patientInterval)
        let options = ["-o", "ServerAliveInterval=\(Int(patientInterval))"]
        return with(options + ["-o", "ServerAliveCountMax=\(count)"], in: argv)
    }

    /// Options come behind the client's name, whatever starts it.
    private static func with(_ options: [String], in argv: [String]) -> [String] {
        guard let client = argv.firstIndex(of: "ssh") else { return argv }
        return argv[...client] + options + argv[(client + 1)...]
    }

    private static let patientInterval = 10.0
}
