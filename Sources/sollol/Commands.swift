import Basics
import Configuration
import SollolRuntime

/// The table of commands: what is parsed, shown in help and run.
enum Commands {
    private typealias Exit = Command.Exit

    /// How whatever command can end.
    private static let always = [
        Exit(.usage, "wrong usage of the command line, a bad value of an option included"),
        Exit(.software, "a bug in sollol"),
    ]
    private static let unprinted = Exit(.unavailable, "the answer could not be printed")
    private static let misconfigured = Exit(
        .configuration, "the configuration is missing or wrong")
    /// What the commands for a running cluster say of options that configure one.
    private static let byName = "the cluster is found by its name"
    private static let serves = Exit(.success, "the cluster serves")
    private static let failed = Exit(
        .unavailable,
        "it was refused, the cluster does not run or is being ended, or --timeout ran out")
    private static let notTaken = Exit(
        .unavailable,
        "it was refused or taken back, the cluster does not run or is being ended, or --timeout "
            + "ran out")
    private static let unusable = Exit(.cannotCreate, "the state directory cannot be used")

    /// Every command.
    static let all: [Command] =
        [
            up, config, check, plan, measure, shard, status, list, history, logs, restart, reload,
            down, completion, man, schema, version, help, complete, reloadLook,
        ] + later

    /// The command of that name, or with that synonym.
    static func named(_ name: String) -> Command? {
        all.first { $0.name == name || $0.synonyms.contains(name) }
    }

    private static let up = Command(
        name: "up", synonyms: ["start"],
        summary: "bring the cluster up and keep it up, in the foreground or detached",
        options: [
            .init(name: "--dry-run", help: "only print what would run"),
            .init(name: "--format", value: "text|json|sh", help: "of the dry run"),
            .init(name: "--detach", help: "leave it running; return when it serves", short: "-d"),
            .init(name: "--plan", value: "ID", help: "refuse any other plan_id"),
            .init(name: "--overcommit", help: "start even what does not fit into memory"),
            .init(name: "--adopt", help: "the configuration was moved: take its state over"),
        ] + Options.configuration + [Options.quiet, Options.verbose],
        exits: [
            Exit(.success, "stopped as asked; with --detach: it serves; with --dry-run: printed"),
            Exit(.gaveUp, "the cluster gave up after it had served"),
            Exit(
                .unavailable,
                "it could not be brought up, nothing is left running; or a stop left something "
                    + "behind"),
            unusable,
            Exit(.alreadyRunning, "another sollol already supervises this cluster"),
            misconfigured,
        ] + always
    ) { call in
        call.arguments.has("--detach") && !call.arguments.has("--dry-run") && !call.isDetached
            ? try DetachedStart.run(CommandLineInterface.executable, call.words)
            : try UpCommand.run(call.arguments, isDetached: call.isDetached)
    }

    private static let config = Command(
        name: "config", summary: "the effective configuration, each value with its origin",
        options: [Options.format] + Options.configuration + [Options.quiet],
        exits: [Exit(.success, "it is valid"), unprinted, misconfigured] + always
    ) { try ConfigCommand.run($0.arguments) }

    private static let check = Command(
        name: "check", summary: "everything `up` checks before it starts, and nothing else",
        options: [Options.format] + Options.configuration + [Options.quiet],
        exits: [
            Exit(.success, "nothing stands in the way, or the cluster runs already"),
            Exit(.unavailable, "something stands in the way"), unusable, misconfigured,
        ] + always
    ) { try CheckCommand.run($0.arguments) }

    private static let plan = Command(
        name: "plan", summary: "where every layer will be, and whether it fits",
        options: [
            Options.format,
            .init(
                name: "--worker", value: "SIZE[@SECONDS]",
                help: "a worker that does not exist, in place of those configured, of so much "
                    + "memory (24GiB), and so many seconds for a layer (24GiB@0.012); repeatable; "
                    + "the model may be an address then",
                repeats: true),
        ] + Options.configuration + [Options.quiet],
        exits: [
            Exit(.success, "it fits"),
            Exit(.unavailable, "it does not fit, or not what is stored, or nothing is known"),
            misconfigured,
        ] + always
    ) { try PlanCommand.run($0.arguments) }

