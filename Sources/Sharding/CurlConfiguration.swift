import Model

/// What curl reads on its standard input (curl(1), `--config`) to fetch from one address: nothing
/// of it is in a command line, which everybody on that host could read.
package enum CurlConfiguration {
    /// Seconds until a connection has to stand.
    private static let connectSeconds = 20
    /// Seconds in which less than a KiB a second is none.
    private static let stallSeconds = 60
    private static let redirects = 5

    /// Everything but the range, and the token that the account there may have; a tab ends each
    /// line, so that all of it is one of a shell's, and `shard-curl.sh` makes lines of it.
    ///
    /// Redirects are followed, since models lie behind some, but to no other kind of address, and
    /// from https to https alone.
    /// - Parameters:
    ///   - etag: the answer is to be of the file with that one.
    ///   - seconds: how long all of it may take; nil: as long as something comes.
    package static func text(
        _ address: SourceAddress, etag: String?, seconds: Int? = nil
    ) -> String {
        var lines = [
            "url = \(quoted(address.text))", "proto = \"=http,https\"",
            "proto-redir = \"=\(address.isEncrypted ? "https" : "http,https")\"", "location",
            "max-redirs = \(redirects)", "globoff", "include", "suppress-connect-headers",
            "netrc-optional", "silent", "connect-timeout = \(connectSeconds)",
            "speed-limit = 1024", "speed-time = \(stallSeconds)",
        ]
        if let etag { lines.append("header = \(quoted("If-Range: \(etag)"))") }
        if let seconds { lines.append("max-time = \(seconds)") }
        return lines.joined(separator: "\t")
    }

    /// A value as curl reads it: one word, whatever is in it.
    static func quoted(_ text: String) -> String {
        var word = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "\"": word += "\\\(scalar)"
            case "\n": word += "\\n"
            case "\r": word += "\\r"
            case "\t": word += "\\t"
            case "\0": break
            default: word.unicodeScalars.append(scalar)
            }
        }
        return word + "\""
    }
}
