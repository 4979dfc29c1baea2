/// What gives whoever can use the API more than answers of a model: a shell, or files.
package enum DangerousFlags {
    /// By flag, as `--help` of 0.7.0 and later ones have them.
    private static let flags: [String: String] = {
        let shell = "a shell"
        let files = "files"
        return [
            "--tools": shell, "--tools-runtime": shell, "--agent": shell, "-ag": shell,
            "--mcp-servers-config": shell, "--mcp-servers-json": shell,
            "--ui-mcp-proxy": "a way to other hosts", "--webui-mcp-proxy": "a way to other hosts",
            "--path": files, "--media-path": files, "--slot-save-path": files,
        ]
    }()

    /// By variable.
    private static let variables: [String: String] = {
        var variables = ["LLAMA_ARG_STATIC_PATH": "files"]
        for (flag, gift) in flags where flag.hasPrefix("--") {
            variables["LLAMA_ARG" + flag.dropFirst().uppercased().replacing("-", with: "_")] = gift
        }
        return variables
    }()

    /// What this word of a command line gives, or nil.
    package static func gift(ofArgument word: String) -> String? {
        flags[OwnedFlags.flag(word)]
    }

    /// What this variable gives, or nil.
    package static func gift(ofVariable name: String) -> String? { variables[name] }
}
