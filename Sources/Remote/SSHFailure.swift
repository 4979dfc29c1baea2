import Basics

/// Why an ssh connection did not come about or ended, in ssh's own words (OpenSSH 7 to 10).
package struct SSHFailure: Equatable, Sendable {
    /// The class of a failure.
    package enum Kind: String, Equatable, Sendable, CaseIterable {
        /// Nobody listens on that port of the host.
        case refused
        /// The host does not answer.
        case timedOut
        /// The name has no address.
        case unknownHost
        /// No way to the host, or a firewall that says so.
        case noRoute
        /// The host's key was never accepted on this machine.
        case hostKeyUnknown
        /// The host has another key than the one that was accepted.
        case hostKeyChanged
        /// The host takes none of the keys that ssh offered.
        case keyRefused
        /// ssh offered more keys than the host lets one try.
        case tooManyKeys
        /// A key file that others may read, which ssh does not use.
        case keyExposed
        /// Somebody had to let us in, and nobody did in time.
        case personAwaited
        /// Client and sshd cannot finish to exchange keys.
        case keyExchange
        /// sshd turned the connection away before authentication: too many at once, or a penalty.
        case turnedAway
        /// Client and host have no algorithm in common.
        case noAlgorithm
        /// An option or `~/.ssh/config` is wrong.
        case configuration
        /// The jump host could not be passed.
        case jump
        /// There is no ssh client.
        case noClient
        /// A connection that stood ended.
        case lost
        /// Something else.
        case other
    }

    /// The class.
    package var kind: Kind
    /// What ssh said about it, one line.
    package var words: String
    /// What the host has said to the person that it awaited, behind those words.
    private var asked = ""

    /// A failure of that class.
    init(kind: Kind, words: String) {
        self.kind = kind
        self.words = words
    }

    /// The words as part of a sentence, as what they are: somebody else's.
    package var quoted: String { TerminalText.quote(words) + asked }

    /// Whether the host was reached but did not let us in: never to be tried again in a loop, since
    /// sshd penalizes it.
    package var isAuthentication: Bool {
        switch kind {
        case .hostKeyUnknown, .hostKeyChanged, .keyRefused, .tooManyKeys, .keyExposed,
            .personAwaited:
            true
        default: false
        }
    }

    /// Whether another attempt can only fail again until somebody changes something.
    package var isPermanent: Bool {
        switch kind {
        case .configuration, .noClient, .noAlgorithm: true
        default: isAuthentication
        }
    }

    /// What ssh's last words and its status mean, or nil when it did not fail by itself.
    ///
    /// - Parameters:
    ///   - words: lines of its standard error, in order, perhaps with those of the remote command.
    ///   - status: 255 is ssh's own failure, 127 a missing client; anything else is the remote
    ///     command's, and nil is unknown.
    ///   - wait: where it waited when it ended.
    package init?(words: [String], status: Int?, wait: SSHWait? = nil) {
        guard status == 255 || status == 127 || status == nil else { return nil }
        let last = words.map(Self.trimmed).last { !$0.isEmpty }
        let end = SSHFailure(kind: .other, words: last ?? "it said nothing")
        let isKnown = status == 255 || wait != nil
        guard let found = SSHFailure(signsIn: words) ?? (isKnown ? end : nil) else { return nil }
        self = found
        if let wait { explain(by: wait) }
    }

    /// Where it waited is the cause of what only tells of an end.
    private mutating func explain(by wait: SSHWait) {
        switch (kind, wait.stage) {
        case (.lost, .keyExchange), (.timedOut, .keyExchange), (.other, .keyExchange):
            kind = .keyExchange
        case (.lost, .authentication), (.timedOut, .authentication), (.other, .authentication):
            kind = .personAwaited
            asked = wait.said
        default: break
        }
    }

    private init?(signsIn words: [String]) {
        for (kind, signs) in Self.signs {
            // The sign that says most comes first.
            for sign in signs {
                guard let line = words.last(where: { Self.says($0, sign) }) else { continue }
                self.kind = kind
                self.words = Self.trimmed(line)
                if kind == .jump { findJumpCause(words) }
                return
            }
        }
        return nil
    }

    /// What the client that went to the jump host said is the cause; where it said nothing, one of
    /// the two sshds has turned us away before any key was asked for.
    private mutating func findJumpCause(_ words: [String]) {
        if let cause = words.first(where: {
            $0.hasPrefix("ssh: ") || $0.contains(": open failed: ")
        }) {
            self.words = Self.trimmed(cause)
        } else if let away = words.first(where: { $0.hasPrefix("kex_exchange_identification") }) {
            kind = .turnedAway
            self.words = Self.trimmed(away)
        }
    }

    private static func trimmed(_ line: String) -> String {
        let text = line.drop { $0 == " " || $0 == "\r" }.prefix { $0 != "\r" && $0 != "\n" }
        return String(text.hasSuffix(".") ? text.dropLast() : text)
    }

    /// Whether a line holds a sign; `…` in it stands for anything.
    private static func says(_ line: String, _ sign: String) -> Bool {
        let parts = sign.split(separator: "…")
        guard parts.count == 2 else { return line.contains(sign) }
        return line.hasPrefix(parts[0]) && line.contains(parts[1])
    }

    /// What it prints, by class; the class that explains the others comes first: a changed host key
    /// also ends in "verification failed", an exposed key in "Permission denied". What a server
    /// there may print as well is taken only from a line that begins as ssh's do.
    private static let signs: [(Kind, [String])] = [
        (.noClient, ["ssh: not found", "ssh: command not found", "ssh: No such file"]),
        (
            .configuration,
            [
                "Bad configuration option", "Bad owner or permissions on", "unsupported option",
                "Can't open user config file", "terminating, ", "command-line line 0",
                "percent_expand", "Bad port '",
            ]
        ),
        (.hostKeyChanged, ["has changed and you have", "REMOTE HOST IDENTIFICATION HAS CHANGED"]),
        (.hostKeyUnknown, ["host key is known for", "Host key verification failed"]),
        (.tooManyKeys, ["Too many authentication failures"]),
        (.keyExposed, ["Permissions …are too open", "UNPROTECTED PRIVATE KEY FILE"]),
        (.keyRefused, ["Permission denied (", "No more authentication methods"]),
        (.noAlgorithm, ["Unable to negotiate"]),
        (.unknownHost, ["Could not resolve hostname"]),
        (.jump, ["stdio forwarding failed", "UNKNOWN port 65535"]),
        (.refused, ["ssh: connect…Connection refused"]),
        (
            .noRoute,
            [
                "ssh: connect…No route to host", "ssh: connect…Network is unreachable",
                "ssh: connect…Host is down",
            ]
        ),
        (.timedOut, ["ssh: connect…timed out", "timed out during banner exchange"]),
        (
            .turnedAway,
            [
                "Not allowed at this time", "Exceeded MaxStartups", "kex_exchange_identification",
                "ssh_exchange_identification",
            ]
        ),
        (
            .lost,
            [
                "Connection closed by ", "Connection reset by ", "Connection to …closed",
                "client_loop: ", "Timeout, server ", "Received disconnect", "Read from remote host",
            ]
        ),
    ]
}

