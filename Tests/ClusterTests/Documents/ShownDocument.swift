import Foundation

/// A document of the repository, with what a reader can type and what it says would be printed.
struct ShownDocument {
    /// A fenced block.
    struct Block: CustomStringConvertible {
        var path: String
        /// The line of the fence.
        var line: Int
        /// What stands behind the fence: `console`, `json`, or nothing.
        var language: String
        var text: [String]

        /// Where it is, and how it begins.
        var description: String { "\(path):\(line): \(text.first ?? "")" }
    }

    var path: String
    var blocks: [Block] = []
    /// Command lines in sentences, in the order of the text.
    var commandLines: [String] = []

    /// Every document for people, and the examples in `deploy` with their comments.
    static func all() throws -> [ShownDocument] { try read.get() }

    /// Read once: taking them apart is slow in a debug build.
    private static let read: Result<[ShownDocument], any Error> = Result {
        let folders = [".", ".github", "config", "deploy", "Sources/sollol/sollol.docc"]
        let texts = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted()
                .filter { $0.hasSuffix(".md") }
                .map { folder == "." ? $0 : "\(folder)/\($0)" }
        }
        return try texts.map { try ShownDocument(markdown: $0) }
            + ["deploy/sollol.service", "deploy/Caddyfile", "deploy/alerts.yaml"].map {
                try ShownDocument(commented: $0)
            }
    }

    static let root = TestEnvironment.packageRoot

    init(markdown path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
        var prose: [String] = []
        var open: Block?
        for (number, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open =
                    open == nil
                    ? Block(
                        path: path, line: number + 1, language: String(line.dropFirst(3)), text: [])
                    : nil
            } else if open != nil {
                open?.text.append(line)
            } else {
                prose.append(line)
            }
        }
        guard open == nil else { throw TestFailure("\(path): a block does not end") }
        commandLines = Self.commandLines(prose)
    }

    /// A file with comments behind `#`: a line that stands three columns in is one to type, and so
    /// is what systemd executes.
    init(commented path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
        var prose: [String] = []
        for line in text.components(separatedBy: "\n") {
            if let typed = line.wholeMatch(of: /#   +(\S.*)/)?.output.1 {
                commandLines += Self.withoutComment(typed).components(separatedBy: " && ")
            } else if let executed = line.wholeMatch(of: /Exec[A-Z]\w+=(.+)/)?.output.1 {
                commandLines.append(String(executed))
            } else if line.hasPrefix("#") {
                prose.append(String(line.drop { $0 == "#" }))
            }
        }
        commandLines += Self.commandLines(prose)
    }

    /// `ls   # why` as `ls`.
    static func withoutComment(_ line: Substring) -> String {
        String(line.replacing(/\s{2,}#.*$/, with: ""))
    }

    // MARK: Sentences

    /// A pair of back quotes may stand on two lines, but not in two paragraphs or rows.
    private static func commandLines(_ prose: [String]) -> [String] {
        prose.joined(separator: "\n").split(separator: /\n\s*\n|\n(?=[|\-*] ?)/).flatMap { part in
            part.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }
                .map { code in
                    code.element.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                        .replacingOccurrences(of: "\\|", with: "|")
                }
        }.filter(isCommandLine)
    }

    /// Programs of a machine, commands of `sollol` with an option, and the repository's own.
    private static func isCommandLine(_ code: String) -> Bool {
        let words = code.split(separator: " ")
        guard words.count > 1 else { return false }
        let first = String(words[0])
        if commands.contains(first) { return words[1].hasPrefix("--") }
        return programs.contains(first) || first.hasPrefix("./") || first.hasPrefix("deploy/")
            || access("\(root)/deploy/dev/\(first)", X_OK) == 0
    }

    /// Those of `sollol`, as `up --adopt` names them without it.
    static let commands: Set = [
        "up", "config", "check", "plan", "shard", "measure", "status", "list", "history", "logs",
        "restart",
        "reload", "down", "completion", "man", "schema",
    ]

    private static let programs: Set = [
        "sollol", "apt", "apt-get", "brew", "caddy", "cat", "cd", "curl", "docker", "git", "grep",
        "journalctl", "kill", "llama", "llama-fit-params", "llama-server", "pgrep", "pip",
        "promtool", "ps", "python3", "rpc-server", "scp", "shellcheck", "source", "ssh",
        "ssh-keygen", "sudo", "swift", "systemctl", "systemd-analyze", "tail", "type", "wget",
    ]
}
