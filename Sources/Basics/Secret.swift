/// Finds secrets in texts that plans, logs and command lines would show.
package enum Secret {
    /// Whether the text holds one: a password or token in a URL, a member of JSON whose name says
    /// so, or what looks like a key of a well-known service.
    package static func isIn(_ text: String) -> Bool {
        URLPassword.isIn(text) || isInParameters(of: text) || isInJSON(text) || hasKnownForm(text)
    }

    /// Whether a word is a flag that takes a secret, its value in the same word or not.
    package static func isFlag(_ word: String) -> Bool {
        guard word.beginsWithDash else { return false }
        let flag = word.drop { $0 == "-" }.prefix { $0 != "=" }
        return SecretName.matches(String(flag))
    }

    /// Whether a value says yes or no, which is no secret whatever its name.
    package static func isSwitch(_ value: String) -> Bool {
        ["", "0", "1", "true", "false", "yes", "no", "on", "off", "null"]
            .contains(value.lowercased())
    }

    /// The text with `***` for user and password of a URL, and for all of it where it holds another
    /// secret.
    static func hidden(in text: String) -> String {
        let shown = URLPassword.hidden(in: text)
        let rest = shown.replacing("://***@", with: "://").unicodeScalars.prefix(8192)
        return isIn(String(rest)) ? "***" : shown
    }

    /// `?token=…&sig=…` of a URL.
    private static func isInParameters(of text: String) -> Bool {
        guard text.contains("://") else { return false }
        return text.split { "?&#; ".contains($0) }.dropFirst().contains {
            isAssigned(in: String($0))
        }
    }

    /// `NAME=VALUE`, `Name: value`. Not `tokenizer.ggml.bos_token_id=int:1`, a value of a model
    /// that llama.cpp's `--override-kv` replaces.
    package static func isAssigned(in text: String) -> Bool {
        guard let mark = text.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return false }
        let name = text[..<mark].filter { $0 != " " }
        let value = text[text.index(after: mark)...].drop { $0 == " " }
        let isName = name.allSatisfy { $0.isLetter || $0.isNumber || "_.-".contains($0) }
        let isTyped = ["int:", "float:", "bool:", "str:"].contains { value.hasPrefix($0) }
        return isName && !isTyped && !value.hasPrefix("//") && !isSwitch(String(value))
            && SecretName.matches(name)
    }

    // MARK: JSON

    private static func isInJSON(_ text: String) -> Bool {
        guard let first = text.first(where: { !$0.isWhitespace }), first == "{" || first == "[",
            let root = try? JSONReader.read(Array(text.utf8)).root
        else { return false }
        return isIn(root.value)
    }

    private static func isIn(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool, .number: false
        case .string(let text): isIn(text) || isFlag(text)
        case .array(let nodes): nodes.contains { isIn($0.value) }
        case .object(let members):
            members.contains { member in
                if SecretName.matches(member.key) {
                    switch member.value.value {
                    case .null, .bool: return false
                    case .string(let text): return !isSwitch(text)
                    case .number, .array, .object: return true
                    }
                }
                return isIn(member.value.value)
            }
        }
    }

    // MARK: Well-known forms

    /// How keys of services begin that say so; then come at least `shortest` letters and digits in
    /// a row, which no name of a model or file has.
    private static let beginnings = [
        "sk-", "sk_live_", "sk_test_", "rk_live_", "hf_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
        "github_pat_", "glpat-", "npm_", "pypi-", "dop_v1_", "gsk_", "nvapi-", "AKIA", "ASIA",
        "AIza", "ya29.", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "eyJ",
    ]
    private static let shortest = 16

    private static func hasKnownForm(_ text: String) -> Bool {
        if text.contains("-----BEGIN "), text.contains("PRIVATE KEY") { return true }
        let words = text.split { !($0.isLetter || $0.isNumber || "_-.".contains($0)) }
        if words.indices.dropLast().contains(where: { index in
            ["bearer", "basic"].contains(words[index].lowercased())
                && words[index + 1].count >= shortest
        }) {
            return true
        }
        return words.contains { word in
            beginnings.contains { beginning in
                word.hasPrefix(beginning)
                    && word.dropFirst(beginning.count).split { !($0.isLetter || $0.isNumber) }
                        .contains { $0.count >= shortest && $0.contains(where: \.isNumber) }
            }
        }
    }
}
