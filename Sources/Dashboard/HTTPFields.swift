/// What the fields of a head say, as far as anything depends on it.
struct HTTPFields {
    private(set) var host: String?
    private(set) var origin: String?
    private(set) var fetchSite: String?
    private(set) var fetchMode: String?
    /// Whether the connection is to be closed after the answer.
    private(set) var closes = false
    private var hasLength = false

    /// Takes a line.
    mutating func take(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) {
        // A line that begins with a blank continues the one before it (obs-fold): no token.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(HTTPHead.isTokenByte)
        else { throw .malformed }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var value = line[(colon + 1)...].drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw .malformed
        }
        try take(
            String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            String(decoding: value, as: UTF8.self))
    }

    private mutating func take(_ name: String, _ value: String) throws(HTTPRefusal) {
        switch name {
        case "host": try Self.put(value, into: &host)
        case "origin": try Self.put(value, into: &origin)
        case "sec-fetch-site": try Self.put(value, into: &fetchSite)
        case "sec-fetch-mode": try Self.put(value, into: &fetchMode)
        case "connection":
            let words = value.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }
            if words.contains("close") { closes = true }
        case "transfer-encoding": throw .malformed
        case "content-length":
            guard !hasLength, !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw .malformed }
            hasLength = true
            if value.utf8.contains(where: { $0 != 0x30 }) { throw .body }
        case "expect": throw .expectation
        default: break
        }
    }

    /// Fields of which a second one would leave open which of them counts.
    private static func put(_ value: String, into place: inout String?) throws(HTTPRefusal) {
        guard place == nil, !value.isEmpty else { throw .malformed }
        place = value
    }
}
