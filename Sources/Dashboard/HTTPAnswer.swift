import Basics

/// An answer to a request: its status, and what is said.
package struct HTTPAnswer: Equatable, Sendable {
    /// What kind of thing a body is.
    package enum Kind: String, Equatable, Sendable {
        case page = "text/html; charset=utf-8"
        case text = "text/plain; charset=utf-8"
        /// Prometheus's text, version 0.0.4.
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
        case json = "application/json"
        /// One object a line.
        case jsonLines = "application/x-ndjson"
        /// Server-sent events.
        case events = "text/event-stream"
    }

    /// 200, 404, …
    package var status: Int
    /// What kind of thing the body is.
    package var kind: Kind
    /// What is said; of a stream what comes first.
    package var body: [UInt8]

    /// An answer.
    package init(_ kind: Kind, _ body: [UInt8], status: Int = 200) {
        (self.status, self.kind, self.body) = (status, kind, body)
    }

    /// An answer of that text.
    package init(_ kind: Kind, _ body: String, status: Int = 200) {
        self.init(kind, Array(body.utf8), status: status)
    }

    /// The answer to what is not answered.
    package init(_ refusal: HTTPRefusal) {
        self.init(.text, refusal.sentence + "\n", status: refusal.rawValue)
    }

    /// The bytes to send.
    ///
    /// - Parameters:
    ///   - isKept: whether the connection stays.
    ///   - isHead: whether the body is left out, since only the head was asked for.
    package func bytes(isKept: Bool, isHead: Bool) -> [UInt8] {
        head(length: kind == .events ? nil : body.count, isKept: isKept) + (isHead ? [] : body)
    }

    /// The head alone, for a body of that length that comes by and by; nil: of one that ends with
    /// the connection.
    package func head(length: Int?, isKept: Bool) -> [UInt8] {
        var lines = [
            "HTTP/1.1 \(status) \(Self.reason(status))", "Content-Type: \(kind.rawValue)",
            "Connection: \(isKept && length != nil ? "keep-alive" : "close")",
        ]
        if let length { lines.append("Content-Length: \(length)") }
        if status == HTTPRefusal.method.rawValue { lines.append("Allow: GET, HEAD") }
        if status == 503 { lines.append("Retry-After: 2") }
        lines.append("Content-Security-Policy: \(policy)")
        lines += Self.protection
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Nothing but what the page itself holds, and that only as it was written.
    private var policy: String { kind == .page ? PageDocument.policy : PageDocument.nothing }

    /// What keeps browsers from guessing, framing, lending, remembering and telling.
    private static let protection = [
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        "Cross-Origin-Resource-Policy: same-origin", "Cross-Origin-Opener-Policy: same-origin",
        "Referrer-Policy: no-referrer", "Cache-Control: no-store",
    ]

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Bad Request"
        }
    }
}
