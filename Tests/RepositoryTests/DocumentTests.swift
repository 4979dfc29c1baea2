import Foundation
import Testing

/// Documents and comments name only what exists, and nothing outside the repository.
@Suite struct DocumentTests {
    /// A comment that says `GuardProtocol.md` means a page of the catalogue; `README.md` and
    /// `CONFIGURATION.md` are at the top.
    @Test func documentsNamedInCodeExist() {
        var missing: [String] = []
        for path in Repository.paths where !path.hasSuffix(".md") && !path.contains("/Fixtures/") {
            let lines = (Repository.text(path) ?? "").split(separator: "\n")
            let text = lines.filter { $0.contains(".md") }.joined(separator: "\n")
            for match in text.matches(of: /[A-Za-z0-9_\-.\/]*[A-Za-z0-9_\-]\.md\b/) {
                let name = String(match.output)
                let places = ["", Repository.catalogue, Repository.folder(of: path)]
                if !places.contains(where: { Repository.exists("\($0)/\(name)") }) {
                    missing.append("\(path): \(name)")
                }
            }
        }
        #expect(missing == [])
    }

    @Test(arguments: Document.all.map(\.path))
    func linksLeadSomewhere(_ path: String) throws {
        #expect(try #require(Document(path)).links.filter { !Repository.exists($0) } == [])
    }

    /// Names of files, and paths from the root; `NAME` and `*` stand for any.
    @Test(arguments: Document.all.map(\.path))
    func filesNamedInDocumentsExist(_ path: String) throws {
        let names = Set(Repository.paths.compactMap { $0.split(separator: "/").last })
        let roots = ["Sources/", "Tests/", "deploy/", "config/", ".ci/", ".github/"]
        var missing: [Substring] = []
        for code in try #require(Document(path)).codeWords {
            for part in code.split(separator: " ") {
                var word = part.hasPrefix("./") ? part.dropFirst(2) : part
                if word.hasSuffix("/") { word = word.dropLast() }
                guard !word.contains("*"), !word.contains("NAME") else { continue }
                let isFound =
                    if roots.contains(where: { word.hasPrefix($0) }) {
                        Repository.exists(String(word))
                    } else if [".swift", ".md", ".sh"].contains(where: { word.hasSuffix($0) }) {
                        names.contains(word.split(separator: "/").last ?? word)
                    } else {
                        true
                    }
                if !isFound { missing.append(word) }
            }
        }
        #expect(missing == [])
    }

    /// Types, their functions and cases, such as `Guard.startLine`, are words of the sources.
    @Test func typesNamedInDocumentsExist() {
        let words = Self.words(below: "Sources").union(Self.words(below: "Tests"))
        var missing: [String] = []
        for document in Document.all {
            for code in document.codeWords {
                // What a call is given says nothing about names.
                let name = code.replacing(/\(.*\)$/, with: "")
                guard name.wholeMatch(of: /[A-Z][a-z]+[A-Z]?\w*(\.\w+)*/) != nil,
                    name.contains(".") || name.contains(/[a-z][A-Z]/), !name.hasSuffix(".swift")
                else { continue }
                if !name.split(separator: ".").allSatisfy(words.contains) {
                    missing.append("\(document.path): \(code)")
                }
            }
        }
        #expect(missing == [])
    }

    @Test func developersFindEveryProgramOfTheirs() throws {
        let document = try #require(Document(".github/CONTRIBUTING.md"))
        let listed = Set(document.codeWords.compactMap { $0.split(separator: " ").first })
        let programs = Repository.paths.filter { $0.hasPrefix("deploy/dev/") }
        #expect(programs.filter { !listed.contains($0.split(separator: "/").last ?? "") } == [])
    }

    /// Somebody who reads on from the README finds every page.
    @Test func everyPageIsLinkedFromTheOverview() throws {
        let overview = "\(Repository.catalogue)/Overview.md"
        #expect(try #require(Document("README.md")).links.contains(overview))
        let links = try #require(Document(overview)).links
        let pages = Repository.paths.filter { $0.hasPrefix(Repository.catalogue + "/") }
        #expect(pages.filter { $0 != overview && !links.contains($0) } == [])
    }

    private static func words(below folder: String) -> Set<Substring> {
        var words: Set<Substring> = []
        for path in Repository.paths
        where path.hasPrefix(folder + "/") && !path.hasSuffix(".md") {
            guard let text = Repository.text(path) else { continue }
            words.formUnion(text.split { !($0.isLetter || $0.isNumber || $0 == "_") })
        }
        return words
    }
}
