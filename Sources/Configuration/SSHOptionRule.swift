import Basics

/// Which `ssh -o` options a configuration may set: those that say how a host is reached, and none
/// that runs a program, loads a library, gives something away, weakens a check, hides what ssh
/// says, or changes the connection that is the leash.
enum SSHOptionRule {
    /// As ssh_config(5) spells them; letters count in any case there.
    static let allowed = [
        "Port", "User", "HostName", "HostKeyAlias", "IdentityFile", "IdentitiesOnly",
        "IdentityAgent", "CertificateFile", "ProxyJump", "AddressFamily", "BindAddress",
        "BindInterface", "Ciphers", "MACs", "KexAlgorithms", "HostKeyAlgorithms",
        "PubkeyAcceptedAlgorithms", "PreferredAuthentications", "Compression", "IPQoS",
        "RekeyLimit", "ConnectTimeout",
    ]

    static func problem(_ text: String) -> String? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
            parts[0].unicodeScalars.allSatisfy({
                $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0)
            })
        else { return "is not of the form Key=value" }
        let name = String(parts[0])
        guard let option = allowed.first(where: { $0.lowercased() == name.lowercased() }) else {
            if let near = NearestName.of(name, in: allowed) {
                return "sets \(name), which is not allowed; did you mean \(near)?"
            }
            return "sets \(name), which a configuration may not; put it into ~/.ssh/config if you "
                + "must. Allowed are \(allowed.joined(separator: ", "))"
        }
        return problem(of: String(parts[1]), for: option).map { "has a value that \($0)" }
    }

    private static func problem(of value: String, for option: String) -> String? {
        switch option {
        case "HostName", "BindAddress": return hostProblem(value)
        case "User", "HostKeyAlias": return userProblem(value)
        case "ProxyJump": return jumpProblem(value)
        case "Port":
            return portProblem(value)
        default: return nil
        }
    }

    private static func portProblem(_ value: String) -> String? {
        let isPort = value.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(value) ?? 0 > 0
        return isPort ? nil : "is no port (1 to 65535)"
    }

    private static func userProblem(_ value: String) -> String? {
        let isName = value.unicodeScalars.allSatisfy(StringRule.isNameLetter)
        return isName && !value.beginsWithDash ? nil : "is no name ([A-Za-z0-9._-])"
    }

    /// Where ssh goes may be IPv6 too.
    private static func hostProblem(_ value: String) -> String? {
        let isIPv6 =
            value.contains(":")
            && value.unicodeScalars.allSatisfy { $0.properties.isASCIIHexDigit || $0 == ":" }
        return isIPv6 ? nil : StringRule.hostProblem(value, why: "ssh takes it without brackets")
    }

    /// `[user@]host[:port][,…]`: ssh makes a command line of it, which a shell reads.
    private static func jumpProblem(_ value: String) -> String? {
        for hop in value.split(separator: ",", omittingEmptySubsequences: false) {
            let rest = hop.hasPrefix("ssh://") ? hop.dropFirst("ssh://".count) : hop
            let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
            let address = (parts.last ?? "").split(
                separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, address.count <= 2, !address[0].isEmpty,
                parts.count == 1 || !parts[0].isEmpty
            else { return "is not [user@]host[:port][,…]" }
            let problem =
                hostProblem(String(address[0]))
                ?? (parts.count == 2 ? userProblem(String(parts[0])) : nil)
                ?? (address.count == 2 ? portProblem(String(address[1])) : nil)
            if let problem { return problem }
        }
        return nil
    }
}
