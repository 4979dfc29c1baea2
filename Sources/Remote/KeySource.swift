import Basics

/// From the lines of `ssh -v`: whether we would be let in without an agent.
package enum KeySource {
    private static let sign = "debug1: Server accepts key: "

    /// Whether a line tells of a key.
    package static func isSign(_ line: String) -> Bool { line.hasPrefix(sign) }

    /// The path of the key that was taken from an agent, or nil when no agent was needed.
    ///
    /// `debug1: Server accepts key: /home/a/.ssh/id_ed25519 ED25519 SHA256:… agent` (OpenSSH 8 to
    /// 10; the last word is there for keys of an agent).
    package static func agentKey(_ lines: [String]) -> String? {
        guard let line = lines.last(where: isSign) else { return nil }
        let words = line.dropFirst(sign.count).split(separator: " ")
        guard words.contains(where: { $0 == "agent" || $0 == "agent\r" }) else { return nil }
        return words.first.flatMap { Outside.path(String($0)) }
    }
}
