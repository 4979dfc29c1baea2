import Testing

@testable import Basics

@Suite struct TerminalTextTests {
    @Test func whatSteersATerminalOrReordersTextIsReplaced() {
        let hostile = [
            "\u{1B}]0;title\u{7}", "\u{1B}[2J", "\u{9B}2J", "a\rb", "a\nb", "a\u{8}b", "\u{7F}",
            "\u{202E}abc", "\u{2066}x", "\u{2028}",
        ]
        for text in hostile {
            let clean = TerminalText.clean(text)
            #expect(clean.unicodeScalars.count == text.unicodeScalars.count)
            #expect(clean.contains("\u{FFFD}"))
            #expect(!clean.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
        let all = String(String.UnicodeScalarView((0..<0x20).map { Unicode.Scalar($0) ?? "?" }))
        #expect(!TerminalText.clean(all).unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test func whatIsReadableStays() {
        for text in ["plain", "Grüße, 世界 👩‍👩‍👧", "", "{\"a\": 1}"] {
            #expect(TerminalText.clean(text) == text)
        }
        #expect(TerminalText.clean("a\tb") == "a b")
    }
}
