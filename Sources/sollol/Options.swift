import Configuration

/// The options that more than one command has.
enum Options {
    static let config = CommandLineArguments.Option(
        name: "--config", value: "FILE", help: "the configuration file", short: "-c")
    static let name = CommandLineArguments.Option(
        name: "--name", value: "NAME", help: "the cluster's name")
    static let quiet = CommandLineArguments.Option(
        name: "--quiet", help: "say only what went wrong, and that it serves")
    static let verbose = CommandLineArguments.Option(
        name: "--verbose", help: "show the servers' lines, too")
    static let format = CommandLineArguments.Option(
        name: "--format", value: "text|json", help: "of the output")

    /// What makes a configuration.
    static let configuration: [CommandLineArguments.Option] = [
        config,
        .init(
            name: "--model", value: "FILE|NAME|URL",
            help: "a GGUF, a model of Ollama, or for shards an address"),
        .init(name: backends, value: "HOST:PORT[,…]", help: "the RPC backends"),
        .init(name: "--host", value: "ADDRESS", help: "where the coordinator listens"),
        .init(name: "--port", value: "PORT", help: "where the coordinator listens"),
        .init(name: "--ctx-size", value: "TOKENS", help: "context over all slots"),
        name,
    ]

    /// The option that names backends; the others that set a key are in the schema.
    static let backends = "--rpc"

    /// Those that change what a configuration says.
    static let ofConfiguration = Set(ConfigurationSchema.options.keys).union([backends])

    /// What finds the running cluster.
    static let cluster = [config, name]

    /// Taken by every command, whether or not they mean something to it.
    static let common =
        configuration + [
            quiet, verbose,
            .init(name: "--help", help: "show this", short: "-h"),
            .init(name: "--version", help: "show the version", short: "-V"),
        ]

    static func timeout(_ help: String) -> CommandLineArguments.Option {
        .init(name: "--timeout", value: "SECONDS", help: help)
    }
}
