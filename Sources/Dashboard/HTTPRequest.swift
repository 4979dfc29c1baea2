/// A request to the dashboard, as far as anything depends on it.
package struct HTTPRequest: Equatable, Sendable {
    /// What is asked; nothing else is answered (RFC 9110, 9.2.1: neither changes anything).
    package enum Method: String, Equatable, Sendable {
        case get = "GET"
        /// The head of what GET would answer.
        case head = "HEAD"
    }

    /// What is asked.
    package var method: Method
    /// What stands before the first `?` of the target, undecoded: all paths that there are need
    /// no decoding, and what is not decoded cannot be read in two ways.
    package var path: String
    /// What stands behind it; empty as a rule.
    package var query = ""
    /// The field `Host`; nil from a client of HTTP/1.0 that sends none, as balancers do.
    package var host: String?
    /// The field `Origin`: the page that has a browser ask.
    package var origin: String?
    /// The field `Sec-Fetch-Site`: where a browser says that page comes from.
    package var fetchSite: String?
    /// The field `Sec-Fetch-Mode`: `navigate` when a person opens it.
    package var fetchMode: String?
    /// Whether the connection stays for the next request.
    package var isKept: Bool

    /// A request of HTTP/1.1 with nothing but these.
    package init(_ method: Method, _ path: String, host: String? = nil) {
        self.method = method
        self.path = path
        self.host = host
        isKept = true
    }

    /// The value of a parameter of the query, the first of that name; nil when there is none.
    package func parameter(_ name: String) -> Substring? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == name { return parts[1] }
        }
        return nil
    }
}

/// Why a request is not answered with what it asks for. Whatever is read wrongly of a request
/// would be read wrongly of all that follow, so that each of these ends the connection.
package enum HTTPRefusal: Int, Error, Equatable, Sendable {
    /// It is no request, or one that two readers may read differently.
    case malformed = 400
    /// Who asks may not.
    case forbidden = 403
    /// There is nothing at that path.
    case notFound = 404
    /// Neither GET nor HEAD.
    case method = 405
    /// It did not come in time.
    case timeout = 408
    /// It has a body.
    case body = 413
    /// It expects something of the server.
    case expectation = 417
    /// It is for a host that is not this one.
    case misdirected = 421
    /// Its head is too long.
    case headTooLong = 431
    /// Too many clients.
    case busy = 503
    /// A version of HTTP that is not spoken here.
    case version = 505

    /// What people read, on a line of its own.
    package var sentence: String {
        switch self {
        case .malformed: "this is no request of HTTP/1.1, or one that can be read in two ways"
        case .forbidden: "who asks may not"
        case .notFound: "there is nothing at this path; / is the page"
        case .method: "only GET and HEAD are answered: nothing can be changed here"
        case .timeout: "the request did not come in time"
        case .body: "a request here has no body"
        case .expectation: "nothing is expected of this server"
        case .misdirected:
            "this name is not one of this server; "
                + "add it to the configuration's list of names of the dashboard"
        case .headTooLong: "the head of the request is too long"
        case .busy: "too many clients; ask again later"
        case .version: "only HTTP/1.1 and HTTP/1.0 are spoken here"
        }
    }
}
