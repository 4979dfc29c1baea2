import Basics
import Foundation
import Testing

@testable import Configuration
@testable import Plan
@testable import Samples

/// `CONFIGURATION.md` against the schema, in both directions.
struct DocumentTests {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let document = try? String(
        contentsOf: root.appending(component: "CONFIGURATION.md"), encoding: .utf8)

    /// The cells of every row of a table, the last one as well.
    private static let rows: [[String]] = (document ?? "").split(separator: "\n")
        .filter { $0.hasPrefix("| `") }
        .map { line in
            line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
        }

    /// What stands for a key in the first four cells; one of a backend stands by its name alone.
    private static func cells(_ key: ConfigurationKey) -> [String] {
        let definition = key.definition
        let path = if case .backend = key { key.name } else { key.description }
        return [
            "`\(path)`", definition.kind.name, "`\(definition.standard.json)`",
            (definition.kind.range ?? "") + (definition.unit.map { " \($0)" } ?? ""),
        ]
    }

    private static let keys = ConfigurationSchema.keys + ConfigurationGroup.backend(0).keys

    /// A new key needs one row in its table: the one that the failure prints, with its meaning.
    @Test func everyKeyIsDocumentedAsItIs() {
        for key in Self.keys {
            let since = key.definition.since
            let cells = Self.cells(key)
            let found = Self.rows.filter { $0.count == 5 && Array($0.prefix(4)) == cells }
            // The cluster and a backend have a `name` each, and backends come last.
            let isOfBackend = if case .backend = key { true } else { false }
            guard let row = isOfBackend ? found.last : found.first else {
                Issue.record("no row | \(cells.joined(separator: " | ")) | MEANING. |")
                continue
            }
            #expect(row[4].count > 10, "\(key) has no meaning")
            #expect(KeyMeaning.of(key) == row[4])
            // A key that does not act yet says so, and no other does.
            #expect(row[4].contains("Acts from") == (since != nil), "\(key)")
            if let since { #expect(row[4].contains("Acts from \(since)")) }
        }
    }

    @Test func noOtherKeyIsDocumentedAndAllStandInTheOrderOfTheSchema() {
        let known = Self.keys.map(Self.cells)
        let said = Self.rows.filter { $0.count == 5 }.map { Array($0.prefix(4)) }
        for row in said {
            #expect(known.contains(row), "\(row[0]) is no key, or not like that")
        }
        #expect(said == known)
    }

    /// Every path of a key, in whatever sentence: a key that gets another name leaves none behind.
    @Test func everyPathInDocumentsAndSamplesIsAKey() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appending(component: "config").path(percentEncoded: false))
        for name in ["CONFIGURATION.md", "README.md"] + names.map({ "config/\($0)" }) {
            let text = try String(contentsOf: Self.root.appending(path: name), encoding: .utf8)
            for path in Self.paths(in: text) {
                #expect(Self.isKey(path), "\(name) speaks of \(path)")
            }
        }
    }

    /// What people are told about a key names it through `ConfigurationKey`, so that a misspelt
    /// path does not compile; comments may write it out, if it is one.
    @Test func noSourceWritesAPathOut() throws {
        let folder = Self.root.appending(component: "Sources").path(percentEncoded: false)
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        let sources = try #require(files).filter { $0.hasSuffix(".swift") }
        #expect(sources.count > 100)
        for name in sources {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            for line in text.split(separator: "\n") {
                if line.drop(while: { $0 == " " }).hasPrefix("//") {
                    for path in Self.paths(in: Self.quoted(line)) {
                        #expect(Self.isKey(path), "\(name) speaks of \(path)")
                    }
                } else {
                    let written = Self.paths(in: Self.literals(line)).filter(Self.isKey)
                    #expect(written == [], "\(name) writes it out: \(line)")
                }
            }
        }
    }

    /// What stands in back quotes and is a path as a whole.
    private static func quoted(_ comment: Substring) -> String {
        comment.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 && $0.element.allSatisfy { $0 != " " && $0 != "(" } }
            .map { String($0.element) }.joined(separator: " ")
    }

    /// What stands in the string literals of a line, without what is interpolated.
    private static func literals(_ line: Substring) -> String {
        var text = ""
        var isInside = false
        var depth = 0
        var rest = line
        while let letter = rest.popFirst() {
            if depth > 0 {
                depth += letter == "(" ? 1 : letter == ")" ? -1 : 0
            } else if letter == "\\", isInside {
                if rest.popFirst() == "(" { depth = 1 }
            } else if letter == "\"" {
                isInside.toggle()
                text += " "
            } else if isInside {
                text.append(letter)
            }
        }
        return text
    }

    /// `coordinator.port`, `rpc_backends[2].host` and `worker_defaults.bind` as they stand in text.
    private static func paths(in text: String) -> [String] {
        let pattern =
            #/
            \b(coordinator|restart|health|timeouts|placement|worker_defaults|rpc_backends\[.{0,2}\])
            \.([a-z_]+)
            /#
        return text.matches(of: pattern).map { match in
            let group = match.1.hasPrefix("rpc_backends") ? "rpc_backends[]" : String(match.1)
            return "\(group).\(match.2)"
        }
    }

    private static func isKey(_ path: String) -> Bool { known.contains(path) }

    private static let known = Set(
        ConfigurationSchema.keys.map(\.description)
            + ConfigurationGroup.workerDefaults.keys.map(\.description)
            + ConfigurationKey.Backend.allCases.map { "rpc_backends[].\($0.rawValue)" }
            // An object of a group, of which the pattern sees the first part.
            + ConfigurationSchema.keys.compactMap { key in
                key.object.map { "\(key.group?.description ?? "").\($0)" }
            })

    @Test func variablesAndOptionsSetWhatTheDocumentSays() {
        var expected: Set<[String]> = []
        for key in ConfigurationSchema.keys {
            if let name = key.definition.variable { expected.insert(["`\(name)`", "`\(key)`"]) }
        }
        for (option, key) in ConfigurationSchema.options {
            expected.insert(["`\(option)`", "`\(key)`"])
        }
        let said = Set(Self.rows.filter { $0.count == 2 })
        #expect(said == expected)
    }

    @Test func keysOfOtherPartsAreListed() throws {
        let document = try #require(Self.document)
        let names =
            ConfigurationSchema.foreign.map { "`\($0)`" }
            + ConfigurationSchema.foreignPrefixes.map { "`\($0)*`" }
            + SpecialKey.allCases.map(\.rawValue)
        for name in names { #expect(document.contains(name), "\(name)") }
    }

    @Test func everyExampleLoads() throws {
        let blocks = try #require(Self.document).components(separatedBy: "```")
        let files = blocks.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            .filter { $0.hasPrefix("json\n") }
        #expect(files.count >= 2)
        for file in files {
            let loaded = try Loading.load(String(file.dropFirst("json\n".count)))
            #expect(loaded.spec.workers.count >= 2)
            #expect(loaded.notices == [])
        }
    }

    // MARK: Samples

    private static let schema = "sollol.schema.json"

    private static let samples: [String] = {
        let folder = root.appending(component: "config").path(percentEncoded: false)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") && $0 != schema }.sorted()
    }()

    @Test func thereAreSamplesForEveryKindOfUser() { #expect(Self.samples.count >= 8) }

    /// Loaded without a warning about unknown keys, shown, loaded again, and planned.
    @Test(arguments: samples)
    func theSampleIsPlanned(_ name: String) throws {
        let file = Self.root.appending(components: "config", name)
        let source = SourceFile(
            path: name, folder: "/etc/sollol", bytes: Array(try Data(contentsOf: file)))
        let sources = ConfigurationSources(
            file: source, backendsFile: nil, environment: [:], options: [:],
            machine: LocalMachine(
                addresses: ["127.0.0.1"], hostName: "control", home: "/home/ann",
                workingDirectory: "/"))
        let loaded = try ConfigurationLoader.load(sources)
        #expect(!loaded.notices.contains { $0.contains("unknown") || $0.contains("acts from") })
        let plan = try LaunchPlanner.plan(loaded.spec)
        #expect(plan.processes.count + plan.unmanaged.count == loaded.spec.workers.count + 1)
        let text = String(decoding: source.bytes, as: UTF8.self)
        #expect(text.hasPrefix("// "), "a sample says first whom it is for")
    }
}
