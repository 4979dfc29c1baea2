import Testing

@testable import Basics
@testable import Model
@testable import Samples
@testable import Sharding
@testable import Survey

@Suite struct RangeAnswerTests {
    static let good =
        "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 0-3/9\r\n"
        + "Content-Length: 4\r\n\r\nGGUF"

    static func address() throws -> SourceAddress { try SourceAddress("https://h/m.gguf?t=1") }

    private func file(_ text: String) throws -> RemoteFile {
        try RangeAnswer(Array(text.utf8)).file(try Self.address(), first: 4)
    }

    @Test(arguments: [
        good,
        // What counts is the last answer.
        "HTTP/1.1 302 Found\r\nETag: W/\"b\"\r\nLocation: https://c/\r\nContent-Length: 0\r\n\r\n"
            + good,
        "HTTP/1.1 100 Continue\r\n\r\n" + good,
        good.replacing("HTTP/1.1 206 Partial Content", with: "HTTP/2 206 ")
            .replacing("Content-Range:", with: "content-range:\t ").replacing("\r\n", with: "\n"),
    ])
    func tellsTheFile(_ text: String) throws {
        let file = try file(text)
        #expect(file.etag == "\"a\"" && file.byteCount == 9)
        let answer = try RangeAnswer(Array(text.utf8))
        #expect(Array(answer.body) == Array("GGUF".utf8))
        try answer.check(0..<4, of: file)
        #expect(throws: SourceFault.otherRange("bytes 0-3/9")) { try answer.check(4..<8, of: file) }
        let other = RemoteFile(address: file.address, etag: "\"b\"", byteCount: 9)
        #expect(throws: SourceFault.changed("\"a\"")) { try answer.check(0..<4, of: other) }
    }

    @Test(arguments: [
        ("206", "200", SourceFault.ignoresRanges), ("206", "404", .status(404)),
        ("206", "0x1", .status(0)), ("\"a\"", "W/\"a\"", .noStrongTag("W/\"a\"")),
        ("ETag", "X", .noStrongTag("")), ("\"a\"", "\"a\"b\"", .noStrongTag("\"a\"b\"")),
        ("\"a\"", "\"\"", .noStrongTag("\"\"")), ("/9", "/*", .otherRange("bytes 0-3/*")),
        ("/9", "/0", .otherRange("bytes 0-3/0")), ("0-3", "1-4", .otherRange("bytes 1-4/9")),
        ("/9", "/3", .otherRange("bytes 0-3/3")),
        ("/9", "/99999999999999999999", .otherRange("bytes 0-3/99999999999999999999")),
        ("Length: 4", "Length: 5", .otherLength("5")),
        ("Content-Length: 4", "X: 4", .otherLength("")),
        ("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n", .otherLength("4")),
        ("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n", .otherLength("4")),
        ("GGUF", "GGU", .cut), ("GGUF", "GGUFF", .cut), ("\r\n\r\nGGUF", "\r\n", .cut),
        (
            "\r\n\r\n", String(repeating: "\r\nX: y", count: 400) + "\r\n\r\n",
            .endlessHeaders
        ),
        (
            "\r\n\r\n", "\r\nX: " + String(repeating: "y", count: 1 << 16) + "\r\n\r\n",
            .endlessHeaders
        ),
    ])
    func refuses(_ part: String, _ other: String, _ fault: SourceFault) {
        let text = Self.good.replacing(part, with: other)
        #expect(throws: fault) { try file(text) }
        #expect(fault.message.contains(". Try: "))
    }