    private static let shard = Command(
        name: "shard", summary: "store each layer on the disk of the worker that computes it",
        word: "ID",
        options: [
            .init(
                name: "--from", value: "FILE|URL|-",
                help: "the model: on this machine, else on the coordinator's host, or on a web "
                    + "server; - reads an address that is a secret"),
            .init(name: "--dry-run", help: "only tell who would store what"),
            .init(name: "--overcommit", help: "store even what does not fit into memory"),
            .init(name: "--list", help: "tell what is stored"),
            .init(
                name: "--remove",
                help: "remove what is stored of this model, or of that ID (see --list) alone"),
            Options.format,
        ] + Options.configuration + [Options.quiet],
        exits: [
            Exit(.success, "everything is where it is to be, and was compared; or told, removed"),
            Exit(.unavailable, "the model cannot be read or placed, or a host failed"),
            unusable,
            Exit(.alreadyRunning, "the cluster runs: end it first"),
            misconfigured,
        ] + always
    ) { try ShardCommand.run($0.arguments) }

    private static let measure = Command(
        name: "measure", summary: "seconds per layer of each device, recorded for `plan`",
        options: [Options.format] + Options.configuration + [Options.quiet],
        exits: [
            Exit(.success, "every device is measured"),
            Exit(.unavailable, "a device could not be measured; what could is recorded"),
            Exit(.alreadyRunning, "the cluster runs"), unusable, misconfigured,
        ] + always
    ) { try MeasureCommand.run($0.arguments) }

    private static let status = Command(
        name: "status",
        summary: "what the cluster does; without a configuration here: what all clusters do",
        options: [Options.format, .init(name: "--watch", help: "show it until Ctrl-C")]
            + Options.cluster,
        idleOptions: byName,
        exits: [
            serves, Exit(.notServing, "the cluster does not serve"), unprinted, misconfigured,
        ] + always
    ) { try StatusCommand.run($0.arguments) }

    private static let list = Command(
        name: "list", synonyms: ["ls", "ps"], summary: "every cluster of this user on this machine",
        options: [
            .init(
                name: "--prune",
                help: "remove what is left of clusters that nobody could start again"),
            Options.format,
        ],
        exits: [Exit(.success, "shown, or there is none"), unprinted] + always
    ) { try ListCommand.run($0.arguments) }

    private static let history = Command(
        name: "history", summary: "what happened, of the cluster or one process; availability",
        word: "NAME",
        options: [
            .init(
                name: "--since", value: "TIME",
                help: "from then on: \(LocalTime.pointForms)"),
            Options.format,
        ] + Options.cluster,
        idleOptions: byName,
        exits: [Exit(.success, "shown, or there is nothing"), unprinted, misconfigured] + always
    ) { try HistoryCommand.run($0.arguments) }

    private static let logs = Command(
        name: "logs", summary: "what the servers printed, of some or of all", word: "NAME",
        takesMore: true,
        options: [
            .init(name: "--follow", help: "go on with what comes, until Ctrl-C", short: "-f"),
            .init(
                name: "--lines", value: "N|all",
                help: "the last lines; default: 100, with --since all", short: "-n"),
            .init(name: "--since", value: "TIME", help: "from then on: \(LocalTime.pointForms)"),
            .init(name: "--until", value: "TIME", help: "up to then, written the same"),
            .init(
                name: "--grep", value: "PATTERN", help: "those that match a regular expression"),
            .init(name: "--all", help: "also lines about connections to workers, most of all"),
            Options.format,
        ] + Options.cluster,
        idleOptions: byName,
        exits: [Exit(.success, "shown"), unprinted, misconfigured] + always
    ) { try LogsCommand.run($0.arguments) }

