import Basics

/// What a local llama-server answered; just enough of HTTP/1.1 (RFC 9112) for that.
struct HTTPResponse {
    /// 200, 503, …
    var status: Int
    /// What has come of the body.
    var body: ArraySlice<UInt8>
    /// Whether that is all of it, as far as `Content-Length` tells.
    var isWhole: Bool

    /// Reads a response from its beginning; nil when its head is not complete, or is none.
    init?(_ bytes: [UInt8]) {
        var reader = HTTPResponseReader()
        isWhole = reader.isComplete(bytes)
        guard let end = reader.headEnd else { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") }.prefix(HTTPResponseReader.longestHead)
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."),
            let status = Outside.number(words[1], in: 100...599)
        else { return nil }
        self.status = status
        body = bytes[end...]
    }
}

/// Tells when a response that comes in pieces is whole; looks at each byte once.
struct HTTPResponseReader {
    /// A longer head is none.
    static let longestHead = 16 << 10

    /// Where the body begins.
    private(set) var headEnd: Int?
    private var length: Int?
    private var looked = 0

    /// Whether the whole body is there, as far as `Content-Length` tells, or no more of it is
    /// wanted.
    ///
    /// - Parameter bytes: all that has come so far.
    mutating func isComplete(_ bytes: [UInt8]) -> Bool {
        if headEnd == nil { findHead(bytes) }
        guard let headEnd else { return bytes.count > Self.longestHead }
        return length.map { bytes.count - headEnd >= $0 } ?? false
    }

    private mutating func findHead(_ bytes: [UInt8]) {
        let most = min(bytes.count, Self.longestHead)
        // CR LF CR LF may come in two pieces.
        var index = max(0, looked - 3)
        while index + 4 <= most {
            if bytes[index..<index + 4].elementsEqual([13, 10, 13, 10]) {
                headEnd = index + 4
                length = Self.contentLength(bytes[..<index])
                return
            }
            index += 1
        }
        looked = most
    }

    private static func contentLength(_ head: ArraySlice<UInt8>) -> Int? {
        var length: Int?
        for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let field = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1)
            guard field.count == 2, field[0].lowercased() == "content-length" else { continue }
            // One by one: in a string, CR LF is one character.
            let blanks: [Character] = [" ", "\t", "\r"]
            length = Outside.number(
                field[1].filter { !blanks.contains($0) }, in: Outside.count)
        }
        return length
    }
}
