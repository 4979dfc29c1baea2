/// Passwords in URLs: `scheme://user:password@host`, as proxies and databases have them.
package enum URLPassword {
    /// Whether the text holds one.
    package static func isIn(_ text: String) -> Bool { !places(in: text[...]).isEmpty }

    /// The text with `***` for user and password.
    static func hidden(in text: String) -> String {
        var text = text
        for place in places(in: text[...]).reversed() { text.replaceSubrange(place, with: "***") }
        return text
    }

    /// Where user and password stand: in what follows `://` (RFC 3986, 3.2), before its last `@`.
    private static func places(in text: Substring) -> [Range<String.Index>] {
        text.ranges(of: "://").compactMap { mark in
            let authority = text[mark.upperBound...].prefix { !"/?# \t\n\"'".contains($0) }
            guard let end = authority.lastIndex(of: "@"), authority[..<end].contains(":") else {
                return nil
            }
            return authority.startIndex..<end
        }
    }
}
