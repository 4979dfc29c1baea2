import Foundation

/// The coordinator's API keys, read only to ask it what it is doing; never shown.
enum APIKeyFile {
    /// The first key of a file of one key a line, or nil.
    static func firstKey(of path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return text.split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
