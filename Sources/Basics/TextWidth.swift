extension TerminalText {
    /// Columns that a text takes on a terminal: two for wide characters (UAX 11), none for what is
    /// drawn over the one before it.
    package static func width(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The same of a line with colours: sequences that end in `m` take no room.
    package static func width(ofStyled line: String) -> Int {
        var width = 0
        for (index, part) in line.split(separator: "\u{1B}", omittingEmptySubsequences: false)
            .enumerated()
        {
            width += Self.width(index == 0 ? part : part.drop { $0 != "m" }.dropFirst())
        }
        return width
    }

    /// The beginning of a text that takes at most so many columns.
    package static func prefix(_ text: String, columns: Int) -> String {
        if text.utf8.count <= columns { return text }
        var used = 0
        let kept = text.unicodeScalars.prefix { scalar in
            used += width(scalar)
            return used <= columns
        }
        return String(String.UnicodeScalarView(kept))
    }

    /// The beginnings and ends of what takes two columns, without what is rare.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }
}
