import Basics
import Plan

/// What of a plan nobody reads on the page: where keys lie, and what variables hold. Commands lose
/// it word by word; lines of servers, wherever it stands in them.
struct Redaction: Equatable, Sendable {
    /// What stands in its place.
    static let mark = "…"
    /// Shorter values (`1`, `true`) are no secrets, and stand everywhere.
    private static let shortest = 6
    /// Options of ssh whose values say where keys are.
    private static let keyOptions = ["identityfile", "certificatefile", "identityagent"]

    private let hidden: [String]

    init(_ plan: LaunchPlan) {
        var hidden: Set<String> = []
        for process in plan.processes {
            hidden.formUnion(process.environment.values)
            let words = process.argv
            for (word, shown) in zip(words, Self.shown(words)) where word != shown {
                hidden.insert(Self.value(of: word))
            }
            for option in process.location.sshOptions where Self.shown(option: option) != option {
                hidden.insert(Self.value(of: option))
            }
        }
        // The longest first, so that none leaves a part of another.
        self.hidden = hidden.filter { $0.utf8.count >= Self.shortest }
            .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// A text without any of it.
    func clean(_ text: String) -> String {
        hidden.reduce(text) { text, secret in
            text.contains(secret) ? text.replacing(secret, with: Self.mark) : text
        }
    }

    /// The words of a command line; behind `--api-key-file` and its like stands a mark.
    static func shown(_ words: [String]) -> [String] {
        var isHidden = false
        return words.map { word in
            defer { isHidden = !isHidden && isAboutSecret(word) && !word.contains("=") }
            if isHidden { return mark }
            guard let end = word.firstIndex(of: "="), isAboutSecret(String(word[..<end])) else {
                return word
            }
            return word[...end] + mark
        }
    }

    /// An option of ssh; of one that says where a key is, only its name.
    static func shown(option: String) -> String {
        let name = option.prefix { $0 != "=" && $0 != " " }
        return keyOptions.contains(name.lowercased()) ? "\(name)=\(mark)" : option
    }

    private static func isAboutSecret(_ flag: String) -> Bool {
        guard flag.hasPrefix("-") else { return false }
        let words = flag.drop { $0 == "-" }.split(separator: "-")
        let ends: Set<Substring> = ["file", "path", "dir"]
        let name = words.last.map(ends.contains) == true ? words.dropLast() : words[...]
        return SecretName.matches(name.joined(separator: "-"))
    }

    private static func value(of word: String) -> String {
        word.split(separator: "=", maxSplits: 1).last.map(String.init) ?? word
    }
}
