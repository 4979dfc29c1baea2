import Testing

@testable import Basics

struct JSONReaderTests {
    /// The value of a text in a short notation of the test's own, or `LINE:COLUMN message`.
    private func read(_ text: String) -> String { read(Array(text.utf8)) }

    private func read(_ bytes: [UInt8]) -> String {
        do {
            let (root, duplicates) = try JSONReader.read(bytes)
            return show(root.value) + duplicates.map { " \(show($0))" }.joined()
        } catch {
            return show(error)
        }
    }

    private func show(_ error: JSONReadError) -> String {
        "\(error.position.line):\(error.position.column) \(error.message)"
    }

    private func show(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let isOn): "\(isOn)"
        case .number(let text): "#\(text)"
        case .string(let text): "'\(text)'"
        case .array(let nodes): "[" + nodes.map { show($0.value) }.joined(separator: " ") + "]"
        case .object(let members):
            "{" + members.map { "\($0.key):\(show($0.value.value))" }.joined(separator: " ") + "}"
        }
    }

    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("false", "false"), ("[]", "[]"), ("{}", "{}"),
        ("[1, 2]", "[#1 #2]"), ("[1, 2,]", "[#1 #2]"), (#"{"a": 1, "b": [{}],}"#, "{a:#1 b:[{}]}"),
        ("\u{FEFF}{}", "{}"), ("\t\r\n 1", "#1"),
        ("// one\n1 // two", "#1"), ("/* a * / // */ 1 /**/", "#1"), ("[1/**/,//\n2]", "[#1 #2]"),
        (#""// no comment""#, "'// no comment'"),
    ])
    func values(_ text: String, _ shown: String) { #expect(read(text) == shown) }

    @Test(arguments: [
        "0", "-0", "1", "-12", "0.5", "10.25", "1e5", "1E+5", "1e-05", "-0.0e0",
        "123456789012345678901234567890",
    ])
    func numbersAreKeptAsWritten(_ text: String) { #expect(read(text) == "#\(text)") }

    @Test(arguments: [
        "00", "01", "-", "-x", "1.", "1.e5", "1e", "1e+", "1-2", "1.2.3", "--1", "1+1",
        "1ee5", "-01",
    ])
    func whatIsNoNumber(_ text: String) {
        let word = text.prefix { "+-.eE0123456789".contains($0) }
        #expect(read(text) == "1:1 \(word) is no number")
    }

    @Test func aNumberIsNotLongerThan64Digits() {
        let longest = String(repeating: "1", count: 64)
        #expect(read(longest) == "#\(longest)")
        #expect(read(longest + "1") == "1:1 \(longest) is no number")
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00x""#, "😀x"), ("\"é€😀\"", "é€😀"),
        (#""\uffff""#, "\u{FFFF}"), (#""""#, ""), ("\"\u{7F}\"", "\u{7F}"),
    ])
    func strings(_ text: String, _ value: String) { #expect(read(text) == "'\(value)'") }

    @Test(arguments: [
        (#""\x""#, #"1:2 "\x" is no escape of JSON"#),
        (#""\"#, "1:2 the file ends within a string"),
        (#""\u12g4""#, #"1:2 \u is followed by four hexadecimal digits"#),
        (#""\u00"#, #"1:2 \u is followed by four hexadecimal digits"#),
        (#""\ud83d""#, "1:2 half of a surrogate pair"),
        (#""\ude00""#, "1:2 half of a surrogate pair"),
        (#""\ud83d\ud83d""#, "1:2 half of a surrogate pair"),
        (#""\ud83dx""#, "1:2 half of a surrogate pair"),
        (#""\u0000""#, "1:2 NUL is not allowed in a string"),
        ("\"a\0\"", "1:3 the character U+0 in a string; remove it, or write it as an escape"),
        ("\"a\u{1B}\"", "1:3 the character U+1B in a string; remove it, or write it as an escape"),
        ("\"a\nb\"", "1:1 this string is not closed in its line"),
        ("\"a", "1:1 this string is never closed"),
    ])
    func brokenStrings(_ text: String, _ says: String) { #expect(read(text) == says) }

    @Test func everyValueAndKeyHasItsPlace() throws {
        let text = "// é\r\n{\"k\":\t[1,\n  \"😀\", {\"b\": null}]}"
        let (root, _) = try JSONReader.read(Array(text.utf8))
        guard case .object(let members) = root.value,
            case .array(let list) = members[0].value.value,
            case .object(let inner) = list[2].value
        else {
            Issue.record("another shape")
            return
        }
        let places = [
            root.position, members[0].position, members[0].value.position, list[0].position,
            list[1].position, list[2].position, inner[0].position, inner[0].value.position,
        ].map { "\($0.line):\($0.column)" }
        #expect(places == ["2:1", "2:2", "2:7", "2:8", "3:3", "3:8", "3:9", "3:14"])
    }

    @Test func theFirstOfEqualKeysCountsAndEveryOtherIsNamed() {
        #expect(
            read("{\"a\": 1,\n\"b\": {\"a\": 2}, \"\\u0061\": 3,\n \"a\": {\"c\": 1, \"c\": 2}}")
                == "{a:#1 b:{a:#2}} 2:16 the key \"a\" is already in line 1; remove one "
                + "3:16 the key \"c\" is already in line 3; remove one "
                + "3:2 the key \"a\" is already in line 1; remove one")
    }

    @Test(
        arguments: [
            ([0xFF], "1:1"), ([0x22, 0xC3, 0x22], "1:2"), ([0x0A, 0x20, 0x80], "2:2"),
            // Overlong, a surrogate, beyond Unicode, cut short; columns count scalars.
            ([0x22, 0xC0, 0x80, 0x22], "1:2"), ([0xED, 0xA0, 0x80], "1:1"),
            ([0xF4, 0x90, 0x80, 0x80], "1:1"), ([0x22, 0xC3, 0xA9, 0xE2, 0x82], "1:3"),
        ] as [([UInt8], String)])
    func whatIsNotUTF8(_ bytes: [UInt8], _ place: String) {
        #expect(read(bytes) == "\(place) this is not valid UTF-8")
    }

    /// What PowerShell's `>` and an editor of Windows write (fofapro/fapro 6).
    @Test(arguments: [[0xFF, 0xFE, 0x7B, 0x00], [0xFE, 0xFF, 0x00, 0x7B]] as [[UInt8]])
    func whatIsUTF16(_ bytes: [UInt8]) {
        #expect(read(bytes) == "1:1 this is UTF-16, as Windows writes it; save it as UTF-8")
    }

    @Test func sizeIsBounded() {
        let largest = "1" + String(repeating: " ", count: Bounds.configurationBytes - 1)
        #expect(read(largest) == "#1")
        #expect(read(largest + " ") == "1:1 the file is larger than 1 MiB")
    }

    @Test func depthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(read(nested(JSONReader.deepest + 1)).hasPrefix("[["))
        #expect(read(nested(JSONReader.deepest + 2)) == "1:66 nested deeper than 64 levels")
        #expect(
            read(String(repeating: "[", count: 1 << 20)) == "1:66 nested deeper than 64 levels")
        let objects = String(repeating: "{\"a\":", count: 1 << 15)
        #expect(read(objects) == "1:326 nested deeper than 64 levels")
    }
}
