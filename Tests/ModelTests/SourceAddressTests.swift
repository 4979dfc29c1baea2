import Foundation
import Testing

@testable import Basics
@testable import Model

@Suite struct SourceAddressTests {
    @Test(arguments: [
        ("https://Hugging.face:443/a/b.gguf?download=true&token=x", "https://hugging.face:443"),
        ("HTTP://[::1]:80/b.gguf", "http://[::1]:80"), ("http://h", "http://h"),
    ])
    func reads(_ text: String, _ origin: String) throws {
        #expect(SourceAddress.isMeant(text))
        let address = try SourceAddress(text)
        #expect(address.text == text && address.origin == origin)
        #expect(!address.shown.contains("?") && text.hasPrefix(address.shown))
        #expect(address.isEncrypted == origin.hasPrefix("https"))
    }

    @Test(arguments: [
        ("ftp://h/a", "does not begin with http"), ("/models/a.gguf", "does not begin with http"),
        ("https://u:p@h/a.gguf", "a name or password"), ("https://h/a b", "no URL has"),
        ("https://h/\"a", "no URL has"), ("https://h/a\n", "no URL has"),
        ("https://h/\\a", "no URL has"), ("https://", "names no host"),
        ("https://:80/a", "names no host"), ("https://h:0/a", "names no host"),
        ("https://h:x/a", "names no host"),
        ("https://huggingface.co/a/b/blob/main/c.gguf", "has /resolve/ where"),
        ("https://é/a", "no URL has"),
        ("https://h/" + String(repeating: "a", count: Bounds.sourceAddressBytes), "longer than"),
    ])
    func refuses(_ text: String, _ words: String) {
        let problem = #expect(throws: SourceAddress.Problem.self) { try SourceAddress(text) }
        #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains(text) == false)
    }

    @Test(arguments: [
        ("https://h/a?k=hush", "https://h/a?***"), ("https://hush@h/a", "https://***@h/a"),
        ("ftp://u:hu#sh@h/a?hush", "ftp://***@h/a?***"), ("https://h/a", "https://h/a"),
        (
            "https://huggingface.co/a/b/resolve/main/blob/c",
            "https://huggingface.co/a/b/resolve/main/blob/c"
        ),
    ])
    func showsNoSecret(_ text: String, _ shown: String) {
        #expect(SourceAddress.withoutSecrets(text) == shown)
    }

    /// One on standard input is a secret as a whole, and so are those of its other files.
    @Test func ofASecretOnlyTheHostIsShown() throws {
        let text = "https://Host:8443/hush/m-00001-of-00002.gguf?k=hush"
        let address = try SourceAddress(text, isSecret: true)
        #expect(address.text == text && address.shown == "https://host:8443/...")
        let parts = try #require(address.parts(2))
        #expect(parts.map(\.text) == [text, text.replacing("-00001-", with: "-00002-")])
        #expect(parts.map(\.shown) == [address.shown, address.shown])
    }

    /// So that an address of another kind is named, not looked for on the disk.
    @Test func whatIsMeantAsAnAddressIsNoPath() {
        for text in ["ftp://h/a.gguf", "S3://bucket/a", "git+ssh://h/a", "HTTPS://"] {
            #expect(SourceAddress.isMeant(text), "\(text)")
        }
        for text in ["/models/a.gguf", "a.gguf", "", "://a", "a b://c", "a:b", "./a://b", "é://a"] {
            #expect(!SourceAddress.isMeant(text), "\(text)")
        }
    }

    @Test func allFilesOfASplitModelHaveTheSameQuery() throws {
        let first = try SourceAddress("https://h/m-00001-of-00003.gguf?a=b/c")
        #expect(
            first.parts(3)?.map(\.text)
                == (1...3).map { "https://h/m-0000\($0)-of-00003.gguf?a=b/c" })
        #expect(first.parts(2) == nil)
        #expect(try SourceAddress("https://h/m.gguf").parts(2) == nil)
    }

    @Test func itIsWrittenAsItsTextAndJudgedWhenItIsRead() throws {
        let address = try SourceAddress("https://h/m.gguf")
        let text = try JSONEncoder().encode(ModelReference.address(address))
        let read = try JSONDecoder().decode(ModelReference.self, from: text)
        #expect(read == .address(address) && read.text == "https://h/m.gguf")
        let lie = String(decoding: text, as: UTF8.self).replacing("https:", with: "file:")
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(ModelReference.self, from: Data(lie.utf8))
        }
    }
}
