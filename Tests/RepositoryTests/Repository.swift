import Foundation

/// The files of this checkout that people write.
struct Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Where the documents for readers of the code are.
    static let catalogue = "Sources/sollol/sollol.docc"

    /// Paths from the root, sorted; a link is where it leads to.
    static let paths: [String] = {
        let parts = [
            ".ci", ".github", "Package.swift", "README.md", "CONFIGURATION.md", "Sources", "Tests",
            "config", "deploy",
        ]
        let found = parts.flatMap { part in
            let below = FileManager.default.enumerator(atPath: "\(root)/\(part)")
            return [part] + (below?.compactMap { $0 as? String } ?? []).map { "\(part)/\($0)" }
        }
        return found.filter { exists($0) && !isLink($0) }.sorted()
    }()

    private static func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(root)/\(path)")) != nil
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(path)")
    }

    /// nil for a folder, and for what is no text.
    static func text(_ path: String) -> String? {
        try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// `a/b/../c` as `a/c`.
    static func resolved(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    static func folder(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

/// A document in Markdown.
struct Document {
    let path: String
    /// Without fenced blocks.
    let prose: String

    /// README, CONFIGURATION, and all for readers of the code.
    static let all: [Document] = Repository.paths.filter { $0.hasSuffix(".md") }.compactMap {
        Document($0)
    }

    init?(_ path: String) {
        guard let text = Repository.text(path) else { return nil }
        self.path = path
        var isFenced = false
        prose = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            if isFence { isFenced.toggle() }
            return !isFenced && !isFence
        }.joined(separator: "\n")
    }

    /// What stands between backquotes on one line.
    var codeWords: [String] {
        prose.split(separator: "\n").flatMap { line in
            line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
    }

    /// Targets of links to files, from the root of the repository.
    var links: [String] {
        prose.matches(of: /\]\(([^)#\s]+)[^)]*\)/).map { String($0.output.1) }
            .filter { !$0.contains("://") }
            .map { Repository.resolved("\(Repository.folder(of: path))/\($0)") }
    }
}
