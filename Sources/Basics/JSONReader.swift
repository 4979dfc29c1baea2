/// Reads JSON with comments (`//`, `/* */`) and trailing commas, as SOLLOL's documents write it.
///
/// Not Foundation's JSON5, which names neither line nor path and lets duplicate keys pass. Input is
/// hostile: size and depth are bounded, each byte is looked at a bounded number of times.
package struct JSONReader {
    /// How deep lists and objects may be nested.
    static let deepest = 64

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var column = 1
    private var duplicates: [JSONReadError] = []
    private let source: Source
    private var values = 0

    /// Reads a text.
    ///
    /// - Returns: the value, and the keys that occur twice in one object; the first one counts.
    /// - Throws: `JSONReadError` for the first thing that is no JSON.
    package static func read(
        _ bytes: [UInt8], from source: Source = .configuration
    ) throws(JSONReadError) -> (root: JSONNode, duplicates: [JSONReadError]) {
        let start = SourcePosition(line: 1, column: 1)
        guard bytes.count <= source.mostBytes else {
            throw JSONReadError(position: start, message: source.tooLarge)
        }
        var reader = JSONReader(try UTF8Text.scalars(bytes), source)
        let root = try reader.document()
        return (root, reader.duplicates)
    }

    private init(_ text: [Unicode.Scalar], _ source: Source) {
        self.source = source
        scalars = text.first == "\u{FEFF}" ? Array(text.dropFirst()) : text
    }

    // MARK: Scalars

    private var here: SourcePosition { SourcePosition(line: line, column: column) }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func advance() {
        if scalars[index] == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
        index += 1
    }

    private func startsWith(_ text: String) -> Bool {
        scalars[index...].starts(with: text.unicodeScalars)
    }

    private func failure(_ message: String, at position: SourcePosition? = nil) -> JSONReadError {
        JSONReadError(position: position ?? here, message: message)
    }

    /// What stands here, for people.
    private var found: String {
        guard let next else { return "the end of the file" }
        if next == "\"" { return "a string" }
        if next.value < 0x20 || next.value == 0x7F || next.value > 0x7E {
            return "the character U+\(String(next.value, radix: 16, uppercase: true))"
        }
        return "'\(next)'"
    }

    private mutating func skipBlank() throws(JSONReadError) {
        while let scalar = next {
            if " \t\n\r".unicodeScalars.contains(scalar) {
                advance()
            } else if startsWith("//") {
                while let scalar = next, scalar != "\n" { advance() }
            } else if startsWith("/*") {
                let start = here
                advance()
                advance()
                while !startsWith("*/") {
                    guard next != nil else {
                        throw failure("this comment is never closed", at: start)
                    }
                    advance()
                }
                advance()
                advance()
            } else {
                return
            }
        }
    }

    // MARK: Values

    private mutating func document() throws(JSONReadError) -> JSONNode {
        try skipBlank()
        guard next != nil else { throw failure("the file holds no JSON value") }
        let root = try value(depth: 0)
        try skipBlank()
        guard next == nil else {
            throw failure("expected the end of the file, found \(found)")
        }
        return root
    }

    private mutating func value(depth: Int) throws(JSONReadError) -> JSONNode {
        let start = here
        guard depth <= Self.deepest else {
            throw failure("nested deeper than \(Self.deepest) levels")
        }
        values += 1
        guard values <= source.mostValues else {
            throw failure("more than \(source.mostValues) values")
        }
        switch next {
        case "{": return JSONNode(value: try object(depth: depth), position: start)
        case "[": return JSONNode(value: try array(depth: depth), position: start)
        case "\"": return JSONNode(value: .string(try string()), position: start)
        case "'": throw failure("strings are written in double quotes")
        case .some(let scalar) where scalar == "-" || ("0"..."9").contains(scalar):
            return JSONNode(value: .number(try number()), position: start)
        default: return JSONNode(value: try word(), position: start)
        }
    }

    private mutating func word() throws(JSONReadError) -> JSONValue {
        let start = here
        var text = String.UnicodeScalarView()
        while let scalar = next, scalar.properties.isAlphabetic || scalar == "_" {
            if text.count < 40 { text.append(scalar) }
            advance()
        }
        switch String(text) {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "": throw failure("expected a value, found \(found)")
        case let word:
            throw failure(
                "expected a value, found \(word); strings are written in double quotes", at: start)
        }
    }

    private mutating func array(depth: Int) throws(JSONReadError) -> JSONValue {
        let start = here
        advance()
        var elements: [JSONNode] = []
        while true {
            try skipBlank()
            if next == "]" { break }
            try mustNotEnd("list", from: start)
            elements.append(try value(depth: depth + 1))
            try skipBlank()
            if next == "]" { break }
            try mustNotEnd("list", from: start)
            guard next == "," else { throw failure("expected ',' or ']', found \(found)") }
            advance()
        }
        advance()
        return .array(elements)
    }

    private mutating func object(depth: Int) throws(JSONReadError) -> JSONValue {
        let start = here
        advance()
        var members: [JSONMember] = []
        var lines: [String: Int] = [:]
        while true {
            try skipBlank()
            if next == "}" { break }
            try mustNotEnd("object", from: start)
            let position = here
            guard next == "\"" else {
                throw failure("expected a key in double quotes or '}', found \(found)")
            }
            let key = try string()
            try skipBlank()
            guard next == ":" else { throw failure("expected ':' after a key, found \(found)") }
            advance()
            try skipBlank()
            let member = JSONMember(
                key: key, position: position, value: try value(depth: depth + 1))
            if let line = lines[key] {
                duplicates.append(
                    failure(
                        "the key \(printable(key)) is already in line \(line); remove one",
                        at: position))
            } else {
                lines[key] = position.line
                members.append(member)
            }
            try skipBlank()
            if next == "}" { break }
            try mustNotEnd("object", from: start)
            guard next == "," else { throw failure("expected ',' or '}', found \(found)") }
            advance()
        }
        advance()
        return .object(members)
    }

    private func mustNotEnd(_ what: String, from start: SourcePosition) throws(JSONReadError) {
        guard next == nil else { return }
        throw failure("the file ends within the \(what) that begins in line \(start.line)")
    }

    private mutating func number() throws(JSONReadError) -> String {
        let start = here
        var text = String.UnicodeScalarView()
        while let scalar = next, "+-.eE0123456789".unicodeScalars.contains(scalar) {
            if text.count <= 64 { text.append(scalar) }
            advance()
        }
        let number = String(text)
        guard text.count <= 64, Self.isNumber(number) else {
            throw failure("\(number.prefix(64)) is no number", at: start)
        }
        return number
    }

    // MARK: Strings

    private mutating func string() throws(JSONReadError) -> String {
        let start = here
        advance()
        var text = String.UnicodeScalarView()
        while let scalar = next {
            switch scalar {
            case "\"":
                advance()
                return String(text)
            case "\n", "\r": throw failure("this string is not closed in its line", at: start)
            case "\\": text.append(try escape())
            case _ where scalar.value < 0x20:
                throw failure("\(found) in a string; remove it, or write it as an escape")
            default:
                text.append(scalar)
                advance()
            }
        }
        throw failure("this string is never closed", at: start)
    }

    private mutating func escape() throws(JSONReadError) -> Unicode.Scalar {
        let start = here
        advance()
        guard let letter = next else { throw failure("the file ends within a string", at: start) }
        advance()
        switch letter {
        case "\"", "\\", "/": return letter
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try unicode(from: start)
        default: throw failure("\(printable("\\\(letter)")) is no escape of JSON", at: start)
        }
    }

    private mutating func unicode(from start: SourcePosition) throws(JSONReadError)
        -> Unicode.Scalar
    {
        let high = try fourDigits(from: start)
        var code = high
        if (0xD800..<0xDC00).contains(high), startsWith("\\u") {
            advance()
            advance()
            let low = try fourDigits(from: start)
            guard (0xDC00..<0xE000).contains(low) else {
                throw failure("half of a surrogate pair", at: start)
            }
            code = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
        }
        guard code != 0 || source.allowsNUL else {
            throw failure("NUL is not allowed in a string", at: start)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw failure("half of a surrogate pair", at: start)
        }
        return scalar
    }

    private mutating func fourDigits(from start: SourcePosition) throws(JSONReadError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next, digit.isASCII, let value = Character(digit).hexDigitValue else {
                throw failure("\\u is followed by four hexadecimal digits", at: start)
            }
            code = code << 4 + UInt32(value)
            advance()
        }
        return code
    }
}
