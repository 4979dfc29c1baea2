/// Text of others - servers, files, hosts - on its way to a terminal.
package enum TerminalText {
    /// The text with everything that could steer a terminal, or reorder what is read, replaced.
    ///
    /// A tab becomes a space; C0, DEL and C1 controls, line separators and bidirectional overrides
    /// (Unicode UAX 9) become U+FFFD.
    package static func clean(_ text: String) -> String {
        // Almost every line is plain ASCII, which is quick to see.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var clean = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09: clean.append(" ")
            case 0..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
                clean.append("\u{FFFD}")
            default: clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }
}
