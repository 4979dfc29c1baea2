import Basics

/// Lines that people can type, for `sollol help COMMAND`; a test parses each of them.
extension Command {
    /// One of them.
    struct Example {
        /// As typed.
        var line: String
        /// What it does.
        var meaning: String

        init(_ line: String, _ meaning: String) { (self.line, self.meaning) = (line, meaning) }
    }

    /// Those of a command; none for one that has nothing to choose.
    var examples: [Example] { Self.examples[name] ?? [] }

    private static let examples: [String: [Example]] = [
        "up": [
            Example("sollol up --model model.gguf --rpc gpu-1,gpu-2", "without a file"),
            Example("sollol up --dry-run --format sh", "what would run, as a bash script"),
            Example("sollol up -d -c home.json", "from that file, in the background"),
        ],
        "config": [
            Example("sollol config", "each value, and where it comes from"),
            Example("sollol config --format json", "a file that loads the same"),
        ],
        "check": [Example("sollol check -c home.json", "what stands in the way of a start")],
        "plan": [
            Example("sollol plan", "where every layer will be"),
            Example("sollol plan --worker 24GiB,16GiB", "and on machines that do not exist yet"),
        ],
        "shard": [
            Example("sollol shard --dry-run", "who would store how much"),
            Example("sollol shard --from /models/a.gguf", "each worker gets its layers"),
            Example(
                "sollol shard --from https://example.org/a.gguf", "each host fetches its own part"),
            Example("sollol shard --list", "what is stored, and where"),
            Example("sollol shard --remove 0123456789abcdef", "an earlier version goes"),
        ],
        "measure": [Example("sollol measure", "how fast each device is, for `plan`")],
        "status": [
            Example("sollol status", "what the cluster does"),
            Example("sollol status --watch", "the same as a view that one leaves open"),
            Example("sollol status --name home --format json", "for programs"),
        ],
        "list": [
            Example("sollol list", "every cluster of this user here"),
            Example("sollol list --prune", "without those whose configuration is gone"),
        ],
        "history": [
            Example("sollol history --since 12h", "what happened last night"),
            Example("sollol history worker-2", "what happened to one process"),
        ],
        "logs": [
            Example("sollol logs -f worker-1 coordinator", "two of them, as it comes"),
            Example("sollol logs --since 03:10 --until 03:20", "what was said at night"),
            Example("sollol logs --grep 'out of memory' -n all", "where it was said"),
        ],
        "restart": [
            Example("sollol restart worker-1", "that one, then the coordinator"),
            Example("sollol restart all --timeout 300", "wait five minutes at most"),
        ],
        "reload": [Example("sollol reload", "take over what has changed in the file")],
        "down": [
            Example("sollol down", "when the requests in flight have ended"),
            Example("sollol down --timeout 0 --name home", "at once"),
        ],
        "completion": [
            Example("source <(sollol completion bash)", "for this bash"),
            Example("sollol completion fish >~/.config/fish/completions/sollol.fish", "for fish"),
        ],
        "man": [Example("sollol man | man -l -", "read it")],
        "schema": [Example("sollol schema >sollol.schema.json", "for an editor")],
        "help": [
            Example("sollol help logs", "a command"),
            Example(
                "sollol help \(ConfigurationKey.coordinator(.port))", "a key of the configuration"),
        ],
    ]
}
