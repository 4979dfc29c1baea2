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
    /// A path of a GGUF, a model's Ollama name, or an address.
    case model
    /// A llama.cpp device name.
    case device
    /// Origins of web pages, separated by commas.
    case origins
    /// The cluster's name.
    case clusterName
    /// A worker's name.
    case workerName
    /// What a shell runs.
    case command
    /// One word of a command line.
    case argument
    /// So much memory: `24GiB`.
    case memorySize
    /// Numeric IPv4 to listen on, or `localhost`.
    case listeningAddress
    /// A name under which a browser may have come here.
    case hostName
    /// A user of this machine, or `*`.
    case userName
    /// One of these words.
    case oneOf([String])

    static let mostBytes = 4096

    /// Why the text is not allowed, with the remedy, or nil.
    func problem(_ text: String) -> String? {
        if text.isEmpty && self != .argument { return "is empty" }
        if text.utf8.count > Self.mostBytes { return "is longer than \(Self.mostBytes) bytes" }
        if let scalar = text.unicodeScalars.first(where: TerminalText.isDeceptive) {
            return "holds U+\(String(scalar.value, radix: 16, uppercase: true)), a character that "
                + "steers a terminal or does not show itself: what is read would not be what runs. "
                + "Take it out"
        }
        if self == .model, SourceAddress.isMeant(text), let problem = Self.addressProblem(text) {
            return problem
        }
        if isForPath, text.hasPrefix("$") || text.hasPrefix("%") {
            return "begins with a variable, which nothing replaces here; write the whole path, or "
                + "~/ for the home folder"
        }
        if holdsSecret(text) {
            return
                "holds a \(URLPassword.isIn(text) ? "password" : "secret"), which plans, logs and "
                + "`ps` would show; keep it in the account on that host (its environment, "
                + "~/.netrc, an ssh key)"
        }
        return problemOfKind(text)
    }

    /// Plans, logs and manifests show it, so it must not be a secret, as what follows `?` often is.
    private static func addressProblem(_ text: String) -> String? {
        do throws(SourceAddress.Problem) {
            let address = try SourceAddress(text)
            return address.text == address.shown
                ? nil
                : "is an address with a query, which may be a secret, and everybody sees this key. "
                    + "Leave out what follows `?` or `#`; or name the model otherwise, and run "
                    + "sollol shard --from - with the address on its standard input"
        } catch {
            return "is no address of a model: \(error.message)"
        }
    }

    /// Whether it names a file.
    private var isForPath: Bool { self == .model || self == .path || self == .binary }

    /// The text for a message, unless nobody may read it.
    func shown(_ text: String) -> String {
        if self == .model, SourceAddress.isMeant(text) {
            return printable(SourceAddress.withoutSecrets(text))
        }
        return holdsSecret(text) && !URLPassword.isIn(text) ? "\"***\"" : printable(text)
    }

    private func holdsSecret(_ text: String) -> Bool {
        let isAssigned =
            (self == .argument || self == .command) && !text.beginsWithDash
            && Secret.isAssigned(in: text)
        return isAssigned || Secret.isIn(text)
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
            guard !ModelName.isPath(text), !SourceAddress.isMeant(text) else { return nil }
            do {
                _ = try OllamaModel(text)
                return text.beginsWithDash ? Self.isOption : nil
            } catch {
                return "is neither a path (ends in .gguf, or begins with / ./ ../ or ~/), nor a "
                    + "name of Ollama ([HOST/][USER/]NAME[:TAG]), nor an address (https://…)"
            }
        case .device:
            let isName = text.unicodeScalars.allSatisfy {
                Self.isNameLetter($0) || $0 == ":" || $0 == "[" || $0 == "]"
            }
            return isName && !text.beginsWithDash
                ? nil : "is no device name ([A-Za-z0-9_.:-]); one entry for each device"
        case .origins:
            let isHarmless = text.unicodeScalars.allSatisfy {
                Self.isNameLetter($0) || ",:/*".unicodeScalars.contains($0)
            }
            return isHarmless && !text.beginsWithDash
                ? nil : "is not localhost, *, or scheme://host[:port] (several with commas)"
        case .clusterName:
            return Self.isName(text, atMost: 64) && text != "." && text != ".."
                ? nil : "is no name of 1 to 64 of the characters A-Z a-z 0-9 . _ -"
        case .workerName:
            return Self.isName(text, atMost: 64) && !text.beginsWithDash && !text.hasPrefix(".")
                ? nil
                : "is no name of 1 to 64 of the characters A-Z a-z 0-9 . _ - that begins with "
                    + "neither . nor -"
        case .argument, .command: return nil
        case .memorySize:
            return MemorySize.bytes(text) != nil
                ? nil
                : "is no size of memory: a number with a unit, such as \"24GiB\" or \"512MiB\""
        case .listeningAddress:
            return AddressRange.isNumericIPv4(text) || text == "localhost" ? nil : Self.isNoAddress
        case .hostName:
            return Self.isName(text, atMost: 253) && AddressRange.isName(text)
                ? nil : "is no name of a host; addresses need not be named"
        case .userName:
            let isName = Self.isName(text, atMost: 32) && !text.beginsWithDash
            return isName || text == DashboardSpec.everybody
                ? nil : "is no name of a user, nor \"*\", which is everybody"
        case .oneOf(let words):
            return words.contains(text)
                ? nil : "is not one of \(words.map { "\"\($0)\"" }.joined(separator: ", "))"
        }
    }

    static let isNoAddress = "is no IPv4 address (four numbers to 255, without leading zeros)"

    private static let isOption = "begins with '-', which would make it an option"

    private static func isName(_ text: String, atMost most: Int) -> Bool {
        text.unicodeScalars.allSatisfy(isNameLetter) && text.count <= most
    }

    static func isNameLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }

    static func hostProblem(_ text: String, why: String) -> String? {
        if text.contains("://") { return "is a URL; write the host alone" }
        if text.contains(",") { return "holds a comma; write one element for each backend" }
        let colons = text.unicodeScalars.filter { $0 == ":" }.count
        let isHex = text.unicodeScalars.allSatisfy { $0.properties.isASCIIHexDigit || $0 == ":" }
        if text.hasPrefix("[") || colons > 1 && isHex {
            return "is IPv6; \(why). Use an IPv4 address or a name"
        }
        if colons == 1 { return "holds a port, which has a key of its own: port" }
        if AddressRange.isNumberLike(text) {
            return AddressRange.isNumericIPv4(text) ? nil : Self.isNoAddress
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
        let host = text.split(separator: "@").last.map {
            $0.hasPrefix("ssh://") ? $0.dropFirst(6) : $0
        }
        if let host = host?.prefix(while: { $0 != ":" && $0 != "/" }).description,
            AddressRange.isNumberLike(host), !AddressRange.isNumericIPv4(host)
        {
            return "has a host that \(isNoAddress)"
        }
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
    static func isPath(_ text: String) -> Bool {
        text.hasSuffix(".gguf") && !text.beginsWithDash
            || ["/", "./", "../", "~/"].contains { text.hasPrefix($0) }
    }
}
