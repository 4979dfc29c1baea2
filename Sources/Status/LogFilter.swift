import Basics
import Supervision

/// Which lines of the servers' logs are shown.
package struct LogFilter {
    /// Those of that time and later.
    package var since: Timestamp?
    /// Those before that time, its second included.
    package var until: Timestamp?
    /// Whether lines about connections to workers are shown, which say nothing and are most lines.
    package var showsChatter = true
    private var words: String?
    private var regex: Regex<AnyRegexOutput>?

    /// A filter that lets everything through.
    package init() {}

    /// From now on a line has to hold what the pattern describes.
    ///
    /// - Returns: whether it is a pattern.
    package mutating func require(_ pattern: String) -> Bool {
        let isPlain = pattern.allSatisfy { $0.isLetter || $0.isNumber || " _-=:/,'".contains($0) }
        if isPlain {
            words = pattern
            return true
        }
        guard let regex = try? Regex(pattern) else { return false }
        self.regex = regex
        return true
    }

    /// Whether any line may be left out.
    package var isEmpty: Bool {
        since == nil && until == nil && showsChatter && words == nil && regex == nil
    }

    /// Whether a line is shown.
    package func admits(_ line: LoggedLine) -> Bool {
        if let since, line.time.map({ $0 < since }) ?? true { return false }
        if let until, line.time.map({ $0 > until }) ?? true { return false }
        if !showsChatter, ConstantNoise.isChatter(line.text) { return false }
        if let words { return line.text.contains(words) }
        if let regex { return line.text.firstMatch(of: regex) != nil }
        return true
    }
}

/// A line of a log as it is in its file: `2026-11-24T10:31:05Z`, then what the server printed.
package struct LoggedLine: Equatable, Sendable {
    /// When `sollol` got it; nil where there is none, as in what another program wrote there.
    package var time: Timestamp?
    /// What the server printed.
    package var text: String

    /// Takes a line of a file apart.
    package init(_ line: String) {
        let stamp = line.prefix("2026-11-24T10:31:05Z".count)
        time = Timestamp(String(stamp))
        text = time == nil ? line : String(line.dropFirst(stamp.count + 1))
    }

    /// One object of `--format json`, without a newline at its end.
    package func json(of process: String) -> String {
        OrderedJSON.object([
            ("time", .optional(time)), ("process", .string(process)), ("text", .string(text)),
        ]).line
    }
}