extension SSHFailure {
    /// What happened and what to do, as one sentence or two after the name of a process.
    package func message(_ location: RunLocation) -> String { complaint(location).text }

    /// The same, both apart.
    package func complaint(_ location: RunLocation) -> Complaint {
        let command = SSHCommand.byHand(location)
        return Complaint("\(command) fails: \(quoted)", remedy: remedy(command, location))
    }

    private func remedy(_ command: String, _ location: RunLocation) -> String {
        let look = "Try by hand: \(command)"
        return switch kind {
        case .refused:
            "No sshd listens on that port: start it there, or give the port with "
                + "\"ssh_options\": [\"Port=…\"]. \(look)"
        case .timedOut, .noRoute:
            "Is it switched on, in this network, and not behind a firewall? \(look)"
        case .unknownHost:
            "Give an address, or the name of an entry of ~/.ssh/config, as the key `ssh`. \(look)"
        case .hostKeyUnknown:
            "Accept its key once, comparing the fingerprint: \(command)"
        case .hostKeyChanged:
            "Was it installed anew? Otherwise somebody may be in between. If its key may be "
                + "replaced (of an alias, with the name and the file of ~/.ssh/config): ssh-keygen "
                + "-R \(ShellQuoting.quote(location.knownHostsName)), then: \(command)"
        case .keyRefused:
            "It takes none of the keys that ssh has without asking (a passphrase needs an agent: "
                + "ssh-add). Install one: ssh-copy-id \(ShellQuoting.join(words(of: location)))"
        case .tooManyKeys:
            "The agent holds too many keys: name the one in ~/.ssh/config with IdentityFile and "
                + "IdentitiesOnly yes. \(look)"
        case .personAwaited:
            "Somebody has to confirm this login (in a browser, by a touch, by a push), and nobody "
                + "did in time. \(look)"
        case .keyExchange:
            "Its sshd answers, but large packets do not get through: a VPN, a tunnel or a switch "
                + "on the way takes smaller ones than both ends believe. Lower the MTU (ip link "
                + "set dev DEVICE mtu 1280), or make the exchange small: \"ssh_options\": "
                + "[\"KexAlgorithms=curve25519-sha256\"]. \(look)"
        case .keyExposed:
            "Make the key file that it names private, with chmod 600. \(look)"
        case .turnedAway:
            "sshd there turned it away before any key was asked for: too many connections at once "
                + "(MaxStartups) or a penalty for earlier failures (PerSourcePenalties), which "
                + "passes. \(look)"
        case .noAlgorithm: "Client and server are too far apart in age. \(look)"
        case .configuration: "Correct `ssh_options` or ~/.ssh/config. \(look)"
        case .jump: "The way there leads over a jump host of ~/.ssh/config. \(look)"
        case .noClient: "Install the OpenSSH client on this machine."
        case .lost, .other: look
        }
    }

