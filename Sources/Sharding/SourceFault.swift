import Basics

/// Why a part of a file was not fetched.
package enum SourceFault: Error, Equatable, Sendable {
    /// It sent the whole file, status 200, in place of the part.
    case ignoresRanges
    /// Another status than 206.
    case status(Int)
    /// Another part than was asked for, or of a file of another size.
    case otherRange(String)
    /// Its Content-Length is not that of the part, or there is none.
    case otherLength(String)
    /// No ETag, or a weak one.
    case noStrongTag(String)
    /// Another ETag than the header's.
    case changed(String)
    /// Headers without end.
    case endlessHeaders
    /// The answer, or the connection, ended before.
    case cut
    /// curl ended with this status.
    case curl(Int)
    /// What came could not be written.
    case disk

    /// What `shard-fetch.sh` says after the name of what it fetched; nil for anything else.
    package init?(_ words: Substring) {
        let parts = words.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count == 2 ? String(parts[1]) : ""
        switch parts.first {
        case "status":
            let number = rest.prefix { $0 != " " }
            guard let status = Outside.number(number, in: 0...999) else { return nil }
            self = status == 200 ? .ignoresRanges : .status(status)
        case "range": self = .otherRange(rest)
        case "length": self = .otherLength(rest)
        case "etag": self = .changed(rest)
        case "headers": self = .endlessHeaders
        case "curl":
            guard let status = Outside.number(rest, in: Outside.status) else { return nil }
            self = status == 0 ? .cut : .curl(status)
        case "disk": self = .disk
        default: return nil
        }
    }

    /// Whether it may be another way in a moment; `shard-fetch.sh` knows the same.
    package var isPassing: Bool {
        switch self {
        case .cut: true
        case .status(let status): [408, 429].contains(status) || (500...599).contains(status)
        case .curl(let status): Self.passing.contains(status)
        default: false
        }
    }

    /// Exit statuses of curl when a network or a server fails.
    package static let passing = [5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92]

    /// What happened and what to do, as what follows the name of what was fetched.
    package var message: String { "\(what). Try: \(remedy)" }

    /// The same of a header, of which nothing stays.
    package var messageOfHeader: String {
        isPassing ? "\(what). Try: the same once more, in some minutes" : message
    }

    /// What people read while it is waited for a server that asked for that.
    package static func waits(seconds: Int, status: Int) -> String {
        "the server answers with status \(status), and asks to wait: \(seconds) s"
    }

    private static let copy = "sollol shard --from FILE, with a copy on this machine"

    private var what: String {
        switch self {
        case .ignoresRanges:
            "the server sends the whole file (status 200) when it is asked for a part, and no host "
                + "may have that"
        case .status(let status) where [401, 403].contains(status):
            "the server refuses it (status \(status))"
        case .status(404): "the server has no such file (status 404)"
        case .status(let status): "the server answers with status \(status), not 206"
        case .otherRange(let said):
            "the server sends another part than was asked for, "
                + Self.quote(said, "none named")
        case .otherLength(let said):
            "the server sends another length than that of the part, "
                + Self.quote(said, "none named")
        case .noStrongTag(let said):
            "the server has no strong ETag for it, \(Self.quote(said, "none at all")), so that "
                + "nobody could tell whether all parts are of one file"
        case .changed(let said):
            "the file was changed at the server meanwhile (ETag \(Self.quote(said, "missing")))"
        case .endlessHeaders: "the server answers with headers without end"
        case .cut: "the server ended its answer early"
        case .curl(let status): Self.words(ofCurl: status)
        case .disk: "what came could not be written"
        }
    }

    private var remedy: String {
        switch self {
        case .status(let status) where [401, 403].contains(status):
            "~/.netrc, or HF_TOKEN for huggingface.co or what HF_ENDPOINT names, of the account "
                + "that fetches"
        case .status(404): "its address in a browser"
        case .changed: "sollol shard, which begins anew with what is there now"
        case .disk: "df -h, and sollol shard again"
        case .curl(let status) where [126, 127].contains(status):
            "its package manager, or \(Self.copy)"
        case .curl, .cut, .status:
            isPassing
                ? "the same once more: what has come stays" : "another server, or \(Self.copy)"
        default: "another server, or \(Self.copy)"
        }
    }

    private static func quote(_ said: String, _ nothing: String) -> String {
        said.isEmpty ? nothing : TerminalText.quote(said, atMost: 80)
    }

    private static func words(ofCurl status: Int) -> String {
        switch status {
        case 1:
            "the server redirects to what is neither http nor https, or does not answer in HTTP"
        case 2, 4, 48: "curl there is too old: 7.54 is needed"
        case 5, 6: "the name of the server, or of the proxy, is not known there"
        case 7: "the server does not answer there"
        case 18, 52, 55, 56, 92: "the server ended its answer early (curl \(status))"
        case 28: "the server was silent for too long"
        case 35, 51, 53, 58, 59, 60, 77, 83, 90, 91:
            "TLS with the server failed (curl \(status))"
        case 47: "the server redirects without end"
        case 126, 127: "there is no curl"
        default: "curl ended with status \(status)"
        }
    }
}
