/// Text of files, which may hold anything.
package enum UTF8Text {
    /// The Unicode scalars of a text.
    ///
    /// - Throws: `JSONReadError` at the first byte that UTF-8 does not allow.
    package static func scalars(_ bytes: [UInt8]) throws(JSONReadError) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var decoder = Unicode.UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return scalars
            case .error:
                let line = scalars.filter { $0 == "\n" }.count + 1
                let column = scalars.reversed().prefix { $0 != "\n" }.count + 1
                let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
                throw JSONReadError(
                    position: SourcePosition(line: line, column: column),
                    message: isUTF16
                        ? "this is UTF-16, as Windows writes it; save it as UTF-8"
                        : "this is not valid UTF-8")
            }
        }
    }
}

/// A text for one line of a message: quoted, shortened, without secrets, and without
/// what steers a terminal or reorders a line (control and format characters, such as U+202E).
package func printable(_ text: String) -> String {
    let text = Secret.hidden(in: text)
    var clean = ""
    for scalar in text.unicodeScalars.prefix(80) {
        switch scalar.properties.generalCategory {
        case _ where TerminalText.isDeceptive(scalar), .unassigned, .privateUse:
            clean += "\\u{\(String(scalar.value, radix: 16))}"
        default: clean.unicodeScalars.append(scalar)
        }
    }
    return "\"\(clean)\(text.unicodeScalars.count > 80 ? "…" : "")\""
}

extension String {
    /// Whether the first byte is that of an option, whatever combines with it: `hasPrefix` compares
    /// whole characters, and a dash under an accent is another one.
    package var beginsWithDash: Bool { unicodeScalars.first == "-" }
}
