import Basics

/// Reads requests out of what a client sends, in pieces of any size. Strict: whatever RFC 9112
/// leaves to a reader's goodwill is refused, since a proxy before it may be of another will; that
/// is how requests are smuggled.
///
/// | what comes | what becomes of it |
/// |---|---|
/// | a line that ends in LF alone, a bare CR, NUL or another control character | 400 |
/// | a folded field, a blank before the colon, a field without a name | 400 |
/// | two `Host`, one with a path, a user or a blank; none from HTTP/1.1 | 400 |
/// | a target that does not begin with `/`: absolute, `*`, authority | 400 |
/// | `Transfer-Encoding`, whatever it says; two `Content-Length`; one that is no number | 400 |
/// | `Content-Length` above 0, `Expect` | 413, 417 |
/// | another method, another version | 405, 505 |
/// | more than 8 KiB, or 100 fields | 431 |
package struct HTTPRequestReader: Sendable {
    /// Fields of a head; browsers send some twenty.
    static let mostFields = 100

    private var buffer: [UInt8] = []
    /// Bytes that were looked at for the end of the head.
    private var looked = 0

    /// A reader to which nothing has come yet.
    package init() {}

    /// Whether a part of a request is there.
    package var isInRequest: Bool { !buffer.isEmpty }

    /// Takes what has come.
    package mutating func take(_ bytes: some Collection<UInt8>) { buffer += bytes }

    /// The next request, once all of it is there.
    ///
    /// - Throws: `HTTPRefusal`, after which nothing can be read any more.
    package mutating func next() throws(HTTPRefusal) -> HTTPRequest? {
        try checkBeginning()
        guard let end = try endOfHead() else {
            if buffer.count >= Bounds.requestHeadBytes + 2 { throw .headTooLong }
            return nil
        }
        let request = try HTTPHead(buffer[..<end]).request()
        buffer.removeFirst(end + 2)
        looked = 0
        return request
    }

    /// What cannot become a request is refused before an end of it comes: a client that speaks TLS
    /// would wait for an answer.
    private func checkBeginning() throws(HTTPRefusal) {
        guard let first = buffer.first else { return }
        guard HTTPHead.isTokenByte(first) else { throw .malformed }
    }

    /// Where the empty line after the head begins; looks at each byte once.
    private mutating func endOfHead() throws(HTTPRefusal) -> Int? {
        let most = min(buffer.count, Bounds.requestHeadBytes + 2)
        for index in looked..<max(looked, most) where buffer[index] == 10 {
            guard index > 0, buffer[index - 1] == 13 else { throw .malformed }
            if index > 2, buffer[index - 2] == 10 { return index - 1 }
        }
        looked = most
        return nil
    }
}

/// The head of one request, whose lines all end in CR LF.
struct HTTPHead {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// Of a token, such as a method or the name of a field (RFC 9110, 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    func request() throws(HTTPRefusal) -> HTTPRequest {
        var lines = try self.lines()[...]
        guard let first = lines.popFirst() else { throw .malformed }
        guard lines.count <= HTTPRequestReader.mostFields else { throw .headTooLong }
        let (method, target, isOld) = try Self.requestLine(first)
        var fields = HTTPFields()
        for line in lines { try fields.take(line) }
        guard fields.host != nil || isOld else { throw .malformed }
        // Said last, so that a request with a fault is called that, whatever it wants.
        guard let method = HTTPRequest.Method(rawValue: method) else { throw .method }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var request = HTTPRequest(method, String(parts[0]), host: fields.host)
        request.query = parts.count > 1 ? String(parts[1]) : ""
        request.origin = fields.origin
        request.fetchSite = fields.fetchSite
        request.fetchMode = fields.fetchMode
        request.isKept = !isOld && !fields.closes
        return request
    }

    /// Its lines without their ends; a CR or LF that ends none is a fault.
    private func lines() throws(HTTPRefusal) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            switch bytes[index] {
            case 13:
                guard index + 1 < bytes.endIndex, bytes[index + 1] == 10 else { throw .malformed }
                lines.append(bytes[start..<index])
                index += 2
                start = index
            case 10: throw .malformed
            default: index += 1
            }
        }
        return lines
    }

    private static func requestLine(
        _ line: ArraySlice<UInt8>
    ) throws(HTTPRefusal) -> (method: String, target: String, isOld: Bool) {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, words[0].allSatisfy(isTokenByte), !words[0].isEmpty,
            words[1].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw .malformed }
        let target = String(decoding: words[1], as: UTF8.self)
        let version = String(decoding: words[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw isVersion(version) ? .version : .malformed
        }
        guard target.hasPrefix("/"), !target.utf8.contains(UInt8(ascii: "#")) else {
            throw .malformed
        }
        return (String(decoding: words[0], as: UTF8.self), target, version == "HTTP/1.0")
    }

    private static func isVersion(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        return text.hasPrefix("HTTP/") && bytes.count == 8 && isDigit(bytes[5])
            && bytes[6] == UInt8(ascii: ".") && isDigit(bytes[7])
    }
}
