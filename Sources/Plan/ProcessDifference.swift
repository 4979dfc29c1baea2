import Basics

/// Something about a process that is not the same in two plans: `--ctx-size 512 → 1024`.
package struct ProcessDifference: Codable, Equatable, Sendable {
    /// A flag, a variable, or what else it is.
    package var what: String
    /// What it was; nil: it was not there.
    package var former: String?
    /// What it is; nil: it is not there any more.
    package var next: String?

    /// `--ctx-size 512 → 1024`, `-c is added`, `--mlock is removed`.
    package var text: String {
        switch (former, next) {
        case (nil, let next?): next.isEmpty ? "\(what) is added" : "\(what) \(next) is added"
        case (_, nil): "\(what) is removed"
        case (let former?, let next?): "\(what) \(Self.shown(former)) → \(Self.shown(next))"
        }
    }

    private static func shown(_ text: String) -> String { text.isEmpty ? "(alone)" : text }
}

extension PlannedProcess {
    /// What is not as in a former plan, flag by flag.
    package func differences(from former: PlannedProcess) -> [ProcessDifference] {
        func entries(_ process: PlannedProcess) -> [(String, String)] {
            let environment = process.environment.sorted { $0.key < $1.key }
            return [
                ("program", process.argv.first ?? ""),
                ("host", process.location.sshWords?.joined(separator: " ") ?? "this machine"),
            ] + process.flags + environment.map { ("\($0.key) in its environment", $0.value) } + [
                ("address", "\(process.bind)"), ("dialled at", "\(process.dial)"),
                ("forwarded ports", process.forwards.map(\.description).joined(separator: ", ")),
            ]
        }
        let (old, new) = (entries(former), entries(self))
        let before = Dictionary(old, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(new, uniquingKeysWith: { first, _ in first })
        let changed = new.filter { before[$0.0] != $0.1 }.map {
            ProcessDifference(what: $0.0, former: before[$0.0], next: $0.1)
        }
        let removed = old.filter { after[$0.0] == nil }.map {
            ProcessDifference(what: $0.0, former: $0.1, next: nil)
        }
        return changed + removed
    }

    /// Each flag once, with all that follows it until the next one.
    private var flags: [(String, String)] {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for word in argv.dropFirst() {
            // A number below zero is a value.
            if word.hasPrefix("-"), Double(word) == nil {
                names.removeAll { $0 == word }
                names.append(word)
                values[word, default: []] += []
            } else {
                values[names.last ?? "", default: []].append(word)
            }
        }
        return names.map { ($0, values[$0, default: []].joined(separator: " ")) }
    }
}
