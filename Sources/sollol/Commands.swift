/// The commands and their options: what is parsed is what help shows.
enum Commands {
    struct Command {
        var name: String
        var help: String
        var options: [CommandLineArguments.Option] = []
        /// What may stand after the command; nil: nothing.
        var word: String?
    }

    static let common: [CommandLineArguments.Option] = [
        .init(name: "--config", value: "FILE", help: "the configuration file", short: "-c"),
        .init(name: "--model", value: "FILE|NAME", help: "a GGUF, or a model of Ollama"),
        .init(name: "--rpc", value: "HOST:PORT[,…]", help: "the RPC backends"),
        .init(name: "--host", value: "ADDRESS", help: "where the coordinator listens"),
        .init(name: "--port", value: "PORT", help: "where the coordinator listens"),
        .init(name: "--ctx-size", value: "TOKENS", help: "context over all slots"),
        .init(name: "--name", value: "NAME", help: "the cluster's name"),
        .init(name: "--quiet", help: "say only what went wrong, and that it serves"),
        .init(name: "--verbose", help: "show the servers' lines, too"),
        .init(name: "--help", help: "show this", short: "-h"),
        .init(name: "--version", help: "show the version"),
    ]

    static let all: [Command] = [
        Command(
            name: "up", help: "bring the cluster up and keep it up, in the foreground or detached",
            options: [
                .init(name: "--dry-run", help: "only print what would run"),
                .init(name: "--format", value: "text|json|sh", help: "of the dry run"),
                .init(name: "--detach", help: "leave it running; return when it serves"),
                .init(name: "--plan", value: "ID", help: "refuse any other plan_id"),
                .init(name: "--overcommit", help: "start even what does not fit into memory"),
            ]),
        Command(
            name: "config", help: "the effective configuration, each value with its origin",
            options: [.init(name: "--format", value: "text|json", help: "of the output")]),
        Command(
            name: "check", help: "everything `up` checks before it starts, and nothing else",
            options: [.init(name: "--format", value: "text|json", help: "of the output")]),
        Command(
            name: "plan",
            help: "where every layer will be, and whether it fits; exit status 69 when not",
            options: [
                .init(name: "--format", value: "text|json", help: "of the output"),
                .init(
                    name: "--worker", value: "SIZE",
                    help: "a worker that does not exist, of so much memory (24GiB); repeatable",
                    repeats: true),
            ]),
        Command(
            name: "status", help: "what the cluster does; exit status 3 when it does not serve",
            options: [
                .init(name: "--format", value: "text|json", help: "of the output"),
                .init(name: "--watch", help: "show it until Ctrl-C"),
            ]),
        Command(
            name: "logs", help: "what the servers printed, of one or of all",
            options: [
                .init(name: "--follow", help: "go on with what comes, until Ctrl-C", short: "-f"),
                .init(
                    name: "--lines", value: "N|all", help: "the last lines; default: 100",
                    short: "-n"),
            ], word: "NAME"),
        Command(
            name: "restart", help: "restart a process, or all; returns when the cluster serves",
            options: [
                .init(
                    name: "--timeout", value: "SECONDS",
                    help: "exit with 3 when it does not serve by then")
            ], word: "NAME|all"),
        Command(
            name: "reload",
            help: "take over a changed configuration; returns when the cluster serves with it",
            options: [
                .init(
                    name: "--timeout", value: "SECONDS",
                    help: "exit with 3 when it does not serve by then; it goes on nevertheless")
            ]),
        Command(
            name: "down", help: "stop the cluster; returns when nothing runs any more",
            options: [
                .init(
                    name: "--timeout", value: "SECONDS",
                    help: "end requests in flight after that; default: timeouts.stop")
            ]),
        Command(name: "version", help: "show the version"),
        Command(name: "help", help: "show help of a command"),
    ]

    static func named(_ name: String) -> Command? { all.first { $0.name == name } }

    /// The help of one command, or of all.
    static func help(_ command: Command?) -> String {
        let word = command?.word.map { " [\($0)]" } ?? ""
        var text = "usage: sollol \(command?.name ?? "COMMAND")\(word) [OPTIONS]\n"
        if let command {
            text += "\n\(command.help)\n"
        } else {
            text +=
                "\nDistributed inference with llama.cpp: layer distribution over RPC backends.\n"
            text +=
                "\nCommands:\n"
                + table(all.map { ($0.name, $0.help) })
        }
        let options = (command?.options ?? []) + common
        text +=
            "\nOptions:\n"
            + table(
                options.map { option in
                    let short = option.short.map { "\($0), " } ?? ""
                    return (
                        "\(short)\(option.name)\(option.value.map { " \($0)" } ?? "")", option.help
                    )
                })
        return text
            + "\nThe configuration: --config, else $SOLLOL_CONFIG, else ./sollol.json, else\n"
            + "$XDG_CONFIG_HOME/sollol/sollol.json, else /etc/sollol/sollol.json.\n"
            + "All keys: CONFIGURATION.md\n"
    }

    private static func table(_ rows: [(String, String)]) -> String {
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        return rows.map { name, help in
            "  \(name)\(String(repeating: " ", count: width - name.count))\(help)\n"
        }.joined()
    }
}
