import Testing

@testable import Basics
@testable import Configuration
@testable import LlamaCpp
@testable import Samples

/// What rules against secrets, dangers and odd addresses must let pass.
struct AllowedConfigurationsTests {
    @Test(arguments: [
        #""environment": {"TOKENIZERS_PARALLELISM": "true", "KMP_AFFINITY": "granularity=fine"}"#,
        #""environment": {"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "LLAMA_ARG_THREADS": "4"}"#,
        #""extra_arguments": ["--image-max-tokens", "512", "--cors-credentials"]"#,
        #""extra_arguments": ["--override-kv", "tokenizer.ggml.add_bos_token=bool:false"]"#,
        #""extra_arguments": ["--chat-template-kwargs", "{\"enable_thinking\": false}"]"#,
        #""extra_arguments": ["--tools", "all"]"#,
        #""host": "0.0.0.0", "api_key_file": "/k", "extra_arguments": ["--tools", "all"]"#,
        #""host": "0.0.0.0", "allow_dangerous_flags": true, "extra_arguments": ["--path", "/"]"#,
        #""host": "0.0.0.0", "extra_arguments": ["--no-agent", "--alias", "--tools-like"]"#,
        #""cors_origins": "https://a.example,http://localhost:3000""#,
    ])
    func coordinators(_ members: String) {
        let json = Loading.with("\"coordinator\": {\(members)}")
        #expect(Loading.problems(Loading.sources(json)) == [])
    }

    /// A port of another host is none of this machine's.
    @Test func thePageMayHaveThePortOfACoordinatorElsewhere() {
        let json = Loading.with(
            #""coordinator": {"ssh": "gpu", "port": 18081}, "dashboard": {"port": 18081}"#)
        #expect(Loading.problems(Loading.sources(json)) == [])
    }

    /// Whatever stands at the top, but what has to be there.
    static let nulls: String = {
        let names =
            SpecialKey.allCases.filter { $0 != .backends }.map(\.rawValue)
            + ConfigurationSchema.groups.map(\.description)
        return Loading.with(names.map { "\"\($0)\": null" }.joined(separator: ", "))
    }()

    @Test func nullIsTheSameAsAbsent() throws {
        let loaded = try Loading.load(Self.nulls)
        let absent = try Loading.load(Loading.with(""))
        #expect(loaded.spec == absent.spec)
        #expect(loaded.notices == absent.notices)
    }

    @Test(arguments: SSHOptionRule.allowed)
    func everyAllowedOptionPassesInAnyCase(_ option: String) {
        let value =
            switch option {
            case "Port", "ConnectTimeout": "22"
            case "ProxyJump": "ann@jump-1:2222,ssh://10.0.0.1,jump"
            default: "gpu-1.example.org"
            }
        #expect(SSHOptionRule.problem("\(option)=\(value)") == nil)
        #expect(SSHOptionRule.problem("\(option.uppercased())=\(value)") == nil)
    }

    @Test func whereSSHGoesMayBeIPv6() {
        #expect(SSHOptionRule.problem("HostName=fe80::1") == nil)
    }

    /// Of the 133 keywords of OpenSSH those that are not listed are refused, whatever they are.
    @Test(arguments: [
        "SmartcardDevice", "PKCS11Provider", "SecurityKeyProvider", "SendEnv", "SetEnv",
        "ForwardAgent", "ForwardX11", "LogLevel", "ChannelTimeout", "ProxyCommand", "Include",
        "KnownHostsCommand", "UserKnownHostsFile", "AddKeysToAgent", "Tag", "Match", "Host",
        "ServerAliveInterval", "TCPKeepAlive", "EscapeChar", "ObscureKeystrokeTiming", "StdinNull",
        "GSSAPIDelegateCredentials", "VisualHostKey", "LogVerbose", "IgnoreUnknown", "BatchMode",
    ])
    func othersDoNot(_ option: String) {
        #expect(SSHOptionRule.problem("\(option)=yes")?.contains("sets \(option), which") == true)
    }

    @Test func aNameThatEndsInNumbersIsAName() {
        for host in ["gpu-1", "node.5a", "0x7f.example", "1.2.3.4.example", "a0x1"] {
            #expect(StringRule.backendHost.problem(host) == nil)
        }
    }
}
