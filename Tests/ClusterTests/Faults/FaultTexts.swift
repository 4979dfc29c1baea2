import Foundation

/// What an operator has read of a fault, without what differs from run to run.
struct FaultTexts {
    var status: String
    var history: String
    /// All words of the page.
    var page: String

    /// As it is kept: of the page what is seen first, and what has had to recover.
    var text: String {
        """
        $ sollol status
        \(status)
        $ sollol history
        \(history)
        The page
        \(Self.part(of: page, from: "As of", to: "Cluster"))
        \(Self.part(of: page, from: "Recoveries", to: "What was told"))

        """
    }

    /// What a pattern matches is replaced, in this order.
    private static let variable: [(pattern: String, name: String)] = [
        (#"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?"#, "TIME"), (#"\d\d:\d\d:\d\d"#, "TIME"),
        (#"\d{4}-\d\d-\d\d"#, "DAY"), (#"\b[0-9a-f]{32}\b"#, "PLAN"),
        (#"\b\d+\.\d\d\.\d{3}\.\d{3}\b"#, "STAMP"), (#"\(now\)"#, "(0 s ago)"),
        (#"\b\d+(\.\d+)? (s|min)\b"#, "N s"), (#"\b\d+(\.\d+)? (KiB|MiB|GiB|B)\b"#, "SIZE"),
        (#"\b\d+(\.\d+)? %"#, "N %"), (#"\bpid \d+"#, "pid PID"),
        (#"\.cpp:\d+"#, ".cpp:N"),
        // The page does not know by which file somebody calls the cluster.
        (#"(sollol [a-z]+) -c [^\s`);]+"#, "$1"),
        // Of the first second nothing is said.
        (#"available: N % of N s\n"#, ""),
        // How layers are shared out goes by the memory that is free.
        (#"\blayers? \d+(-\d+)?"#, "layers N-N"),
        (#" {2,}"#, "  "), (#"(:\d+)  \d+  (SIZE|-)  "#, "$1  PID  SIZE  "),
        // Which log wants to write first.
        (#"log of (worker-\d|coordinator)"#, "log of NAME"),
        (#"/logs/(worker-\d|coordinator)\.log"#, "/logs/NAME.log"),
    ]

    /// Equal lines about one disk are one.
    static func normal(_ text: String) -> String {
        let text = variable.reduce(text) { text, rule in
            text.replacingOccurrences(
                of: rule.pattern, with: rule.name, options: .regularExpression)
        }
        var seen: Set<Substring> = []
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("log of NAME") || seen.insert($0).inserted }
            .joined(separator: "\n")
    }

    private static func part(of page: String, from first: String, to last: String) -> String {
        let lines = page.split(separator: "\n")
        let rest = lines.drop { !$0.hasPrefix(first) }
        return rest.prefix { $0 != last }.joined(separator: "\n")
    }
}

/// The words of a page.
enum PageWords {
    private static let rules: [(pattern: String, text: String)] = [
        (#"(?s)<(style|script|svg)\b.*?</\1>"#, ""), (#"(?s)<head>.*?</head>"#, ""),
        (#"</?(b|code|span|a|i|time|button)\b[^>]*>"#, ""), (#"<[^>]*>"#, "\n"),
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
        (#" *\n\s*"#, "\n"),
    ]

    static func text(_ html: String) -> String {
        rules.reduce(html) { text, rule in
            text.replacingOccurrences(
                of: rule.pattern, with: rule.text, options: .regularExpression)
        }
    }
}
