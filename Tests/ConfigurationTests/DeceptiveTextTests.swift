import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

/// What is read in a configuration is what runs: no string of it holds a character that steers a
/// terminal, reorders text or does not show itself.
struct DeceptiveTextTests {
    /// C0, DEL, C1, a bidirectional override and an isolate, zero-width characters, a line
    /// separator, a soft hyphen, a tag, a filler of Hangul.
    static let characters: [Unicode.Scalar] = [
        "\u{1B}", "\u{7F}", "\u{9B}", "\u{202E}", "\u{2066}", "\u{200B}", "\u{200D}", "\u{FEFF}",
        "\u{2028}", "\u{AD}", "\u{E0041}", "\u{3164}",
    ]

    @Test(arguments: [
        #""model": "/m/a@.gguf""#, #""model": "llama@3""#, #""name": "a@b""#,
        #""coordinator": {"binary": "/opt/llama@server"}"#, #""coordinator": {"host": "a@b"}"#,
        #""coordinator": {"api_key_file": "/k@eys"}"#, #""coordinator": {"ssh": "u@b"}"#,
        #""coordinator": {"extra_arguments": ["--temp", "0@"]}"#,
        #""coordinator": {"environment": {"A": "b@c"}}"#,
        #""coordinator": {"environment": {"A@": "b"}}"#,
        #""worker_defaults": {"ssh_options": ["Port=2@"]}"#,
        #""worker_defaults": {"devices": ["CUDA@0"]}"#, #""worker_defaults": {"binary": "r@s"}"#,
        #""worker_defaults": {"extra_arguments": ["-c@"]}"#,
    ])
    func isRefused(_ member: String) throws {
        let (left, right) = (Array(member.split(separator: "@")), member.contains("\"model\""))
        let model = right ? "" : #""model": "/m.gguf", "#
        for character in Self.characters {
            let digits = String(character).utf16.map { unit in
                let hex = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }
            let text = left.joined(separator: digits.joined())
            let file = "{\(model)\"rpc_backends\": [\"10.0.0.1\"], \(text)}"
            let errors = try #require(throws: ConfigurationErrors.self) {
                try Loading.load(file)
            }
            let shown = errors.problems.map { "\($0)" }.joined(separator: "\n")
            #expect(
                !shown.replacing("\n", with: "").unicodeScalars
                    .contains(where: TerminalText.isDeceptive), "\(shown)")
        }
    }
}
