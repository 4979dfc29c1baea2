/// Which names - of variables, flags, members of JSON, parameters of a URL - stand for a secret.
///
/// By rule: a name is taken apart into words (`openaiKey`, `OPENAI_KEY` and `openai-key` are the
/// same), and one of them says so. Names are not listed, since nobody knows them all.
package enum SecretName {
    /// Whether what has that name is taken for a secret.
    package static func matches(_ name: String) -> Bool {
        let words = words(of: name)
        guard let last = words.last, !(words.count == 1 && folders.contains(last)) else {
            return false
        }
        // What tells about a secret is none: where it lies, how long it is.
        if words.count > 1, about.contains(last) { return false }
        return words.indices.contains { index in
            let before = index > 0 ? words[index - 1] : ""
            if counts.contains(words[index]), quantities.contains(before) { return false }
            if words[index] == "CREDENTIALS", before == "CORS" { return false }
            if words[index] == "SESSION" {
                return words[index...].dropFirst().first ?? "ID" == "ID"
            }
            if words[index] == "STRING" { return before == "CONNECTION" }
            return isSecret(words[index])
        }
    }

    /// In capitals, without numbers at their ends.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        let letters = Array(name)
        for (index, letter) in letters.enumerated() {
            guard letter.isLetter || letter.isNumber else {
                words.append(word)
                word = ""
                continue
            }
            if letter.isUppercase, let before = word.last {
                let beginsWord = index + 1 < letters.count && letters[index + 1].isLowercase
                if !before.isUppercase || beginsWord {
                    words.append(word)
                    word = ""
                }
            }
            word.append(letter)
        }
        return (words + [word]).map { word in
            String(word.reversed().drop(while: \.isNumber).reversed()).uppercased()
        }.filter { !$0.isEmpty }
    }

    private static func isSecret(_ word: String) -> Bool {
        if exact.contains(word) { return true }
        if harmless.contains(word) { return false }
        return parts.contains { word.contains($0) } || endings.contains { word.hasSuffix($0) }
    }

    /// Words that stand for a secret wherever they occur as a whole.
    private static let exact: Set<String> = [
        "PAT", "PATS", "PW", "CRED", "BEARER", "AUTHORIZATION", "DSN", "OTP", "TOTP", "SAS", "SALT",
        "HMAC", "SIG", "SIGNATURE", "WEBHOOK", "WEBHOOKS", "PIN", "NETRC",
    ]
    /// What a word may hold anywhere: `DBPASSWORDS`.
    private static let parts = [
        "PASSWORD", "PASSWD", "PASSPHRASE", "PASSCODE", "SECRET", "CREDENTIAL", "APIKEY",
    ]
    /// How a word may end, written together or alone: `HFTOKEN`, `SSHPASS`, `KEY`.
    private static let endings = [
        "TOKEN", "TOKENS", "KEY", "KEYS", "PASS", "PWD", "COOKIE", "COOKIES", "CREDS", "AUTH",
        "JWT", "JWTS", "SESSIONID",
    ]
    /// Words that only end so.
    private static let harmless: Set<String> = [
        "BYPASS", "COMPASS", "OLDPWD", "MONKEY", "HOTKEY", "HOTKEYS",
    ]
    /// Variables of every shell.
    private static let folders: Set<String> = ["PWD", "OLDPWD"]
    /// Last words of names that tell about a secret, or use the word in another sense.
    private static let about: Set<String> = [
        "FILE", "FILES", "PATH", "DIR", "DIRECTORY", "FOLDER", "SOCK", "SOCKET", "TYPE", "TYPES",
        "NAME", "LENGTH", "SIZE", "COUNT", "LIMIT", "BUDGET", "TTL", "TIMEOUT", "ALGORITHM",
        "ALGORITHMS", "EMBD", "EMBEDDING", "EMBEDDINGS", "HEALING", "PARALLELISM",
    ]
    /// Words that are counted in the language of models.
    private static let counts: Set<String> = ["TOKENS", "KEYS"]
    private static let quantities: Set<String> = ["MAX", "MIN", "NUM", "N", "TOTAL", "BATCH"]
}
