import Basics

/// Lines that a server prints only because somebody looks at it: no news, and at each look of
/// `sollol` one more. A day at rest would be 1.1 MB of `all slots are idle` (build 11669: one for
/// each look at `/slots`), or some 7 MB of requests where a release logs these (2025, and 11669
/// does at a higher verbosity).
package struct ProbeChatter: Equatable, Sendable {
    /// Whether the line before was that nothing is to be done.
    private var isAtRest = false
    /// Lines since the last that was not of this kind.
    private var unseen = 0

    /// What becomes of a line.
    package enum Verdict: Equatable, Sendable {
        /// It is left out.
        case drop
        /// It stands, after so many that were left out.
        case keep(after: Int)
    }

    /// None yet.
    package init() {}

    /// Paths of the looks, which change nothing.
    private static let paths = ["/health", "/slots", "/props", "/metrics"]
    private static let requests = [
        "srv log_server_r: request: GET ", "srv log_server_r: done request: GET ",
    ]
    private static let rest = "srv update_slots: all slots are idle"

    /// Whether a line tells of a request that only looks, and was answered.
    package static func isLook(_ text: String) -> Bool {
        guard let beginning = requests.first(where: text.hasPrefix) else { return false }
        let words = text.dropFirst(beginning.count).split(separator: " ")
        return words.last == "200" && words.first.map { paths.contains(String($0)) } == true
    }

    /// Takes in the next line of a log.
    package mutating func takes(_ line: String) -> Verdict {
        // Most lines end here.
        let mayBe = line.contains("all slots are idle") || line.contains("equest: GET /")
        let text = mayBe ? LogLine(line).text : ""
        let isRest = text == Self.rest
        if (isRest && isAtRest) || (mayBe && Self.isLook(text)) {
            unseen += 1
            return .drop
        }
        isAtRest = isRest
        defer { unseen = 0 }
        return .keep(after: unseen)
    }

    /// What a log says about lines that were left out; nil where none was.
    package static func remark(_ count: Int) -> String? {
        count == 0 ? nil : "sollol: \(plural(count, "line")) about looks at it left out"
    }
}
