import Basics
import Model

/// What curl prints, with `--include`, of an answer to a request for a part of a file: the headers
/// of all answers on the way, and the bytes of the last.
package struct RangeAnswer: Equatable, Sendable {
    /// Of the last answer.
    package var status = 0
    /// Its ETag, whatever it is.
    package var etag = ""
    /// Its Content-Range.
    package var range = ""
    /// Its Content-Length.
    package var length = ""
    /// Whether its bytes come in another form than they are.
    package var isCoded = false
    /// Seconds after which it may be asked again, as a server says that has too much to do.
    package var retryAfter: Int? { [429, 503].contains(status) ? asked : nil }
    /// The bytes of the file.
    package var body: ArraySlice<UInt8> = []

    private var isRedirect = false
    private var asked: Int?

    /// Reads it.
    package init(_ bytes: [UInt8]) throws(SourceFault) {
        var rest = bytes[...]
        var lines = 0
        while true {
            let head = rest.prefix(Bounds.sourceHeadBytes - (bytes.count - rest.count))
            guard let end = head.firstIndex(of: UInt8(ascii: "\n")) else {
                throw rest.count > head.count ? .endlessHeaders : .cut
            }
            lines += 1
            guard lines <= Bounds.sourceHeadLines else { throw .endlessHeaders }
            let line = head[..<end].last == UInt8(ascii: "\r") ? head[..<(end - 1)] : head[..<end]
            rest = rest[(end + 1)...]
            if line.isEmpty {
                if isInterim { continue }
                break
            }
            take(String(decoding: line, as: UTF8.self))
        }
        body = rest
    }

    /// Whether another answer follows.
    private var isInterim: Bool {
        (100...109).contains(status)
            || ([301, 302, 303, 307, 308].contains(status) && isRedirect)
    }

    private mutating func take(_ line: String) {
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ")
            let code = words.count > 1 ? words[1] : ""
            (etag, range, length, isCoded, isRedirect) = ("", "", "", false, false)
            asked = nil
            status = Outside.number(code, in: 0...999) ?? 0
            return
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let value = parts[1].drop { $0 == " " || $0 == "\t" }
        let end = value.lastIndex { $0 != " " && $0 != "\t" }
        let text = end.map { String(value[...$0]) } ?? ""
        switch parts[0].lowercased() {
        case "etag": etag = text
        case "content-range": range = text
        case "content-length": length = text
        case "content-encoding": isCoded = isCoded || text.lowercased() != "identity"
        case "transfer-encoding": isCoded = true
        case "location": isRedirect = true
        // A date is passed over.
        case "retry-after":
            let isNumber = !text.hasPrefix("0") && !text.isEmpty
            guard isNumber, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { break }
            asked = min(Int(text) ?? .max, Bounds.sourceWaitSeconds)
        default: break
        }
    }

    /// The file, by an answer to a request for its first bytes.
    ///
    /// - Parameter count: bytes that were asked for; fewer come of a smaller file.
    package func file(
        _ address: SourceAddress, first count: UInt64
    ) throws(SourceFault) -> RemoteFile {
        guard status == 206 else { throw otherStatus }
        guard Self.isStrong(etag) else { throw .noStrongTag(etag) }
        let words = range.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, let total = Outside.number(words[1], in: Outside.bytes), total > 0
        else { throw .otherRange(range) }
        let file = RemoteFile(address: address, etag: etag, byteCount: UInt64(total))
        try check(0..<min(count, file.byteCount), of: file)
        return file
    }

    /// Compares it with what was asked for.
    package func check(_ wanted: Range<UInt64>, of file: RemoteFile) throws(SourceFault) {
        guard status == 206 else {
            // If-Range: the whole file in place of a part of another.
            if status == 200, !etag.isEmpty, etag != file.etag { throw .changed(etag) }
            throw otherStatus
        }
        guard etag == file.etag else { throw .changed(etag) }
        let text = "bytes \(wanted.lowerBound)-\(wanted.upperBound - 1)/\(file.byteCount)"
        guard range == text else { throw .otherRange(range) }
        guard length == "\(wanted.count)", !isCoded else { throw .otherLength(length) }
        guard body.count == wanted.count else { throw .cut }
    }

    private var otherStatus: SourceFault { status == 200 ? .ignoresRanges : .status(status) }

    /// Whether an ETag is one (RFC 9110, 8.8.3), and not weak: byte for byte the same file.
    static func isStrong(_ etag: String) -> Bool {
        let inside = etag.utf8.dropFirst().dropLast()
        return etag.utf8.count > 2 && etag.utf8.count <= 256
            && etag.hasPrefix("\"") && etag.hasSuffix("\"")
            && inside.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") }
    }
}
