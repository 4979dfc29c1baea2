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
                + "--log-jsonl --log-colors --metrics --slots --no-slots --slots-endpoint-disable",
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
        guard word.hasPrefix("-") else { return nil }
        var flag = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
        // llama.cpp takes --ctx_size for --ctx-size (common/arg.cpp).
        if flag.hasPrefix("--") { flag = flag.replacing("_", with: "-") }
        if flag == "--api-key" {
            return "--api-key would show the key to everyone on that host (ps); put the keys in a "
                + "file and name it with coordinator.api_key_file"
        }
        return (role == .worker ? worker : server)[flag].map {
            "\(flag) belongs to the plan; use \($0) instead"
        }
    }

    /// Why this variable must not be set for a server, or nil.
    static func problem(variable: String) -> String? {
        if variable == "LLAMA_API_KEY" {
            return "would put a secret into the plan; use coordinator.api_key_file"
        }
        if variable.hasPrefix("LLAMA_ARG_") {
            let flag =
                "--"
                + variable.dropFirst("LLAMA_ARG_".count).lowercased()
                .replacing("_", with: "-")
            let isOwned = server[flag] != nil || ownedVariables.contains(variable)
            return isOwned ? "does what a flag of the plan does, and would change it" : nil
        }
        return nil
    }

    /// Variables of owned flags that are not named after them (`--help` of 0.7.0).
    private static let ownedVariables: Set<String> = [
        "LLAMA_ARG_N_PARALLEL", "LLAMA_ARG_N_GPU_LAYERS", "LLAMA_ARG_ENDPOINT_METRICS",
        "LLAMA_ARG_ENDPOINT_SLOTS", "LLAMA_ARG_HF_REPO", "LLAMA_ARG_HF_FILE", "LLAMA_ARG_MLOCK",
        "LLAMA_ARG_NO_MMAP", "LLAMA_ARG_DIO", "LLAMA_ARG_CPU_MOE", "LLAMA_ARG_LOG_FILE",
    ]
}
