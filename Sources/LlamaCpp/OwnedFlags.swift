import Basics

/// The flags of llama.cpp's servers that the plan sets, so that `extra_arguments` must not.
///
/// Spellings of all known releases (`--help` of 0.7.0, and those that it removed).
package enum OwnedFlags {
    /// What to do instead, by flag.
    private static let server: [String: String] = {
        var owned: [String: String] = [:]
        func own(_ flags: String, _ key: String) {
            for flag in flags.split(separator: " ") { owned[String(flag)] = key }
        }
        own(
            "-m --model -mu --model-url -dr --docker-repo -hf -hfr --hf-repo -hff --hf-file",
            "set model instead")
        own(
            "-hft --hf-token",
            "it would show the token to everyone on that host (ps), so set HF_TOKEN for the account "
                + "there")
        own("--host", "set coordinator.host instead")
        own("--port --reuse-port", "set coordinator.port instead")
        own(
            "--api-prefix --ssl-key-file --ssl-cert-file",
            "remove it, since sollol asks the coordinator over plain HTTP; a reverse proxy can do "
                + "it")
        own(
            "--models-dir --models-preset --models-max --models-autoload --no-models-autoload",
            "remove it, since a cluster serves one model")
        own("-c --ctx-size", "set coordinator.ctx_size instead")
        own("-np --parallel", "set coordinator.parallel instead")
        own("--rpc", "set rpc_backends instead")
        own("--api-key-file", "set coordinator.api_key_file instead")
        own(
            "-ngl --gpu-layers --n-gpu-layers -ts --tensor-split -sm --split-mode -mg --main-gpu "
                + "-fit --fit -fitt --fit-target -fitc --fit-ctx -dev --device -ot "
                + "--override-tensor -cmoe --cpu-moe -ncmoe --n-cpu-moe -ncffn --n-cpu-ffn",
            "remove it, since the placement says where every layer goes")
        own(
            "-lm --load-mode --mlock --mmap --no-mmap -dio --direct-io -ndio --no-direct-io "
                + "-cram --cache-ram", "remove it, since it is a rule of the plan")
        own(
            "-v --verbose --log-verbose -lv --verbosity --log-verbosity --log-disable --log-file "
                + "--log-jsonl --no-log-jsonl --log-colors --metrics --slots --no-slots "
                + "--slots-endpoint-disable",
            "remove it, since sollol reads the log and the counters")
        own(
            "-h --help --usage --version -cl --cache-list --list-devices --completion-bash",
            "remove it, since the program would print something and not serve")
        return owned
    }()

    private static let worker: [String: String] = {
        var owned: [String: String] = [:]
        for flag in ["-H", "--host"] { owned[flag] = "set the backend's bind instead" }
        for flag in ["-p", "--port"] { owned[flag] = "set the backend's port instead" }
        for flag in ["-d", "--device"] { owned[flag] = "set the backend's devices instead" }
        for flag in ["-t", "--threads"] { owned[flag] = "set the backend's threads instead" }
        for flag in ["-c", "--cache"] { owned[flag] = "set the backend's cache instead" }
        for flag in ["-m", "--mem"] { owned[flag] = "remove it, since it is gone from rpc-server" }
        for flag in ["-h", "--help"] {
            owned[flag] = "remove it, since the program would print something and not serve"
        }
        return owned
    }()

    /// Why this word must not stand among the extra arguments, or nil.
    package static func problem(_ word: String, role: Role) -> String? {
        guard word.beginsWithDash else { return nil }
        var flag = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
        if flag.hasPrefix("--") {
            // llama.cpp takes --ctx_size for --ctx-size (common/arg.cpp).
            flag = flag.replacing("_", with: "-")
        } else {
            // No release takes -c4096 (measured: invalid argument), and no short flag holds a
            // digit.
            flag = String(flag.prefix { !("0"..."9").contains($0) })
        }
        if flag == "--api-key" {
            return "--api-key would show the key to everyone on that host (ps); put the keys in a "
                + "file and name it with coordinator.api_key_file"
        }
        if role == .coordinator, isPreset(flag) {
            return "\(flag) would download and serve another model; set model instead"
        }
        return (role == .worker ? worker : server)[flag].map {
            "\(flag) belongs to the plan; \($0)"
        }
    }

    /// `--gpt-oss-20b-default`, `--fim-qwen-7b-spec` and their like, which choose a model.
    private static func isPreset(_ flag: String) -> Bool {
        flag.hasPrefix("--") && (flag.hasSuffix("-default") || flag.hasSuffix("-spec"))
            && flag != "--spec-default"
    }

    /// Why this variable must not be set for a server, or nil.
    package static func problem(variable: String) -> String? {
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
                return "does what a flag of the plan does, and would change it; remove it"
            }
        }
        return nil
    }

    private static let secretWords = [
        "TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY",
        "CREDENTIALS", "PASSPHRASE", "APIKEY", "SSHPASS", "_PASS", "_PWD", "_PW",
    ]

    /// Variables of owned flags that are not named after them (`--help` of 0.7.0).
    private static let ownedVariables: Set<String> = [
        "LLAMA_ARG_N_PARALLEL", "LLAMA_ARG_ENDPOINT_METRICS", "LLAMA_ARG_ENDPOINT_SLOTS",
        "LLAMA_ARG_DIO",
    ]
}
