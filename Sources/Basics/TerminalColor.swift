extension TerminalText {
    /// Whether nothing but lines may go to a terminal: it is called dumb, or nobody says what it
    /// is, as where `ssh -t` runs a command for a program.
    package static func isDumb(_ environment: [String: String]) -> Bool {
        ["", "dumb"].contains(environment["TERM", default: ""])
    }

    /// Whether a terminal shows colours in that environment: not a dumb one, and not where people
    /// want none (no-color.org).
    package static func hasColor(_ environment: [String: String]) -> Bool {
        !isDumb(environment) && environment["NO_COLOR", default: ""].isEmpty
    }

    /// A text in that style, as a terminal is told (ECMA-48, 8.3.117): `1;31` is bold and red.
    package static func colored(_ text: some StringProtocol, _ style: String) -> String {
        "\u{1B}[\(style)m\(text)\u{1B}[0m"
    }
}