    private static let restart = Command(
        name: "restart", summary: "restart a process, or all; returns when the cluster serves",
        word: "NAME|all",
        options: [Options.timeout("exit with 69 when it does not serve by then; it goes on")]
            + Options.cluster + [Options.quiet],
        idleOptions: byName, exits: [serves, failed, misconfigured] + always
    ) { try RestartCommand.run($0.arguments) }

    private static let reload = Command(
        name: "reload",
        summary: "take over a changed configuration; returns when the cluster serves with it",
        options: [
            .init(name: "--dry-run", help: "only print what would change and be interrupted"),
            .init(name: "--format", value: "text|json", help: "of the dry run"),
            Options.timeout("exit with 69 when it does not serve by then; it goes on"),
        ] + Options.cluster + [Options.quiet],
        idleOptions: "the running sollol reads its file again and keeps its own options",
        exits: [serves, notTaken, misconfigured] + always
    ) { try ReloadCommand.run($0.arguments) }

    private static let down = Command(
        name: "down", synonyms: ["stop"],
        summary: "stop the cluster; returns when nothing runs any more",
        options: [
            Options.timeout(
                "end requests in flight after that; default: \(ConfigurationKey.timeouts(.stop))")
        ] + Options.cluster + [Options.quiet],
        idleOptions: byName,
        exits: [
            Exit(.success, "nothing runs any more"),
            Exit(.unavailable, "sollol does not answer or does not end, or something is left"),
            misconfigured,
        ] + always
    ) { try DownCommand.run($0.arguments) }

    private static let completion = Command(
        name: "completion", summary: "a program that lets a shell complete command lines",
        word: CompletionCommand.shells.joined(separator: "|"), options: [],
        exits: [Exit(.success, "printed"), unprinted] + always
    ) { try CompletionCommand.run($0.arguments) }

    private static let man = Command(
        name: "man", summary: "the manual page: sollol man | man -l -", options: [],
        exits: [Exit(.success, "printed"), unprinted] + always
    ) { _ in
        try CommandLineInterface.write(Array(ManualPage.text.utf8))
        return .success
    }

    private static let schema = Command(
        name: "schema", summary: "the JSON Schema of the configuration, for editors", options: [],
        exits: [Exit(.success, "printed"), unprinted] + always
    ) { _ in
        try CommandLineInterface.write(Array(JSONSchema.document.text.utf8))
        return .success
    }

    private static let complete = Command(
        name: "complete", summary: "what may stand at the end of a command line", options: [],
        exits: [Exit(.success, "told"), unprinted] + always, audience: .shells
    ) { try CompletionCommand.answer(Array($0.words.drop { $0 != "complete" }.dropFirst())) }

    private static let version = Command(
        name: "version", summary: "show the version", options: [],
        exits: [Exit(.success, "shown"), unprinted] + always
    ) { _ in try CommandLineInterface.printVersion() }

    private static let help = Command(
        name: "help", summary: "explain a command, or a key of the configuration",
        word: "COMMAND|KEY", options: [],
        exits: [Exit(.success, "shown"), unprinted] + always
    ) { try CommandLineInterface.help(on: $0.arguments.words.dropFirst().first) }

    private static let reloadLook = Command(
        name: ReloadLookCommand.name, summary: "look at the hosts for a running sollol",
        options: [],
        exits: [
            Exit(.success, "the answer is on standard output"),
            Exit(.unavailable, "it could not be printed, or the question is of another release"),
        ] + always,
        audience: .sollol
    ) { _ in try ReloadLookCommand.run() }

    /// Names that are taken: whoever reads of them elsewhere is told, and nothing else gets them.
    private static let later: [Command] = [
        .later("discover", "find hosts"),
        .later("install", "install llama.cpp on hosts"),
        .later("service", "a service of the system"),
        .later("export", "the cluster for other tools"),
    ]
}