    private func words(of location: RunLocation) -> [String] {
        guard case .ssh(let destination, let options) = location else { return [] }
        return options.flatMap { ["-o", $0] } + [destination]
    }
}

extension RunLocation {
    /// By what known_hosts has it (sshd(8)), as far as `~/.ssh/config` says nothing else.
    ///
    /// Made here and not taken from the command that ssh prints: ssh's words come from the way
    /// there, a jump host's banner among them.
    var knownHostsName: String {
        guard case .ssh(let destination, let options) = self else { return "" }
        func option(_ name: String) -> String? {
            let prefix = name.lowercased() + "="
            return options.first { $0.lowercased().hasPrefix(prefix) }
                .map { String($0.dropFirst(prefix.count)) }
        }
        if let alias = option("HostKeyAlias") { return alias }
        let host = destination.split(separator: "@").last.map(String.init) ?? destination
        // Only an address of that form has a port; it counts before the option's (ssh(1)).
        let parts =
            destination.hasPrefix("ssh://")
            ? host.replacing("ssh://", with: "").split(separator: ":").map(String.init) : [host]
        let name = option("HostName") ?? parts.first ?? host
        let port = parts.dropFirst().first ?? option("Port") ?? "22"
        return port == "22" ? name : "[\(name)]:\(port)"
    }
}

extension SSHCommand {
    /// What one types to see for oneself whether ssh gets there: `ssh -o Port=2222 gpu-3 true`.
    package static func byHand(_ location: RunLocation, _ command: String = "true") -> String {
        guard let words = location.sshWords else { return command }
        return "\(ShellQuoting.join(words)) \(command)"
    }
}
