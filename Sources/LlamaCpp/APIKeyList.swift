import Basics

/// The keys of a file for `--api-key-file`, as llama-server reads them.
///
/// It splits at newlines, and passes over empty lines and those that begin with `#`; every other
/// byte belongs to a key (source and measured, build 11669). A file without a key leaves the API
/// open to everyone, and a key with a blank or a carriage return at its end answers 401 to all,
/// since HTTP strips what a client sends. So both are refused here, as is a line that begins with a
/// blank: an indented comment would be a key that anybody can guess.
package struct APIKeyList: Equatable, Sendable {
    /// Why a file cannot be used. No case holds anything of a key.
    package enum Problem: Error, Equatable, Sendable {
        /// Nothing but empty lines and comments.
        case noKey
        /// A line of that number, from 1, that is no key which a client can send.
        case line(Int, Flaw)
        /// More than `Bounds.keyFileBytes`.
        case tooLarge
    }

    /// What is wrong with a line.
    package enum Flaw: Equatable, Sendable {
        case carriageReturn
        case blankAtEnd
        case blankAtBegin
        case controlCharacter
        case byteOrderMark
        case tooLong
    }

    /// In the order of the file; at least one. Bytes, since llama-server compares bytes.
    package let keys: [[UInt8]]

    /// Reads the content of a file.
    package init(_ content: [UInt8]) throws(Problem) {
        guard content.count <= Bounds.keyFileBytes else { throw .tooLarge }
        let newline = UInt8(ascii: "\n")
        let lines = content.split(separator: newline, omittingEmptySubsequences: false)
        var keys: [[UInt8]] = []
        var flaw: Problem?
        for (index, line) in lines.enumerated() {
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            if let found = Self.flaw(line) { flaw = flaw ?? .line(index + 1, found) }
            if !line.allSatisfy(Self.isBlank) { keys.append(Array(line)) }
        }
        // Blanks alone are a key to llama-server, but none to anybody who looks at the file.
        guard !keys.isEmpty else { throw .noKey }
        if let flaw { throw flaw }
        self.keys = keys
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    private static func flaw(_ line: ArraySlice<UInt8>) -> Flaw? {
        // The first line of what an editor of Windows writes.
        if line.starts(with: byteOrderMark) { return .byteOrderMark }
        if line.contains(UInt8(ascii: "\r")) { return .carriageReturn }
        if line.last.map(isBlank) == true { return .blankAtEnd }
        if line.first.map(isBlank) == true { return .blankAtBegin }
        if line.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return .controlCharacter }
        return line.count > Bounds.keyBytes ? .tooLong : nil
    }
}

extension APIKeyList.Problem {
    /// The end of a sentence that begins with the file, with the remedy.
    package var text: String {
        switch self {
        case .noKey:
            "holds no key: the API would be open to everyone. Write one into it, one a line; "
                + "llama-server passes over empty lines and those that begin with #"
        case .line(let number, let flaw): "\(flaw.text), in line \(number)"
        case .tooLarge: "is larger than \(Bounds.keyFileBytes) bytes, no file of keys"
        }
    }
}

extension APIKeyList.Flaw {
    fileprivate var text: String {
        switch self {
        case .carriageReturn:
            "has a carriage return, as files of Windows have; llama-server takes it as part of the "
                + "key, and every client would get 401. End lines with a newline only"
        case .blankAtEnd:
            "has a blank at the end of a key; llama-server takes it as part of the key, and every "
                + "client would get 401. Remove it"
        case .blankAtBegin:
            "has a blank at the beginning of a line; llama-server takes the whole line as a key, "
                + "even one that is meant as a comment. Remove it"
        case .controlCharacter: "has a control character in a key, which no client can send"
        case .byteOrderMark:
            "begins with a byte order mark, which llama-server takes as part of the first key. "
                + "Save it without one"
        case .tooLong: "has a key of more than \(Bounds.keyBytes) bytes"
        }
    }
}
