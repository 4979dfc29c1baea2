extension TerminalText {
    /// Whether a terminal shows colours in that environment: not one that is called dumb, and not
    /// where people want none (no-color.org).
    package static func hasColor(_ environment: [String: String]) -> Bool {
        environment["TERM"] != "dumb" && environment["NO_COLOR", default: ""].isEmpty
    }

    /// A text in that style, as a terminal is told (ECMA-48, 8.3.117): `1;31` is bold and red.
    package static func colored(_ text: some StringProtocol, _ style: String) -> String {
        "\u{1B}[\(style)m\(text)\u{1B}[0m"
    }
}
