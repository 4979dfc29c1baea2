/// Reads what arrives from outside - a host, a server, a model, a file that others may write - as
/// a number or a path, within bounds: whatever is computed with it later cannot overflow, and what
/// becomes a word of a command line holds nothing that ends or hides one.
///
/// The only place where text of others becomes a number, so that a bound is never forgotten.
package enum Outside {
    /// Bytes of a file, or of memory.
    package static let bytes: ClosedRange<Int64> = 0...1 << 50
    /// KiB of memory: as many bytes.
    package static let kibibytes: ClosedRange<Int64> = 0...1 << 40
    /// Seconds between two times, or since a host's own beginning.
    package static let seconds: ClosedRange<Int64> = -(1 << 40)...1 << 40
    /// Seconds since 1970 that are 64 bits in nanoseconds as well.
    package static let fileTime: ClosedRange<Int64> = -(1 << 32)...1 << 32
    /// Process ids: pid_t is 32 bits everywhere.
    package static let pid: ClosedRange<Int> = 1...(1 << 31) - 1
    /// User ids.
    package static let uid: ClosedRange<Int> = 0...(1 << 32) - 1
    /// What a shell has in `$?`.
    package static let status: ClosedRange<Int> = 0...255
    /// TCP ports.
    package static let port: ClosedRange<Int> = 1...65535
    /// How many of something: layers, files, numbers of a list.
    package static let count: ClosedRange<Int> = 0...1 << 40

    /// A whole number in that range, or nil.
    package static func number<Value: FixedWidthInteger>(
        _ text: some StringProtocol, in range: ClosedRange<Value>, radix: Int = 10
    ) -> Value? {
        Value(text, radix: radix).flatMap { range.contains($0) ? $0 : nil }
    }

    /// Numbers in their ranges, or nil when one is none or there are more or fewer of them.
    package static func numbers(
        _ words: [some StringProtocol], in ranges: ClosedRange<Int64>...
    ) -> [Int64]? {
        let numbers = zip(words, ranges).compactMap { number($0, in: $1) }
        return numbers.count == words.count && words.count == ranges.count ? numbers : nil
    }

    /// Seconds with a fraction, not negative and less than a billion years, or nil.
    package static func fraction(_ text: some StringProtocol) -> Double? {
        Double(text).flatMap { (0...1e16).contains($0) ? $0 : nil }
    }

    /// An absolute path that a host reports of itself, or nil: it may become a word of a command
    /// line there, and people read it.
    package static func path(_ text: String) -> String? {
        let isPath = text.utf8.first == UInt8(ascii: "/") && text.utf8.count <= longestPath
        return isPath && isPlain(text) ? text : nil
    }

    /// Linux's PATH_MAX.
    private static let longestPath = 4096

    /// Whether a text holds nothing that ends a line, steers a terminal, cannot be seen, or was no
    /// UTF-8.
    package static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { !TerminalText.isDeceptive($0) && $0 != "\u{FFFD}" }
    }

    /// A name as programs give them - a device, an architecture, a build's library - or nil: ASCII
    /// letters, digits and some marks, so that it can stand anywhere.
    package static func name(_ text: some StringProtocol, atMost longest: Int = 128) -> String? {
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: marks.contains(byte)
            }
        }
        return isName && (1...longest).contains(text.utf8.count) ? String(text) : nil
    }

    private static let marks = Array("._-:[]+@".utf8)

    /// Whether a text is so many hexadecimal digits, lowercase as digests are written here.
    package static func isHex(_ text: String, digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// Calls `body` with each line that is not empty.
    ///
    /// By bytes: CR LF is one character of a `String`, and not the one that ends a line.
    /// - Returns: whether there were no more than so many; the others are not looked at.
    package static func lines(
        _ bytes: [UInt8], atMost most: Int, _ body: (ArraySlice<UInt8>) -> Void
    ) -> Bool {
        var rest = bytes[...]
        var count = 0
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            if line.isEmpty { continue }
            count += 1
            guard count <= most else { return false }
            body(line)
        }
        return true
    }
}
