import Foundation

/// What a local llama-server answered; just enough of HTTP/1.1 (RFC 9112) for that.
struct HTTPResponse {
    /// 200, 503, …
    var status: Int
    /// What has come of the body.
    var body: [UInt8]
    /// Whether the whole body is there, as far as `Content-Length` tells.
    var isComplete: Bool

    /// Reads a response from its beginning; nil while its head is not complete, or is none.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            return nil
        }
        self.status = status
        body = Array(bytes[end.upperBound...])
        var length: Int?
        for line in lines.dropFirst() {
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2, field[0].lowercased() == "content-length" else { continue }
            length = Int(field[1].trimmingCharacters(in: .whitespaces))
        }
        let received = body.count
        isComplete = length.map { received >= $0 } ?? false
    }
}
