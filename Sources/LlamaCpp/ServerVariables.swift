import Basics

/// Variables of the environment that change what a flag of the plan says.
package enum ServerVariables {
    /// Those that no server inherits, whatever the account on its host sets, as patterns of a
    /// shell: `LLAMA_ARG_*` are flags, a key of the account's would close the API to `sollol`, the
    /// log is read by rules, and the last ones make a server the child of another. Forget.sh unsets
    /// them; what a configuration gives in `environment` comes afterwards.
    package static let unset = [
        "LLAMA_ARG_*", "LLAMA_API_KEY", "LLAMA_LOG_*", "LLAMA_OFFLINE", "LLAMA_SERVER_CHILD_MODE",
        "LLAMA_SERVER_ROUTER_PORT",
    ]

    /// Why this variable must not be set for a server, or nil.
    package static func problem(_ name: String) -> String? {
        if name == "LLAMA_API_KEY" {
            return
                "would put a secret into the plan; use \(ConfigurationKey.coordinator(.apiKeyFile))"
        }
        // --no-host is about buffers, not about --host.
        for prefix in ["LLAMA_ARG_NO_", "LLAMA_ARG_", "LLAMA_"]
        where name.hasPrefix(prefix) && name != "LLAMA_ARG_NO_HOST" {
            let word = name.dropFirst(prefix.count).lowercased()
            let flag = "--" + word.replacing("_", with: "-")
            if OwnedFlags.server[flag] != nil || owned.contains(name) {
                return "does what a flag of the plan does, and would change it; remove it"
            }
        }
        return nil
    }

    /// Variables of owned flags that are not named after them (`--help` of 0.7.0).
    private static let owned: Set<String> = [
        "LLAMA_ARG_N_PARALLEL", "LLAMA_ARG_ENDPOINT_METRICS", "LLAMA_ARG_ENDPOINT_SLOTS",
        "LLAMA_ARG_DIO", "LLAMA_SERVER_CHILD_MODE", "LLAMA_SERVER_ROUTER_PORT",
    ]
}
