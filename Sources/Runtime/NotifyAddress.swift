import Basics
import Configuration
import Foundation

/// The address in a file that notifications are posted to. It can be a secret: it is read for each
/// one, handed to curl's standard input, and shown nowhere.
enum NotifyAddress {
    /// Why there is none. No case holds anything of the file.
    struct Problem: Error, Equatable, Sendable {
        /// What follows the path of the file.
        var text: String
    }

    /// Reads the address.
    static func read(_ path: String) -> Result<String, Problem> {
        do {
            let bytes = try RegularFile.read(path, limit: Bounds.notifyAddressBytes + 1)
            return address(bytes)
        } catch {
            return .failure(Problem(text: "\(error)"))
        }
    }

    /// The address that a file holds: one line, `http://…` or `https://…`.
    static func address(_ bytes: [UInt8]) -> Result<String, Problem> {
        func no(_ text: String) -> Result<String, Problem> { .failure(Problem(text: text)) }
        guard bytes.count <= Bounds.notifyAddressBytes else {
            return no("is longer than \(Bounds.notifyAddressBytes) bytes")
        }
        var line = bytes[...]
        if line.last == UInt8(ascii: "\n") { line = line.dropLast() }
        guard !line.isEmpty else { return no("is empty") }
        if line.contains(UInt8(ascii: "\r")) {
            return no("holds a carriage return (line ends of Windows); take it out")
        }
        guard !line.contains(UInt8(ascii: "\n")) else { return no("holds more than one line") }
        // Printable ASCII without blanks, quotes and backslashes: what a URL is made of.
        guard line.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }) else {
            return no("holds a character that no URL has (a blank, say)")
        }
        let text = String(decoding: line, as: UTF8.self)
        let lower = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lower.hasPrefix),
            text.utf8.count > scheme.utf8.count
        else { return no("holds no URL that begins with http:// or https://") }
        return .success(text)
    }

    /// What is wrong with the file, or may be; nil: nothing.
    static func warning(_ path: String) -> String? {
        if case .failure(let problem) = read(path) {
            return "\(path) \(problem.text); nothing can be posted"
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return nil }
        return "\(path) can be read by others, and the address may be a secret; try: chmod 600 "
            + path
    }
}

extension NotifySpec {
    /// What should be known of it before it is needed; nothing of it stands in the way of a start.
    package var warnings: [String] {
        let key = ConfigurationKey.notify(.urlFile)
        return (urlFile.flatMap(NotifyAddress.warning)).map { ["\(key): \($0)"] } ?? []
    }
}
