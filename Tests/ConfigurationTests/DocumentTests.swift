import Foundation
import Testing

@testable import Configuration
@testable import Plan
@testable import Samples

/// `CONFIGURATION.md` against the schema, in both directions.
struct DocumentTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let document = try? String(
        contentsOf: root.appending(component: "CONFIGURATION.md"), encoding: .utf8)

    /// The cells of every row of a table, the last one as well.
    private static let rows: [[String]] = (document ?? "").split(separator: "\n")
        .filter { $0.hasPrefix("| `") }
        .map { line in
            line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
        }

    /// What stands for a key in the first four cells.
    private static func cells(_ key: ConfigurationKey) -> [String] {
        let range: String =
            switch key.kind {
            case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
            case .integers(let range): "\(range.lowerBound) to \(range.upperBound)"
            case .number(let range): "\(trimmed(range.lowerBound)) to \(trimmed(range.upperBound))"
            case .string(.oneOf(let words)): words.map { "`\"\($0)\"`" }.joined(separator: ", ")
            default: ""
            }
        return [
            "`\(key.path)`", key.kind.name, "`\(key.standard.json)`",
            range + (key.unit.map { " \($0)" } ?? ""),
        ]
    }

    private static func trimmed(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    /// A new key needs one row in its table: the one that the failure prints, with its meaning.
    @Test func everyKeyIsDocumentedAsItIs() {
        for key in ConfigurationSchema.keys + ConfigurationSchema.backend {
            let cells = Self.cells(key)
            guard
                let row = Self.rows.first(where: { $0.count == 5 && Array($0.prefix(4)) == cells })
            else {
                Issue.record("no row | \(cells.joined(separator: " | ")) | MEANING. |")
                continue
            }
            #expect(row[4].count > 10, "\(key.path) has no meaning")
            // A key that does not act yet says so, and no other does.
            #expect(row[4].contains("Acts from") == (key.since != nil), "\(key.path)")
            if let since = key.since { #expect(row[4].contains("Acts from \(since)")) }
        }
    }

    @Test func noOtherKeyIsDocumented() {
        let known = (ConfigurationSchema.keys + ConfigurationSchema.backend).map(Self.cells)
        for row in Self.rows where row.count == 5 {
            #expect(known.contains(Array(row.prefix(4))), "\(row[0]) is no key, or not like that")
        }
    }

    @Test func variablesAndOptionsSetWhatTheDocumentSays() {
        var expected: Set<[String]> = []
        for key in ConfigurationSchema.keys {
            if let name = key.variable { expected.insert(["`\(name)`", "`\(key.path)`"]) }
        }
        for (option, path) in ConfigurationSchema.options {
            expected.insert(["`\(option)`", "`\(path)`"])
        }
        let said = Set(Self.rows.filter { $0.count == 2 })
        #expect(said == expected)
    }

    @Test func keysOfOtherPartsAreListed() throws {
        let document = try #require(Self.document)
        let names =
            ConfigurationSchema.foreign.map { "`\($0)`" }
            + ConfigurationSchema.foreignPrefixes.map { "`\($0)*`" } + ConfigurationSchema.special
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

    private static let samples: [String] = {
        let folder = root.appending(component: "config").path(percentEncoded: false)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted()
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
