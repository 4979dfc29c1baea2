/// What went wrong, as people read it on a terminal or in a file.
package struct MessageText: Sendable {
    /// Where lines are broken at words; nil: nowhere, as in a file.
    private let columns: Int?
    private let hasColor: Bool

    /// For a terminal of that width, or for what is none.
    package init(columns: Int?, hasColor: Bool) {
        self.columns = columns
        self.hasColor = hasColor
    }

    /// A sentence, and what to do about it, which has a line of its own.
    ///
    /// The remedy begins where another sentence does, or a guess: `model: is missing. Set it to …`.
    package static func apart(_ message: String) -> (sentence: String, remedy: String?) {
        let guess = message.firstRange(of: "; did you mean ")
        let next = message.ranges(of: ". ").first { range in
            message[range.upperBound...].first?.isUppercase == true
        }
        switch (guess, next) {
        case (let guess?, let next) where next.map { guess.lowerBound < $0.lowerBound } ?? true:
            let rest = message[guess.lowerBound...].dropFirst(2)
            return (String(message[..<guess.lowerBound]), String(rest))
        case (_, let next?):
            return (
                String(message[..<next.lowerBound]) + ".", String(message[next.upperBound...])
            )
        default: return (message, nil)
        }
    }

    /// The same as lines, the remedy indented below the sentence.
    package static func lines(_ message: String) -> [String] {
        let parts = apart(message)
        return [parts.sentence] + (parts.remedy.map { ["  \($0)"] } ?? [])
    }

    /// The text with its labels in colours - `error:` and `warning:` alone - and sentences broken
    /// at words. A table, or a line of a file with a mark below it, stays as it is.
    package func shown(_ text: String) -> String {
        var isMessage = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.flatMap { line -> [String] in
            let label = Self.labels.first { line.hasPrefix($0.word) }
            isMessage = label != nil || (isMessage && Self.isRemedy(line))
            var shown = isMessage ? wrapped(line) : [String(line)]
            if let label, let color = label.color, hasColor {
                shown[0] =
                    TerminalText.colored(label.word, color)
                    + shown[0].dropFirst(label.word.count)
            }
            return shown
        }.joined(separator: "\n")
    }

    private static let labels: [(word: String, color: String?)] = [
        ("error:", "1;31"), ("warning:", "33"), ("notice:", nil), ("sollol:", nil),
    ]

    /// Whether a line below a message is what to do about it.
    package static func isRemedy(_ line: some StringProtocol) -> Bool {
        line.hasPrefix("  ") && line.dropFirst(2).first?.isLetter == true
    }

    private func wrapped(_ line: Substring) -> [String] {
        guard let columns, columns > 20 else { return [String(line)] }
        let indent = String(line.prefix { $0 == " " })
        return TextWrap.lines(
            line.dropFirst(indent.count), atMost: columns - 1 - indent.count, indent: "  "
        ).map { indent + $0 }
    }
}
