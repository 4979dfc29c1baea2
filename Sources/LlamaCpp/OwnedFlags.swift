import Basics

/// The flags of llama.cpp's servers that the plan sets, so that `extra_arguments` must not.
///
/// Spellings of all known releases (`--help` of 0.7.0, and those that it removed).
package enum OwnedFlags {
    /// What to do instead, by flag.
    static let server: [String: String] = {
        var owned: [String: String] = [:]
        func own(_ flags: String, _ key: String) {
            for flag in flags.split(separator: " ") { owned[String(flag)] = key }
        }
        own(
            "-m --model -mu --model-url -dr --docker-repo -hf -hfr --hf-repo -hff --hf-file",
            "set model instead")
        own(
            "-hft --hf-token",
            "it would show the token to everyone on that host (ps), so set HF_TOKEN for the "
                + "account there")
        own("--host", "set \(ConfigurationKey.coordinator(.host)) instead")
        own("--port --reuse-port", "set \(ConfigurationKey.coordinator(.port)) instead")
        own(
            "--api-prefix --ssl-key-file --ssl-cert-file",
            "remove it, since sollol asks the coordinator over plain HTTP; a reverse proxy can do "
                + "it")
        own(
            "--models-dir --models-preset --models-max --models-autoload --no-models-autoload",
            "remove it, since a cluster serves one model")
        own("-c --ctx-size", "set \(ConfigurationKey.coordinator(.contextSize)) instead")
        own("-np --parallel", "set \(ConfigurationKey.coordinator(.parallel)) instead")
        own("--cors-origins", "set \(ConfigurationKey.coordinator(.corsOrigins)) instead")
        own("--rpc", "set \(SpecialKey.backends.rawValue) instead")
        own("--api-key-file", "set \(ConfigurationKey.coordinator(.apiKeyFile)) instead")
        own(
            "-ngl --gpu-layers --n-gpu-layers -ts --tensor-split -sm --split-mode -mg --main-gpu "
                + "-fit --fit -fitt --fit-target -fitc --fit-ctx -dev --device -ncffn "
                + "--n-cpu-ffn",
            "remove it, since the placement says where every layer goes")
        own(
            "-ot --override-tensor -cmoe --cpu-moe -ncmoe --n-cpu-moe",
            "set \(ConfigurationKey.placement(.cpuExperts)) instead: how many layers keep their "
                + "experts on the coordinator's CPU, from the first on")
        own(
            "-lm --load-mode --mlock --mmap --no-mmap -dio --direct-io -ndio --no-direct-io "
                + "-cram --cache-ram", "remove it, since it is a rule of the plan")
        own(
            "-v --verbose --log-verbose -lv --verbosity --log-verbosity --log-disable --log-file "
                + "--log-jsonl --no-log-jsonl --log-colors --metrics --slots --no-slots "
                + "--slots-endpoint-disable",
            "remove it, since sollol reads the log and the counters")
        own("--sleep-idle-seconds", "set \(ConfigurationKey.coordinator(.sleepAfter)) instead")
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
        let words = twoWords(word)
        let flag = flag(words?.flag ?? word)
        if flag == "--api-key" {
            return "--api-key would show the key to everyone on that host (ps); put the keys in a "
                + "file and name it with \(ConfigurationKey.coordinator(.apiKeyFile))"
        }
        if role == .coordinator, isPreset(flag) {
            return "\(flag) would download and serve another model; set model instead"
        }
        if let reason = (role == .worker ? worker : server)[flag] {
            return "\(flag) belongs to the plan; \(reason)"
        }
        guard let words, !Secret.isFlag(words.flag) else { return nil }
        return
            "\(printable(word)) is one word with a blank in it, which no server takes; write two "
            + "elements: \(printable(words.flag)), \(printable(words.value))"
    }

    /// A flag and its value in one element, as one types them into a shell: `--temp 0.2`.
    private static func twoWords(_ word: String) -> (flag: String, value: String)? {
        guard let blank = word.firstIndex(where: \.isWhitespace) else { return nil }
        let flag = word[..<blank]
        let name = flag.drop { $0 == "-" }
        // A text may begin with a dash, too: `- one of a list`.
        let isFlag = name.first?.isLetter == true && flag.count - name.count <= 2
        guard isFlag, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) else {
            return nil
        }
        let value = word[blank...].drop(while: \.isWhitespace)
        return (String(flag), String(value))
    }

    /// The flag that a word begins with, as llama.cpp spells it.
    static func flag(_ word: String) -> String {
        let flag = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
        // llama.cpp takes --ctx_size for --ctx-size (common/arg.cpp).
        if flag.hasPrefix("--") { return flag.replacing("_", with: "-") }
        // No release takes -c4096 (measured: invalid argument), and no short flag holds a digit.
        return String(flag.prefix { !("0"..."9").contains($0) })
    }

    /// `--gpt-oss-20b-default`, `--fim-qwen-7b-spec` and their like, which choose a model.
    private static func isPreset(_ flag: String) -> Bool {
        flag.hasPrefix("--") && (flag.hasSuffix("-default") || flag.hasSuffix("-spec"))
            && flag != "--spec-default"
    }
}
