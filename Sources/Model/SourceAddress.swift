import Basics

/// Where a file of a model is on a web server.
///
/// It may be a secret: it is handed to curl's standard input, and people see it without its query,
/// or where all of it is one nothing but its host.
package struct SourceAddress: Equatable, Sendable {
    /// Why a text is no such address. Holds nothing of it.
    package struct Problem: Error, Equatable, Sendable {
        /// What is wrong and what to do.
        package var message: String
    }

    /// All of it.
    package let text: String
    /// `https://HOST[:PORT]`, in lower case: whom a token is meant for.
    package let origin: String
    /// What people see: without query, of a secret `https://HOST/...`.
    package let shown: String
    private let isSecret: Bool

    private static let schemes = ["http://", "https://"]

    /// Whether a text is meant as an address, and not as a path: of another scheme, too, which is
    /// then refused by name.
    package static func isMeant(_ text: String) -> Bool {
        let scheme = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        let isScheme = scheme.allSatisfy { byte in
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            return isLetter || isDigit || "+-.".utf8.contains(byte)
        }
        return !scheme.isEmpty && isScheme && text.dropFirst(scheme.count).hasPrefix("://")
    }

    /// What may be shown of a text: of one that is meant as an address nothing of who is let in,
    /// and no query, whatever else is wrong with it.
    package static func withoutSecrets(_ text: String) -> String {
        guard isMeant(text), let mark = text.firstRange(of: "://") else { return text }
        var rest = text[mark.upperBound...]
        var shown = text[..<mark.upperBound]
        if let user = rest.lastIndex(of: "@") {
            shown += "***"
            rest = rest[user...]
        }
        guard let query = rest.firstIndex(where: { "?#".contains($0) }) else {
            return String(shown + rest)
        }
        return shown + rest[..<query] + "?***"
    }

    /// An address that somebody gave.
    ///
    /// - Parameter isSecret: whether its path is one, too.
    package init(_ text: String, isSecret: Bool = false) throws(Problem) {
        guard text.utf8.count <= Bounds.sourceAddressBytes else {
            throw Problem(message: "it is longer than \(Bounds.sourceAddressBytes) bytes")
        }
        let lower = text.lowercased()
        guard let scheme = Self.schemes.first(where: lower.hasPrefix) else {
            throw Problem(message: "it does not begin with http:// or https://")
        }
        // Printable ASCII without blanks, quotes and backslashes: what a URL is made of.
        let isURL = text.utf8.allSatisfy {
            (0x21...0x7e).contains($0) && ![0x22, 0x27, 0x5c].contains($0)
        }
        guard isURL else {
            throw Problem(message: "it holds a character that no URL has (a blank, say)")
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw Problem(
                message: "a name or password in an address is refused: others would see it. "
                    + "Try: ~/.netrc on each host that fetches")
        }
        guard Self.isHost(authority) else { throw Problem(message: "it names no host") }
        let path = rest.split(separator: "/", maxSplits: 4)
        guard authority.lowercased() != "huggingface.co" || path.dropFirst(3).first != "blob" else {
            throw Problem(
                message: "it is that of a page about the file; the file's own has /resolve/ where "
                    + "this one has /blob/")
        }
        self.text = text
        origin = scheme + authority.lowercased()
        self.isSecret = isSecret
        shown = isSecret ? origin + "/..." : Self.withoutQuery(text)
    }

    private static func withoutQuery(_ text: String) -> String {
        String(text.prefix { !"?#".contains($0) })
    }

    /// `HOST`, `HOST:PORT`, `[IPV6]:PORT`.
    private static func isHost(_ authority: Substring) -> Bool {
        let host = authority.prefix { $0 != ":" }
        if authority.hasPrefix("[") { return Outside.name(authority) != nil }
        let port = authority.dropFirst(host.count + 1)
        let hasPort = authority.contains(":")
        return !host.isEmpty && Outside.name(host, atMost: 253) != nil
            && (!hasPort || Outside.number(port, in: Outside.port) != nil)
    }

    /// Whether nobody on the way can read it.
    package var isEncrypted: Bool { origin.hasPrefix("https:") }

    /// The addresses of all files of a split model, whose first this one is.
    ///
    /// - Returns: nil when its path does not end as that of a first file of so many.
    package func parts(_ count: Int) -> [SourceAddress]? {
        let path = Self.withoutQuery(text)
        let query = text.dropFirst(path.count)
        return GGUFSplit.paths(first: path, count: count)?.compactMap {
            try? SourceAddress($0 + query, isSecret: isSecret)
        }
    }
}

extension SourceAddress: Codable {
    /// From its text, judged anew.
    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// As its text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
