/// The one place where words become shell text.
package enum ShellQuoting {
    /// A word that every POSIX shell reads back as exactly `word`.
    ///
    /// Left bare only when all its characters are harmless in any position; otherwise in single
    /// quotes, inside which POSIX gives no character a meaning (XCU 2.2.2), with each single quote
    /// itself as `'\''`. `=` is quoted so that a first word cannot turn into an assignment. NUL
    /// cannot be part of a command line and must have been refused before.
    package static func quote(_ word: String) -> String {
        if !word.isEmpty, word.utf8.allSatisfy(isHarmless) { return word }
        var quoted = "'"
        for scalar in word.unicodeScalars {
            if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
        }
        return quoted + "'"
    }

    /// Words as one command line.
    package static func join(_ words: [String]) -> String {
        words.map(quote).joined(separator: " ")
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "_@%+:,./-".utf8.contains(byte)
        }
    }
}
