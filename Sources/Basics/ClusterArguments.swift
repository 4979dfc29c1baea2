/// How a cluster is named on the command line, for whoever is told what to type next.
///
/// What the rooms say names commands without it (`sollol logs worker-1`), since one cluster has as
/// many names as people have ways to it; whoever shows it adds the names that its reader has used.
package struct ClusterArguments: Equatable, Sendable {
    /// As it was typed, and nil where it was not.
    package var configuration: String?
    /// The same.
    package var name: String?

    /// Nothing names it, unless something is said.
    package init(configuration: String? = nil, name: String? = nil) {
        self.configuration = configuration
        self.name = name
    }

    /// `sollol down -c home.json`, of `down`.
    package func command(_ command: String) -> String { "sollol \(command)\(suffix(of: command))" }

    /// The text with what is missing in each command that it says to type: in backquotes, in
    /// brackets, or after a colon.
    package func completed(_ text: String) -> String {
        guard self != ClusterArguments() else { return text }
        return text.replacing(/([`(]|: )sollol ([a-z]+)\b(?! -c | --name )/) { match in
            "\(match.1)\(command(String(match.2)))"
        }
    }

    private func suffix(of command: String) -> String {
        let file = configuration.map { " -c \(ShellQuoting.quote($0))" } ?? ""
        let name = name.map { " --name \(ShellQuoting.quote($0))" } ?? ""
        return switch command {
        case "down", "history", "logs", "reload", "restart", "status": name.isEmpty ? file : name
        case "check", "measure", "plan", "shard", "up": file + name
        default: ""
        }
    }
}
