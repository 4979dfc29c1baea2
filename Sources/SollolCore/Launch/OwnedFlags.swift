/// The flags of llama.cpp's servers that the plan sets, so that `extra_arguments` must not.
///
/// Spellings of all known releases (`--help` of 0.7.0, and those that it removed).
enum OwnedFlags {
    /// What a flag does that makes it ours, and the key to use instead.
    private static let server: [String: String] = {
        var owned: [String: String] = [:]
        func own(_ flags: String, _ key: String) {
            for flag in flags.split(separator: " ") { owned[String(flag)] = key }
        }
        own(
            "-m --model -mu --model-url -dr --docker-repo -hf -hfr --hf-repo -hff --hf-file",
            "model")
        own("-hft --hf-token", "the environment of the machine")
        own("--host", "coordinator.host")
        own("--port --reuse-port", "coordinator.port")
        own(
            "--api-prefix --ssl-key-file --ssl-cert-file",
            "a reverse proxy (sollol asks the coordinator over plain HTTP)")
        own(
            "--models-dir --models-preset --models-max --models-autoload --no-models-autoload",
            "model (one cluster serves one)")
        own("-c --ctx-size", "coordinator.ctx_size")
        own("-np --parallel", "coordinator.parallel")
        own("--rpc", "rpc_backends")
        own("--api-key-file", "coordinator.api_key_file")
        own(
            "-ngl --gpu-layers --n-gpu-layers -ts --tensor-split -sm --split-mode -mg --main-gpu "
                + "-fit --fit -fitt --fit-target -fitc --fit-ctx -dev --device -ot "
                + "--override-tensor -cmoe --cpu-moe -ncmoe --n-cpu-moe -ncffn --n-cpu-ffn",
            "rpc_backends (the placement)")
        own(
            "-lm --load-mode --mlock --mmap --no-mmap -dio --direct-io -ndio --no-direct-io "
                + "-cram --cache-ram", "nothing (it is a rule of the plan)")
        own(
            "-v --verbose --log-verbose -lv --verbosity --log-verbosity --log-disable --log-file "
                + "--log-jsonl --no-log-jsonl --log-colors --metrics --slots --no-slots --slots-endpoint-disable",
            "nothing (sollol reads the log and the counters)")
        own(
            "-h --help --usage --version -cl --cache-list --list-devices --completion-bash",
            "the binary by hand (it would not serve)")
        return owned
    }()

    private static let worker: [String: String] = {
        var owned: [String: String] = [:]
        for flag in ["-H", "--host"] { owned[flag] = "rpc_backends[].bind" }
        for flag in ["-p", "--port"] { owned[flag] = "rpc_backends[].port" }
        for flag in ["-d", "--device"] { owned[flag] = "rpc_backends[].devices" }
        for flag in ["-t", "--threads"] { owned[flag] = "rpc_backends[].threads" }
        for flag in ["-c", "--cache"] { owned[flag] = "rpc_backends[].cache" }
        for flag in ["-m", "--mem"] { owned[flag] = "nothing (rpc-server has no --mem any more)" }
        for flag in ["-h", "--help"] { owned[flag] = "the binary by hand (it would not serve)" }
        return owned
    }()

    /// Why this word must not stand among the extra arguments, or nil.
    static func problem(_ word: String, role: PlannedProcess.Role) -> String? {
        guard word.beginsWithDash else { return nil }
        var flag = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
        if flag.hasPrefix("--") {
            // llama.cpp takes --ctx_size for --ctx-size (common/arg.cpp).
            flag = flag.replacing("_", with: "-")
        } else {
            // No release takes -c4096 (measured: invalid argument), and no short flag holds a digit.
            flag = String(flag.prefix { !("0"..."9").contains($0) })
        }
        if flag == "--api-key" {
            return "--api-key would show the key to everyone on that host (ps); put the keys in a "
                + "file and name it with coordinator.api_key_file"
        }
        if role == .coordinator, isPreset(flag) {
            return "\(flag) would download and serve another model; use model instead"
        }
        return (role == .worker ? worker : server)[flag].map {
            "\(flag) belongs to the plan; use \($0) instead"
        }
    }

    /// `--gpt-oss-20b-default`, `--fim-qwen-7b-spec` and their like, which choose a model.
    private static func isPreset(_ flag: String) -> Bool {
        flag.hasPrefix("--") && (flag.hasSuffix("-default") || flag.hasSuffix("-spec"))
            && flag != "--spec-default"
    }

    /// Why this variable must not be set for a server, or nil.
    static func problem(variable: String) -> String? {
        if variable == "LLAMA_API_KEY" {
            return "would put a secret into the plan; use coordinator.api_key_file"
        }
        if secretWords.contains(where: { variable.uppercased().hasSuffix($0) }) {
            return "looks like a secret, and plans and logs show this environment; set it for the "
                + "account on that host instead"
        }
        // --no-host is about buffers, not about --host.
        for prefix in ["LLAMA_ARG_NO_", "LLAMA_ARG_", "LLAMA_"]
        where variable.hasPrefix(prefix) && variable != "LLAMA_ARG_NO_HOST" {
            let name = variable.dropFirst(prefix.count).lowercased()
            let flag = "--" + name.replacing("_", with: "-")
            if server[flag] != nil || ownedVariables.contains(variable) {
                return "does what a flag of the plan does, and would change it"
            }
        }
        return nil
    }

    private static let secretWords = [
        "TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY",
        "CREDENTIALS",
    ]

    /// Variables of owned flags that are not named after them (`--help` of 0.7.0).
    private static let ownedVariables: Set<String> = [
        "LLAMA_ARG_N_PARALLEL", "LLAMA_ARG_ENDPOINT_METRICS", "LLAMA_ARG_ENDPOINT_SLOTS",
        "LLAMA_ARG_DIO",
    ]
}
