import Testing

@testable import Basics
@testable import LlamaCpp

@Suite struct APIKeyListTests {
    typealias Problem = APIKeyList.Problem

    private func keys(_ text: String) throws(Problem) -> [String] {
        try APIKeyList(Array(text.utf8)).keys.map { String(decoding: $0, as: UTF8.self) }
    }

    /// What the real llama-server took as its keys (build 11669, `Authorization: Bearer` of each).
    @Test(arguments: [
        ("abc\n", ["abc"]), ("abc", ["abc"]), ("# team keys\nabc\n", ["abc"]),
        ("\n\nabc\n\ndef\n", ["abc", "def"]), ("a bc\n", ["a bc"]), ("a,b\n", ["a,b"]),
        ("abc#d\n", ["abc#d"]), ("\"abc\"\n", ["\"abc\""]), ("éx\n", ["éx"]),
        ("Bearer abc\n", ["Bearer abc"]), ("# of Windows\r\nabc\n", ["abc"]),
    ])
    func aKeyIsWhatLlamaServerTakes(text: String, expected: [String]) throws {
        #expect(try keys(text) == expected)
    }

    /// Bytes that are no text are a key as well.
    @Test func bytesAreKept() throws {
        #expect(try APIKeyList([0xff, 0xfe, 10]).keys == [[0xff, 0xfe]])
    }

    /// With each of these the real one answers everybody, or nobody, or takes as a key what was
    /// meant as a comment.
    @Test(arguments: [
        ("", Problem.noKey), ("\n\n", .noKey), ("# none yet\n", .noKey), ("#\n#abc", .noKey),
        (" \n", .noKey), (" \n\t\n# none\n", .noKey),
        ("abc\r\n", .line(1, .carriageReturn)), ("abc\ndef\r\n", .line(2, .carriageReturn)),
        ("abc\n\r\n", .line(2, .carriageReturn)), ("abc\rdef\r", .line(1, .carriageReturn)),
        ("abc \n", .line(1, .blankAtEnd)), ("# team\n\nabc\t\n", .line(3, .blankAtEnd)),
        ("abc\n \n", .line(2, .blankAtEnd)),
        (" abc\n", .line(1, .blankAtBegin)), ("abc\n  # team\n", .line(2, .blankAtBegin)),
        ("a\u{1}b\n", .line(1, .controlCharacter)), ("a\u{7f}b", .line(1, .controlCharacter)),
        ("ab\0c\n", .line(1, .controlCharacter)), ("abc\u{b}\n", .line(1, .controlCharacter)),
        ("\u{feff}abc\n", .line(1, .byteOrderMark)), ("\u{feff}# x\n", .line(1, .byteOrderMark)),
        (String(repeating: "k", count: 4097), .line(1, .tooLong)),
        (String(repeating: "k\n", count: 40_000), .tooLarge),
    ])
    func whatOpensOrClosesTheAPIIsRefused(text: String, expected: Problem) throws {
        #expect(throws: expected) { try keys(text) }
        #expect(!expected.text.isEmpty && !expected.text.contains("abc"))
    }

    @Test func theLargestAreTaken() throws {
        let key = String(repeating: "k", count: Bounds.keyBytes)
        #expect(try keys(key) == [key])
        let many = String(repeating: "key\n", count: Bounds.keyFileBytes / 4)
        #expect(try keys(many).count == Bounds.keyFileBytes / 4)
    }

    /// As llama-server and its forebears print it.
    @Test(arguments: [
        (
            "0.00.015.282 I srv  init_listene: api_keys: ****cdef",
            "0.00.015.282 I srv  init_listene: api_keys: ****"
        ),
        ("main: api_keys: ****a \u{1b}b", "main: api_keys: ****"),
        (
            #"{"tid":"1","msg":"HTTP server listening","api_key":"api_key: ****cdef"}"#,
            #"{"tid":"1","msg":"HTTP server listening","api_key":"api_key: ****"#
        ),
        (
            "0.00.011.957 I srv  init_listene: api_keys: 2 keys loaded",
            "0.00.011.957 I srv  init_listene: api_keys: 2 keys loaded"
        ),
        ("api_keys", "api_keys"), ("**** api_key", "**** api_key"), ("", ""),
    ])
    func theEndOfAKeyIsBlanked(line: String, expected: String) {
        #expect(KeyEnding.blanked(line) == expected)
    }
}
