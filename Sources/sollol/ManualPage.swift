import Basics

/// The manual page, in the language of mdoc(7), from the table that parses the command line.
enum ManualPage {
    /// What `sollol man` prints.
    static var text: String {
        let commands = Commands.all.filter { $0.audience == .people }
        var lines = [
            ".Dd November 27, 2026", ".Dt SOLLOL 1", ".Os", ".Sh NAME", ".Nm sollol",
            ".Nd distributed inference with llama.cpp by layer distribution over RPC backends",
            ".Sh SYNOPSIS",
        ]
        for command in commands {
            lines += [".Nm", ".Cm \(command.name)"]
            if !command.options.isEmpty { lines.append(".Op Ar options") }
            if let word = command.word {
                lines.append(".Op Ar \(escaped(word))" + (command.takesMore ? " ..." : ""))
            }
        }
        lines += [".Sh DESCRIPTION", ".Nm"]
        lines.append(
            escaped(
                "reads a configuration, translates it to the command lines of llama.cpp's "
                    + "llama-server and rpc-server, prints them, or brings the cluster up and "
                    + "keeps it up: workers over ssh in parallel, then the coordinator."))
        lines += [".Pp", "The commands are:", ".Bl -tag -width Ds"]
        for command in commands { lines += entry(command) }
        lines += [".El", ".Sh OPTIONS", ".Bl -tag -width Ds"]
        for option in Options.common { lines += entry(option) }
        lines += [".El", ".Sh FILES"]
        lines += list([
            (
                "./sollol.json, $XDG_CONFIG_HOME/sollol/sollol.json, /etc/sollol/sollol.json",
                "the configuration, the first that is there; all keys are in CONFIGURATION.md"
            ),
            (
                "$STATE_DIRECTORY, else $XDG_STATE_HOME/sollol/NAME, else "
                    + "~/.local/state/sollol/NAME",
                "history, logs and recorded facts of a cluster"
            ),
        ])
        lines += [".Sh EXIT STATUS"]
        lines += list(ExitStatus.allCases.map { ("\($0.rawValue)", $0.meaning) })
        lines += [".Sh SEE ALSO", "ssh(1), ssh_config(5), systemd.exec(5)"]
        return lines.flatMap(wrapped).joined(separator: "\n") + "\n"
    }

    private static func entry(_ command: Command) -> [String] {
        let names = ([command.name] + command.synonyms).joined(separator: " , ")
        var lines = [".It Cm \(names)", sentence(command.summary)]
        let own = command.options.filter { option in
            !Options.common.contains { $0.name == option.name }
        }
        if !own.isEmpty {
            lines += [".Bl -tag -width Ds"] + own.flatMap(entry) + [".El"]
        }
        return lines
    }

    private static func entry(_ option: CommandLineArguments.Option) -> [String] {
        let spelling = ([option.short, option.name].compactMap(\.self))
            .map { "Fl \(escaped(String($0.dropFirst())))" }.joined(separator: " , ")
        let value = option.value.map { " Ar \(escaped($0))" } ?? ""
        return [".It \(spelling)\(value)", sentence(option.help)]
    }

    private static func list(_ rows: [(String, String)]) -> [String] {
        [".Bl -tag -width Ds"] + rows.flatMap { [".It \(escaped($0.0))", sentence($0.1)] } + [".El"]
    }

    private static func sentence(_ text: String) -> String {
        let first = text.prefix(1).uppercased() + text.dropFirst()
        return escaped(first.hasSuffix(".") ? first : first + ".")
    }

    /// Requests are short, and stay as they are.
    private static func wrapped(_ line: String) -> [String] {
        line.hasPrefix(".") ? [line] : TextWrap.lines(line, atMost: 80)
    }

    /// Text that is no request and no escape (mandoc_char(7)).
    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
            .replacing("…", with: "...")
        return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
    }
}