    /// A condition that does not hold is answered with all of the other file.
    @Test func aChangedFileIsNoServerWithoutRanges() throws {
        let file = try file(Self.good)
        let whole = "HTTP/1.1 200 OK\r\nETag: \"b\"\r\nContent-Length: 9\r\n\r\n"
        #expect(throws: SourceFault.changed("\"b\"")) {
            try RangeAnswer(Array(whole.utf8)).check(0..<4, of: file)
        }
    }

    @Test func whatCurlSaysOfItsEndTellsMore() throws {
        func answer(_ text: String) throws -> RangeAnswer {
            try ShardScript.curlAnswer(Array(text.utf8))
        }
        #expect(Array(try answer(Self.good + "\ncurl 0").body) == Array("GGUF".utf8))
        #expect(throws: SourceFault.curl(7)) { try answer("\ncurl 7") }
        #expect(throws: SourceFault.curl(127)) { try answer("\ncurl 127") }
        #expect(throws: SourceFault.cut) { try answer("\ncurl 0") }
        #expect(throws: SourceFault.cut) { try answer(Self.good) }
        #expect(throws: SourceFault.cut) { try answer("\ncurl 999") }
        for status in 0...255 {
            let message = SourceFault.curl(status).message
            #expect(message.contains(". Try: ") && !message.contains("?t=1"))
        }
    }

    @Test(arguments: [
        ("429", "60", 60), ("503", "86400", 300), ("503", "99999999999999999999", 300),
        ("429", "0", nil), ("429", "-1", nil), ("429", "Wed, 21 Oct 2026 07:28:00 GMT", nil),
        ("404", "60", nil),
    ])
    func howLongAServerAsksToWait(_ status: String, _ text: String, _ seconds: Int?) throws {
        let busy = "HTTP/1.1 \(status) Busy\r\nRetry-After: \(text)\r\n\r\n"
        #expect(try RangeAnswer(Array(busy.utf8)).retryAfter == seconds)
        // What counts is the last answer.
        let redirect = busy.replacing(status, with: "302")
            .replacing("\r\n\r\n", with: "\r\nLocation: /\r\n\r\n")
        #expect(try RangeAnswer(Array((redirect + Self.good).utf8)).retryAfter == nil)
    }

    @Test func hostsThatFetchAreUnderstood() {
        let digest = String(repeating: "a", count: 64)
        for (line, report) in [
            ("got 17", FetchReport.got(17)), ("got -1", nil), ("got x", nil),
            ("complete", .complete),
            (
                "have incoming skeleton.gguf@4 \(digest)",
                .arrived(name: "skeleton.gguf@4", digest: digest)
            ),
            ("waits 60 429", .waits(seconds: 60, status: 429)), ("waits 301 429", nil),
            ("have incoming x -", nil), ("have rpc x \(digest)", nil), ("Welcome to box", nil),
            ("refused a status 200", .refused(name: "a", .ignoresRanges)),
            ("refused a status 503", .refused(name: "a", .status(503))),
            ("refused a etag W/\"x y\"", .refused(name: "a", .changed("W/\"x y\""))),
            ("refused a range ", .refused(name: "a", .otherRange(""))),
            ("refused a length 5", .refused(name: "a", .otherLength("5"))),
            ("refused a curl 0", .refused(name: "a", .cut)),
            ("refused a curl 6", .refused(name: "a", .curl(6))),
            ("refused a headers", .refused(name: "a", .endlessHeaders)),
            ("refused a disk", .refused(name: "a", .disk)),
            ("refused a status ", .failed("a is refused: status ")),
            ("refused /a disk", nil), ("failed no \u{1b} room", .failed("no ? room")),
        ] {
            let got = FetchReport(line)
            #expect(got == report, "\(line)")
        }
    }

    @Test func whatWasFetchedIsTold() {
        let digest = String(repeating: "b", count: 64)
        let text = "fetched a 12345678 \(digest)\nfetched b 1 x\npartial 77\nlacks curl\ncomplete\n"
        let answer = ShardAnswer(Array(text.utf8))
        #expect(answer.fetched == ["a": .init(tag: "12345678", digest: digest)])
        #expect(answer.partialBytes == 77 && answer.obstacle == "the host has no 'curl'")
    }
}

/// Web servers, and hosts that fetch from them, that say what they like.
@Suite struct RangeAnswerFuzzTests {
    private static let good = [
        RangeAnswerTests.good, "HTTP/1.1 302 Found\r\nLocation: https://c/\r\n\r\n", "\ncurl 0",
        "HTTP/2 200 \r\nETag: W/\"a\"\r\nContent-Length: 9\r\n\r\n",
        "Transfer-Encoding: chunked\r\n",
        "refused a etag \"x\"", "have incoming a " + String(repeating: "0", count: 64),
        "got 12", "failed no room", "refused b range bytes 0-1/2",
        "https://h:443/m-00001-of-00003.gguf?t=1",
    ].map { Array($0.utf8) }

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        let address = try RangeAnswerTests.address()
        var read = 0
        try Fuzz.each("range-answer", part: part) { index, hostile in
            let bytes =
                index / 4 % 4 == 0
                ? hostile.lines(from: Self.good, atMost: 6)
                : hostile.changed(hostile.one(of: Self.good))
            if let answer = try? RangeAnswer(bytes), let file = try? answer.file(address, first: 4)
            {
                read += 1
                let isWithin =
                    RangeAnswer.isStrong(file.etag) && (1...(1 << 50)).contains(file.byteCount)
                    && answer.body.count == min(4, Int(file.byteCount))
                if !isWithin { Issue.record("input \(index): \(file)") }
                // What goes to hosts is one line, whatever the server calls its file.
                let line = CurlConfiguration.text(address, etag: file.etag)
                if line.utf8.contains(10) { Issue.record("input \(index): \(line)") }
            }
            do throws(SourceFault) { _ = try ShardScript.curlAnswer(bytes) } catch {
                let message = error.message
                if !Outside.isPlain(message)
                    && !String(decoding: bytes, as: UTF8.self).contains("\u{FFFD}")
                {
                    Issue.record("input \(index): \(message)")
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if case .refused(_, let fault)? = FetchReport(text) { _ = fault.message }
            if let other = try? SourceAddress(text), other.shown.contains("?") || other.text != text
            {
                Issue.record("input \(index): \(other)")
            }
        }
        #expect(read > 0)
    }
}
