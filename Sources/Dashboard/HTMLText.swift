import Basics

/// HTML whose text was made harmless on its way in: what servers and hosts say is on the page.
struct HTMLText: Equatable, Sendable, ExpressibleByStringInterpolation {
    /// As it is sent.
    private(set) var text: String

    /// Markup, as it stands in the code.
    init(stringLiteral value: String) { text = value }

    /// Markup with values in it, each of them escaped.
    init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

    /// Parts of HTML, one after the other.
    init(_ parts: [HTMLText]) { text = parts.map(\.text).joined() }

    static let none = HTMLText(stringLiteral: "")

    static func + (left: HTMLText, right: HTMLText) -> HTMLText { HTMLText([left, right]) }

    /// What stands between the quotes of a literal.
    struct Interpolation: StringInterpolationProtocol {
        var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ value: HTMLText) { text += value.text }

        mutating func appendInterpolation(_ value: String) { text += escaped(value) }

        mutating func appendInterpolation(_ value: Int) { text += String(value) }

        /// A time, which the page's script turns into the reader's own.
        mutating func appendInterpolation(_ value: Timestamp) {
            text +=
                "<time datetime=\"\(value)\">\(value.description.replacing("T", with: " "))</time>"
        }

        /// For text and for attributes in double quotes alike.
        private func escaped(_ value: String) -> String {
            var escaped = ""
            for scalar in value.unicodeScalars {
                switch scalar {
                case "&": escaped += "&amp;"
                case "<": escaped += "&lt;"
                case ">": escaped += "&gt;"
                case "\"": escaped += "&quot;"
                case "'": escaped += "&#39;"
                case let scalar where TerminalText.isDeceptive(scalar): escaped += "\u{FFFD}"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
    }
}
