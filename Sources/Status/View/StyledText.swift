import Basics

/// One line of a screen: words with their colours, which take no room.
struct StyledText: Sendable {
    /// A colour, as a terminal is told (ECMA-48, 8.3.117).
    enum Style: String, Sendable {
        case plain = ""
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case magenta = "35"
        case cyan = "36"
        case boldRed = "1;31"
        case boldGreen = "1;32"
        case boldYellow = "1;33"
        case boldCyan = "1;36"
    }

    private var spans: [(text: String, style: Style)] = []

    /// A line of one style.
    init(_ text: String = "", _ style: Style = .plain) {
        if !text.isEmpty { spans = [(text, style)] }
    }

    /// Columns that it takes.
    var width: Int { spans.reduce(0) { $0 + TerminalText.width($1.text) } }

    static func + (left: StyledText, right: StyledText) -> StyledText {
        var sum = left
        sum.spans += right.spans
        return sum
    }

    static func += (left: inout StyledText, right: StyledText) { left = left + right }

    /// With spaces at its end up to that width.
    func padded(to columns: Int) -> StyledText {
        let missing = columns - width
        return missing > 0 ? self + StyledText(String(repeating: " ", count: missing)) : self
    }

    /// With another one at the right end of a line, where both have room.
    func with(_ right: StyledText, atEndOf columns: Int) -> StyledText? {
        width + 2 + right.width <= columns ? padded(to: columns - right.width) + right : nil
    }

    /// At most so many columns of it; where some are missing, it ends in `more`.
    func fitted(to columns: Int, more: String) -> StyledText {
        let columns = max(0, columns)
        guard width > columns else { return self }
        var left = max(0, columns - more.count)
        var kept = StyledText()
        for span in spans where left > 0 {
            let text = TerminalText.prefix(span.text, columns: left)
            kept.spans.append((text, span.style))
            left -= TerminalText.width(text)
            if text.count < span.text.count { break }
        }
        return kept + StyledText(String(more.prefix(columns)), spans.last?.style ?? .plain)
    }

    /// What is written to a terminal, without spaces at its end.
    func text(hasColor: Bool) -> String {
        guard hasColor else {
            let plain = spans.map(\.text).joined()
            return String(plain.reversed().drop { $0 == " " }.reversed())
        }
        return spans.map { text, style in
            style == .plain ? text : TerminalText.colored(text, style.rawValue)
        }.joined()
    }
}
