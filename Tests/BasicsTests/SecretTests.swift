import Testing

@testable import Basics

/// Secrets are told by rule, so that one that nobody has thought of is one.
struct SecretTests {
    static let secrets = [
        "OPENAI_KEY", "OPENAI_API_KEY", "SECRET_KEY", "GITHUB_PAT", "GITHUB_TOKEN", "COOKIE",
        "COOKIES", "API_KEYS", "API_KEY", "APIKEY", "apiKey", "openaiKey", "AIKey", "X-Api-Key",
        "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HFTOKEN", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "DB_PASS", "DB_PASSWORD", "DBPASSWORDS",
        "PGPASSWORD", "MYSQL_PWD", "MY_PW", "SSHPASS", "GPG_PASSPHRASE", "REDIS_AUTH", "NPM_AUTH",
        "BASICAUTH", "OAUTH2", "AUTHORIZATION", "BEARER", "JWT", "SENTRY_DSN", "SLACK_WEBHOOK",
        "WEBHOOK_SECRET", "CLIENT_SECRET", "REFRESH_TOKEN", "PRIVATE_KEY", "SIGNING_KEY",
        "MASTER_KEY", "ENCRYPTION_KEY2", "TOKEN1", "CREDENTIALS", "GCP_CREDS", "SESSION_ID",
        "SESSION", "sessionid", "TOTP", "SAS_TOKEN", "AZURE_CONNECTION_STRING", "PASSCODE",
        "LICENSE_KEY", "tokens", "_auth", "passwd", "VAULT_TOKEN", "CI_JOB_TOKEN", "KEY",
    ]
    static let others = [
        "TOKENIZERS_PARALLELISM", "KMP_AFFINITY", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES",
        "GGML_CUDA_NO_PINNED", "LLAMA_CACHE", "LLAMA_ARG_IMAGE_MAX_TOKENS", "LLAMA_ARG_THREADS",
        "LLAMA_ARG_MTMD_BATCH_MAX_TOKENS", "LLAMA_ARG_CORS_CREDENTIALS", "PWD", "OLDPWD", "HOME",
        "SSH_AUTH_SOCK", "SSL_CERT_FILE", "API_KEY_FILE", "SSL_KEY_FILE", "KEYBOARD", "MONKEY",
        "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY", "PATTERN", "COMPAT", "BYPASS", "MAX_TOKENS",
        "image-min-tokens", "token_embd", "HF_HOME", "NO_PROXY", "LD_LIBRARY_PATH", "",
        "TOKEN_COUNT", "OMP_STRING",
    ]

    @Test func namesOfSecrets() {
        #expect(Self.secrets.filter { !SecretName.matches($0) } == [])
        #expect(Self.others.filter(SecretName.matches) == [])
    }

    @Test(arguments: [
        "https://u:hush@h/x", "https://h/x?token=hush", "https://h/x?a=1&X-Amz-Signature=hush",
        "https://h/x#access_token=hush", "sk-abcdefghij0123456789", "hf_abcdefghijklmnop0123456789",
        "Bearer abcdefghijklmnop0123", "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        #"{"apiKey": "hush"}"#, #" [{"env": {"GITHUB_TOKEN": "hush"}}]"#, #"{"PIN": 1234}"#,
        #"["--token=hush"]"#, #"{"url": "https://h/?sig=hush"}"#, "AKIA0123456789ABCDEFGH",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ])
    func textsThatHoldOne(_ text: String) {
        #expect(Secret.isIn(text))
        #expect(!printable(text).contains("hush") && !printable(text).contains("0123456789"))
    }

    @Test(arguments: [
        "", "/models/sk-llama-3.1-70b-instruct-q4.gguf", "https://h/x?a=1", "http://u@p:1/a@b",
        #"{"enable_thinking": false, "tokens": null, "use_key": true}"#, "{not JSON", "a=b",
        "codellama:13b", "hf_models/llama", "^(token|position)_=RPC0[10.0.0.1:50052]",
    ])
    func textsThatHoldNone(_ text: String) {
        #expect(!Secret.isIn(text))
        #expect(printable(text) == "\"\(text)\"")
    }

    @Test func assignments() {
        let secrets = ["TOKEN=x", "api_key: x", "Cookie: a=b", "x-api-key:x"]
        #expect(secrets.filter { !Secret.isAssigned(in: $0) } == [])
        let others = [
            "tokenizer.ggml.bos_token_id=int:1", "TOKEN", "a=TOKEN", "key:", "use_token=false",
            "token://x", "token_embd=CPU",
        ]
        #expect(others.filter { Secret.isAssigned(in: $0) } == [])
    }

    @Test func flags() {
        let secrets = ["--token", "--odd-api-key=x", "-password", "--cookie"]
        #expect(secrets.filter { !Secret.isFlag($0) } == [])
        let others = [
            "--image-max-tokens", "--cors-credentials", "--no-cors-credentials", "--keep",
            "--special", "--path", "token", "--override-kv", "-ag", "--api-key-file",
        ]
        #expect(others.filter(Secret.isFlag) == [])
    }
}
