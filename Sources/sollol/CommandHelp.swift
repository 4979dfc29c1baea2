import Basics
import Configuration

extension Commands {
    /// The help of one command, or of all.
    static func help(_ command: Command?) -> String {
        var text = "usage: sollol \(command?.name ?? "COMMAND")\(command?.words ?? "") [OPTIONS]\n"
        let general = Options.common.filter { ["--help", "--version"].contains($0.name) }
        let options: [CommandLineArguments.Option]
        if let command {
            text += "\n\(command.summary)\n"
            let synonyms = command.synonyms.joined(separator: ", ")
            if !synonyms.isEmpty { text += "Also called: \(synonyms)\n" }
            options = command.options + general
        } else {
            text +=
                "\nDistributed inference with llama.cpp: layer distribution over RPC backends.\n"
            let shown = all.filter { $0.audience == .people }
            text += "\nCommands:\n" + table(shown.map { (names($0), $0.summary) })
            options = Options.common
        }
        text += "\nOptions:\n" + table(options.map { (spelling($0), $0.help) })
        if options.contains(where: { $0.name == Options.config.name }) {
            text +=
                "\nThe configuration: --config, else $SOLLOL_CONFIG, else ./sollol.json, else\n"
                + "$XDG_CONFIG_HOME/sollol/sollol.json, else /etc/sollol/sollol.json.\n"
                + "All keys: CONFIGURATION.md; one: sollol help KEY, such as "
                + "\(ConfigurationKey.coordinator(.port))\n"
        }
        let examples = command?.examples ?? []
        if !examples.isEmpty {
            text += "\nExamples:\n" + table(examples.map { ($0.line, $0.meaning) })
        }
        return text + "\nExit status:\n"
            + table(
                command.map { command in
                    command.exits.sorted { $0.status.rawValue < $1.status.rawValue }
                        .map { ("\($0.status.rawValue)", $0.meaning) }
                } ?? ExitStatus.allCases.map { ("\($0.rawValue)", $0.meaning) })
    }

    /// The help of a key of the configuration.
    static func help(_ key: KeyHelp) -> String {
        let lines = TextWrap.lines(key.meaning, atMost: 78)
        return "\(key.path)\n\n" + table(key.rows) + "\n" + lines.map { $0 + "\n" }.joined()
    }

    private static func names(_ command: Command) -> String {
        ([command.name] + command.synonyms).joined(separator: ", ")
    }

    private static func spelling(_ option: CommandLineArguments.Option) -> String {
        let short = option.short.map { "\($0), " } ?? ""
        return "\(short)\(option.name)\(option.value.map { " \($0)" } ?? "")"
    }

    private static func table(_ rows: [(String, String)]) -> String {
        TextTable.lines(rows.map { [$0.0, $0.1] }, indent: "  ").map { $0 + "\n" }.joined()
    }
}
