import Basics

/// What a terminal can show.
package struct ScreenForm: Equatable, Sendable {
    /// Which characters it has.
    package enum Charset: Equatable, Sendable {
        /// All of Unicode.
        case unicode
        /// Those of ASCII, whatever the locale says of the others.
        case ascii

        /// By the locale of that environment (locale(7)): the first of `LC_ALL`, `LC_CTYPE` and
        /// `LANG` that is set tells.
        package init(environment: [String: String]) {
            let names = ["LC_ALL", "LC_CTYPE", "LANG"]
            let locale = names.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
            let form = locale.lowercased().replacing("-", with: "")
            self = form.contains("utf8") ? .unicode : .ascii
        }
    }

    /// Its width.
    package var columns: Int
    /// Its height.
    package var rows: Int
    /// Which characters it has.
    package var charset: Charset
    /// Whether it shows colours, and people want them (no-color.org).
    package var hasColor: Bool

    /// A terminal of that form.
    package init(columns: Int, rows: Int, charset: Charset, hasColor: Bool) {
        self.columns = columns
        self.rows = rows
        self.charset = charset
        self.hasColor = hasColor
    }

    /// A text in characters that it has.
    package func text(_ text: String) -> String {
        guard charset == .ascii, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        return text.unicodeScalars.map { scalar in
            scalar.isASCII ? String(scalar) : Self.ascii[scalar] ?? "?"
        }.joined()
    }

    /// What people write who do not have the other.
    private static let ascii: [Unicode.Scalar: String] = [
        "…": "...", "’": "'", "‘": "'", "“": "\"", "”": "\"", "–": "-", "—": "-", "→": "->",
        "×": "x",
    ]

    /// What bars are made of.
    var glyphs: Glyphs { charset == .unicode ? .unicode : .ascii }

    /// Characters of bars.
    struct Glyphs {
        /// The part that is there, and the rest.
        var full: Character
        var rest: Character
        /// What neighbours are told apart by without colours.
        var segments: [Character]
        /// A slot that answers, and one that waits.
        var busy: Character
        var idle: Character
        var more: String

        static let unicode = Glyphs(
            full: "━", rest: "─", segments: ["█", "▒"], busy: "■", idle: "□", more: "…")
        static let ascii = Glyphs(
            full: "#", rest: ".", segments: ["#", "="], busy: "#", idle: ".", more: "...")
    }
}
