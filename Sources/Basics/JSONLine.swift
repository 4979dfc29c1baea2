/// Reads one line that should hold a JSON object, byte by byte: a file of many lines, megabytes of
/// them, is read in the time in which it is shown. Of what is kept beyond a line `JSONReader` says
/// where it is wrong; a line that is wrong here is passed over.
package struct JSONLine {
    /// Arrays and objects within each other that are passed over.
    private static let deepest = 8
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private let bytes: [UInt8]
    private var place = 0

    /// A line without its newline.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the object, and nothing may follow it.
    ///
    /// - Parameter member: reads the value of a key; false: it is not what it should be.
    /// - Returns: whether it is one.
    package mutating func object(_ member: (String, inout JSONLine) -> Bool) -> Bool {
        members(member) && next == nil
    }

    /// A string.
    package mutating func string() -> String? {
        guard take(Self.quote) else { return nil }
        let start = place
        while place < bytes.count, Self.isPlain(bytes[place]) { place += 1 }
        guard place < bytes.count else { return nil }
        // Almost every string is as it is written.
        if bytes[place] == Self.quote {
            place += 1
            return String(decoding: bytes[start..<place - 1], as: UTF8.self)
        }
        return escaped(Array(bytes[start..<place]))
    }

    /// A string, or null as an empty one.
    package mutating func stringOrNull() -> String? {
        next == UInt8(ascii: "n") ? (word() == "null" ? "" : nil) : string()
    }

    /// An array of strings.
    package mutating func strings() -> [String]? {
        var strings: [String] = []
        let isRead = list(UInt8(ascii: "["), UInt8(ascii: "]")) { line in
            guard let string = line.string() else { return false }
            strings.append(string)
            return true
        }
        return isRead ? strings : nil
    }

    /// A number in that range, or null as the lower bound.
    package mutating func numberOrNull(in range: ClosedRange<Double>) -> Double? {
        let text = word()
        if text == "null" { return range.lowerBound }
        return Double(text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// Passes over a value, whatever it is.
    package mutating func skip(within depth: Int = JSONLine.deepest) -> Bool {
        switch next {
        case Self.quote?: return string() != nil
        case UInt8(ascii: "["):
            return depth > 0
                && list(UInt8(ascii: "["), UInt8(ascii: "]")) { $0.skip(within: depth - 1) }
        case UInt8(ascii: "{"):
            return depth > 0 && members { _, line in line.skip(within: depth - 1) }
        default:
            let word = word()
            return ["true", "false", "null"].contains(word) || Double(word) != nil
        }
    }

    // MARK: Pieces

    private mutating func members(_ member: (String, inout JSONLine) -> Bool) -> Bool {
        list(UInt8(ascii: "{"), UInt8(ascii: "}")) { line in
            guard let key = line.string(), line.take(UInt8(ascii: ":")) else { return false }
            return member(key, &line)
        }
    }

    private mutating func list(
        _ open: UInt8, _ close: UInt8, _ element: (inout JSONLine) -> Bool
    ) -> Bool {
        guard take(open) else { return false }
        if take(close) { return true }
        repeat { if !element(&self) { return false } } while take(UInt8(ascii: ","))
        return take(close)
    }

    /// The next byte that is no space; nil at the end.
    private var next: UInt8? {
        mutating get {
            while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
            return place < bytes.count ? bytes[place] : nil
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    /// A number, or a word of the language.
    private mutating func word() -> String {
        _ = next
        let start = place
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                place += 1
            default: return String(decoding: bytes[start..<place], as: UTF8.self)
            }
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != quote && byte != backslash
    }

    /// The rest of a string that has begun so.
    private mutating func escaped(_ start: [UInt8]) -> String? {
        var text = start
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == Self.quote { return String(decoding: text, as: UTF8.self) }
            if byte == Self.backslash {
                guard let scalar = escape() else { return nil }
                text += Array(String(Character(scalar)).utf8)
            } else if Self.isPlain(byte) {
                text.append(byte)
            } else {
                return nil
            }
        }
        return nil
    }

    /// What is behind a backslash (RFC 8259, section 7); half of a pair is U+FFFD.
    private mutating func escape() -> Unicode.Scalar? {
        guard place < bytes.count else { return nil }
        place += 1
        switch bytes[place - 1] {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case Self.quote: return "\""
        case Self.backslash: return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let first = unit() else { return nil }
        if UTF16.isLeadSurrogate(first), bytes[place...].starts(with: Array("\\u".utf8)) {
            let before = place
            place += 2
            guard let second = unit() else { return nil }
            if UTF16.isTrailSurrogate(second) {
                let high = UInt32(first - 0xD800) << 10
                return Unicode.Scalar(0x10000 + high + UInt32(second - 0xDC00))
            }
            place = before
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func unit() -> UInt16? {
        guard place + 4 <= bytes.count else { return nil }
        place += 4
        let digits = bytes[place - 4..<place]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
