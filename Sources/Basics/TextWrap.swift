/// Text broken into lines.
package enum TextWrap {
    /// Lines that are broken at spaces before their words and the spaces between them are more than
    /// so many characters; a longer word has a line of its own.
    ///
    /// - Parameter indent: before the second line and those that follow.
    package static func lines(
        _ text: some StringProtocol, atMost longest: Int, indent: String = ""
    ) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > longest {
                lines.append(line)
                line = indent + word
            } else {
                line += line.isEmpty ? "\(word)" : " \(word)"
            }
        }
        return lines + [line]
    }
}
