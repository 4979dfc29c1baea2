import Basics
import Model

/// The line of a file that a problem is about, with a mark below the place.
package struct SourceExcerpt: Equatable, Sendable {
    /// Two lines: `  12 |   "port": 70000` and the mark, harmless on a terminal.
    package let lines: [String]

    /// How much of a long line is shown, and how much of that before the place.
    private static let most = 96
    /// A longer line is nothing that a person reads.
    private static let longest = 400
    private static let before = 48

    /// nil for a place outside the text, for a line that is empty or longer than 400 letters, and
    /// for one that could hold a secret, which nobody may read over a shoulder or in a log.
    ///
    /// - Parameter text: the file's lines, as scalars without their ends.
    init?(_ text: [[Unicode.Scalar]], _ position: SourcePosition) {
        guard text.indices.contains(position.line - 1) else { return nil }
        let line = text[position.line - 1]
        guard line.count <= Self.longest, line.contains(where: { $0 != " " && $0 != "\t" }),
            position.column >= 1,
            position.column <= line.count + 1, !Self.mayHoldSecret(line)
        else { return nil }
        let first = line.count > Self.most ? max(0, position.column - 1 - Self.before) : 0
        let part = line[min(first, line.count)...].prefix(Self.most)
        let shown = part.map { $0 == "\t" ? " " : TerminalText.isDeceptive($0) ? "?" : $0 }
        let number = "\(position.line)"
        let margin = String(repeating: " ", count: number.count)
        let mark = String(repeating: " ", count: position.column - 1 - first)
        let cut = (first > 0, first + part.count < line.count)
        lines = [
            "  \(number) | \(cut.0 ? "…" : "")\(String(String.UnicodeScalarView(shown)))"
                + (cut.1 ? "…" : ""),
            "  \(margin) | \(cut.0 ? " " : "")\(mark)^",
        ]
    }

    /// Whether a word in it is the name of a secret, or the line looks like one.
    private static func mayHoldSecret(_ line: [Unicode.Scalar]) -> Bool {
        let text = String(String.UnicodeScalarView(line))
        if Secret.isIn(text) || Secret.isAssigned(in: text) { return true }
        return text.split(separator: "\"").contains { part in
            Secret.isIn(String(part)) || Secret.isAssigned(in: String(part))
                || SourceAddress.withoutSecrets(String(part)) != part
                || part.split(whereSeparator: { " \t:,[]{}='".contains($0) })
                    .contains { SecretName.matches(String($0)) }
        }
    }
}

extension ConfigurationProblem {
    /// Those of the file by line, each place with what stands there; then the others in the order
    /// in which they were found.
    static func inOrder(
        _ problems: [ConfigurationProblem], of file: SourceFile?
    ) -> [ConfigurationProblem] {
        var ordered = problems.enumerated().sorted {
            ($0.element.line ?? .max, $0.offset) < ($1.element.line ?? .max, $1.offset)
        }.map(\.element)
        let lines = lines(of: file)
        // What is said of a secret does not show it, and nothing else on its line may. Environments
        // and arguments of servers hold secrets of which no rule knows.
        let secret = Set(
            ordered.filter { $0.message.contains("***") || $0.isOfServer }.compactMap(\.line))
        var places: Set<SourcePosition> = []
        for index in ordered.indices.prefix(Bounds.configurationProblems) {
            guard let position = ordered[index].position, !secret.contains(position.line),
                places.insert(position).inserted
            else { continue }
            ordered[index].excerpt = SourceExcerpt(lines, position)
        }
        return ordered
    }

    private var isOfServer: Bool {
        switch place {
        case .key(let key), .element(let key, _):
            [.environment, .strings(.argument)].contains(key.definition.kind)
        default: false
        }
    }

    /// The file's lines; none of what is no UTF-8.
    private static func lines(of file: SourceFile?) -> [[Unicode.Scalar]] {
        guard let file, file.bytes.count <= Bounds.configurationBytes,
            let scalars = try? UTF8Text.scalars(file.bytes)
        else { return [] }
        return scalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Array($0.last == "\r" ? $0.dropLast() : $0) }
    }
}
