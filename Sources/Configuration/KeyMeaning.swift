import Basics

/// What the keys mean: the last cell of their rows in `CONFIGURATION.md`, which is part of the
/// binary, so that it is said in one place.
package enum KeyMeaning {
    /// Of a key; nil for one that the document does not have, which a test refuses.
    ///
    /// Keys of a backend and of `worker_defaults` stand in the document by their names alone.
    package static func of(_ key: ConfigurationKey) -> String? {
        switch key {
        case .backend, .workerDefaults: ofBackends[key.name]
        default: ofCluster[key.description]
        }
    }

    private static let ofCluster = rows(before: true)
    private static let ofBackends = rows(before: false)

    /// The rows of the table of the cluster's keys, which is the first, or of the backends'.
    private static func rows(before isFirst: Bool) -> [String: String] {
        let text = String(decoding: PackageResources.CONFIGURATION_md, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let heads = lines.indices.filter { lines[$0].hasPrefix("| key | type |") }
        guard let head = isFirst ? heads.first : heads.dropFirst().first else { return [:] }
        let rows = lines[head...].prefix { $0.hasPrefix("|") }.dropFirst(2)
        let pairs = rows.compactMap { line -> (String, String)? in
            let cells = line.dropFirst(2).dropLast(2).split(
                separator: " | ", omittingEmptySubsequences: false)
            guard cells.count == 5, let key = cells.first, let meaning = cells.last else {
                return nil
            }
            return (String(key.filter { $0 != "`" }), String(meaning))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

/// What `sollol help KEY` says.
package struct KeyHelp {
    /// What a word may mean.
    package enum Found {
        /// That key: it is its path, or the last part of no other's.
        case one(KeyHelp)
        /// One of these: it is the last part of all of them, or the group that they are in.
        case several([String])
        /// Perhaps that key, which is written nearly so.
        case near(String)
        /// No key.
        case none
    }

    /// The key that people mean by its path, a part of it, or a misspelling.
    package static func find(_ word: String) -> Found {
        if let key = KeyHelp(word) { return .one(key) }
        func last(_ path: String) -> String {
            path.split(separator: ".").last.map(String.init) ?? path
        }
        let parts = paths.filter { last($0) == word }
        let group = word.replacing(#/\[[0-9]*\]/#, with: "")
        let members = paths.filter {
            $0.hasPrefix("\(group).") || $0.hasPrefix("\(group)[].")
        }
        let meant = parts.isEmpty ? members : parts
        if meant.count == 1, let key = KeyHelp(meant[0]) { return .one(key) }
        if !meant.isEmpty { return .several(meant) }
        if let near = NearestName.of(word, in: paths) { return .near(near) }
        // A misspelt part of a path counts where it stands for one key.
        let short = NearestName.of(word, in: paths.map(last))
        let candidates = paths.filter { last($0) == short }
        return candidates.count == 1 ? .near(candidates[0]) : .none
    }

    /// By the path that people write; `rpc_backends[2].host`, `rpc_backends[].host` and
    /// `worker_defaults.bind` are the keys of a backend.
    package init?(_ path: String) {
        let backend = ConfigurationGroup.backend(0)
        var known = ConfigurationSchema.keys + ConfigurationGroup.workerDefaults.keys
        known += backend.keys
        let digits = path.replacing(#/\[[0-9]*\]/#, with: "[0]")
        guard let key = known.first(where: { $0.description == digits }) else { return nil }
        self.key = key
    }

    private let key: ConfigurationKey

    /// Every path that has an answer.
    package static var paths: [String] {
        ConfigurationSchema.keys.map(\.description)
            + ConfigurationGroup.backend(0).keys.map {
                "\(SpecialKey.backends.rawValue)[].\($0.name)"
            }
    }

    /// Lines of two columns: what is said about, and what.
    package var rows: [(String, String)] {
        let definition = key.definition
        var rows = [("type", definition.kind.name + (definition.unit.map { ", in \($0)" } ?? ""))]
        if let range = definition.kind.range { rows.append(("range", range)) }
        rows.append(("default", definition.standard == .null ? "none" : definition.standard.json))
        let others = [definition.option, definition.variable.map { "$\($0)" }].compactMap(\.self)
        if !others.isEmpty { rows.append(("also", others.joined(separator: ", "))) }
        return rows
    }

    /// Its path.
    package var path: String { key.description.replacing("[0]", with: "[]") }

    /// What it means, in sentences.
    package var meaning: String { KeyMeaning.of(key) ?? "" }
}

extension KeyDefinition.Kind {
    /// What is allowed, as in `CONFIGURATION.md`; nil: what the type says.
    var range: String? {
        switch self {
        case .integer(let range), .integers(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            "\(ConfigurationValue.trimmed(range.lowerBound)) to "
                + ConfigurationValue.trimmed(range.upperBound)
        case .string(.oneOf(let words)): words.map { "`\"\($0)\"`" }.joined(separator: ", ")
        default: nil
        }
    }
}
