/// Text of others - servers, files, hosts - on its way to a terminal.
package enum TerminalText {
    /// The text with everything that could steer a terminal, reorder what is read, or not be seen,
    /// replaced.
    ///
    /// A tab becomes a space; all else that `isDeceptive` says becomes U+FFFD, as what was no UTF-8
    /// has already. What joins emoji to one picture stays.
    package static func clean(_ text: String) -> String {
        // Almost every line is plain ASCII, which is quick to see.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var clean = String.UnicodeScalarView()
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\t" {
                clean.append(" ")
            } else if isDeceptive(scalar), !isPartOfEmoji(scalars, index) {
                clean.append("\u{FFFD}")
            } else {
                clean.append(scalar)
            }
        }
        return String(clean)
    }

    /// The same for a text of several lines, which stay lines.
    package static func cleanLines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { clean(String($0)) }.joined(separator: "\n")
    }

    /// The text with `?` for every scalar that `isDeceptive`, tabs too: one line of its own.
    package static func line(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { isDeceptive($0) ? "?" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Whether a scalar does not show itself, or changes how others are shown: control and format
    /// characters (C0, DEL, C1, bidirectional overrides of UAX 9), line and paragraph separators,
    /// and what is to be passed over where it is not known (zero-width characters, fillers, tags,
    /// variation selectors).
    package static func isDeceptive(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// A zero-width joiner between two emoji, or the selector that has one shown in colours.
    private static func isPartOfEmoji(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        guard index > 0, isPicture(scalars[index - 1]) || scalars[index - 1] == selector else {
            return false
        }
        switch scalars[index] {
        case selector: return isPicture(scalars[index - 1])
        case "\u{200D}": return index + 1 < scalars.count && isPicture(scalars[index + 1])
        default: return false
        }
    }

    private static let selector: Unicode.Scalar = "\u{FE0F}"

    private static func isPicture(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && (scalar.properties.isEmoji || scalar.properties.isEmojiModifier)
    }

    /// A name that others gave: as it is where it is a plain one (`Outside.name`), else quoted.
    package static func name(_ text: some StringProtocol) -> String {
        Outside.name(text) ?? quote(text)
    }

    /// Words of others as part of a sentence: cleaned, shortened, and inside one pair of single
    /// quotes, which nothing in them can close.
    package static func quote(_ words: some StringProtocol, atMost longest: Int = 300) -> String {
        // By scalars: with an accent on it a quote is another character.
        let scalars = clean(String(words)).unicodeScalars
        let shown = scalars.prefix(longest).map { $0 == "'" ? "’" : $0 }
        let cut = scalars.count > longest ? "…" : ""
        return "'\(String(String.UnicodeScalarView(shown)))\(cut)'"
    }
}
