import Basics
import Model

/// What a string of the configuration may be. All of them end up in a command line, so what is not
/// known to be harmless is refused.
enum StringRule: Equatable, Sendable {
    /// Where the coordinator listens: a dotted quad or a host name.
    case host
    /// What the coordinator dials: a dotted quad or a host name.
    case backendHost
    /// A dotted quad.
    case address
    /// What one types after `ssh`.
    case sshDestination
    /// `Key=value` for `ssh -o`.
    case sshOption
    /// A program's name or path.
    case binary
    /// A path.
    case path
    /// A path of a GGUF or a model's Ollama name.
    case model
    /// A llama.cpp device name.
    case device
    /// The cluster's name.
    case clusterName
    /// One word of a command line.
    case argument
    /// So much memory: `24GiB`.
    case memorySize
    /// One of these words.
    case oneOf([String])

    /// Why the text is not allowed, with the remedy, or nil.
    func problem(_ text: String) -> String? {
        if text.isEmpty && self != .argument { return "is empty" }
        if text.utf8.count > 4096 { return "is longer than 4096 bytes" }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return "holds a control character; they are not allowed in a command line"
        }
        if self == .model, ModelName.isURL(text) {
            return "is a URL, not a path; download it first, and give the path of the file"
        }
        if URLPassword.isIn(text) {
            return
                "holds a password, which plans, logs and `ps` would show; keep it in the account "
                + "on that host (its environment, ~/.netrc, an ssh key)"
        }
        return problemOfKind(text)
    }

    /// The same, for what only this rule forbids.
    private func problemOfKind(_ text: String) -> String? {
        switch self {
        case .host: return Self.hostProblem(text, why: "a coordinator listens on IPv4")
        case .backendHost:
            return Self.hostProblem(
                text,
                why: "llama.cpp's RPC cannot use it: its client splits host:port at the first colon"
            )
        case .address:
            return AddressRange.isNumericIPv4(text)
                ? nil : "is no numeric IPv4 address, and rpc-server -H takes nothing else"
        case .sshDestination: return Self.sshProblem(text)
        case .sshOption: return SSHOptionRule.problem(text)
        case .binary, .path: return text.beginsWithDash ? Self.isOption : nil
        case .model:
            guard !ModelName.isPath(text) else { return nil }
            do {
                _ = try OllamaModel(text)
                return text.beginsWithDash ? Self.isOption : nil
            } catch {
                return "is neither a path (ends in .gguf, or begins with / ./ ../ or ~/) nor a "
                    + "name of Ollama ([HOST/][USER/]NAME[:TAG])"
            }
        case .device:
            let isName = text.unicodeScalars.allSatisfy {
                Self.isNameLetter($0) || $0 == ":" || $0 == "[" || $0 == "]"
            }
            return isName && !text.beginsWithDash
                ? nil : "is no device name ([A-Za-z0-9_.:-]); one entry for each device"
        case .clusterName:
            let isName = text.unicodeScalars.allSatisfy(Self.isNameLetter) && text.count <= 64
            return isName && text != "." && text != ".."
                ? nil : "is no name of 1 to 64 of the characters A-Z a-z 0-9 . _ -"
        case .argument: return nil
        case .memorySize:
            return MemorySize.bytes(text) != nil
                ? nil : "is no size of memory such as \"24GiB\" or \"512MiB\""
        case .oneOf(let words):
            return words.contains(text)
                ? nil : "is not one of \(words.map { "\"\($0)\"" }.joined(separator: ", "))"
        }
    }

    private static let isOption = "begins with '-', which would make it an option"

    private static func isNameLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }

    private static func hostProblem(_ text: String, why: String) -> String? {
        if text.contains("://") { return "is a URL; write the host alone" }
        if text.contains(",") { return "holds a comma; write one element for each backend" }
        let colons = text.unicodeScalars.filter { $0 == ":" }.count
        let isHex = text.unicodeScalars.allSatisfy { $0.properties.isASCIIHexDigit || $0 == ":" }
        if text.hasPrefix("[") || colons > 1 && isHex {
            return "is IPv6; \(why). Use an IPv4 address or a name"
        }
        if colons == 1 { return "holds a port, which has a key of its own: port" }
        let isNumeric = text.unicodeScalars.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
        if isNumeric {
            return AddressRange.isNumericIPv4(text)
                ? nil : "is no IPv4 address (four numbers to 255)"
        }
        guard text.utf8.count <= 253, !text.beginsWithDash, !text.hasPrefix("."),
            text.unicodeScalars.allSatisfy(isNameLetter)
        else { return "is neither an IPv4 address nor a host name ([A-Za-z0-9._-])" }
        return nil
    }

    private static func sshProblem(_ text: String) -> String? {
        if text.beginsWithDash { return "begins with '-', which ssh would take for an option" }
        let isHarmless = text.unicodeScalars.allSatisfy {
            isNameLetter($0) || "@:/%+".unicodeScalars.contains($0)
        }
        guard isHarmless, !text.hasSuffix("@"), !text.hasPrefix("@") else {
            return "is not what one types after ssh (an alias, [user@]host, ssh://[user@]host:port)"
        }
        if text.contains("@-") || text.contains("//-") { return "has a host that begins with '-'" }
        let colons = text.unicodeScalars.filter { $0 == ":" }.count
        if !text.hasPrefix("ssh://"), colons == 1 || text.contains("/") {
            return "holds a port or path, which ssh would take for a part of the name; write "
                + "ssh://[user@]host:port, or set ssh_options to [\"Port=…\"]"
        }
        return nil
    }
}

/// Which text of `model` is a path.
enum ModelName {
    static func isURL(_ text: String) -> Bool {
        text.prefix { $0 != "/" }.hasSuffix(":") && text.contains("://")
    }

    static func isPath(_ text: String) -> Bool {
        text.hasSuffix(".gguf") && !text.beginsWithDash
            || ["/", "./", "../", "~/"].contains { text.hasPrefix($0) }
    }
}

/// Which `ssh -o` options a configuration may set.
enum SSHOptionRule {
    /// Options that run a program here, break the leash, or weaken what ssh checks, with the
    /// reason.
    private static let refused: [String: String] = {
        let program = "runs a program on this machine; put it in ~/.ssh/config"
        let leash = "would break the leash that ends the server when sollol goes; remove it"
        let forward = "makes a second connection to the host fail; remove it"
        let check = "weakens what ssh checks; accept the host key once by hand instead"
        var all: [String: String] = [:]
        for name in [
            "proxycommand", "localcommand", "permitlocalcommand", "knownhostscommand",
            "pkcs11provider", "securitykeyprovider", "xauthlocation", "match", "include",
        ] { all[name] = program }
        for name in [
            "remotecommand", "requesttty", "stdinnull", "forkafterauthentication", "controlmaster",
            "controlpath", "controlpersist", "batchmode", "sessiontype",
        ] { all[name] = leash }
        for name in [
            "localforward", "remoteforward", "dynamicforward", "gatewayports", "tunnel",
            "clearallforwardings", "exitonforwardfailure",
        ] { all[name] = forward }
        for name in ["stricthostkeychecking", "userknownhostsfile", "globalknownhostsfile"] {
            all[name] = check
        }
        return all
    }()

    static func problem(_ text: String) -> String? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty,
            parts[0].unicodeScalars.allSatisfy({
                $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0)
            })
        else { return "is not of the form Key=value" }
        return refused[parts[0].lowercased()].map { "sets \(parts[0]), which \($0)" }
    }
}
