import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

/// The JSON Schema against what is loaded and what is refused, by a validator that is not ours:
/// Debian's `jsonschema` (python3-jsonschema).
struct SchemaTests {
    /// `SOLLOL_UPDATE_FIXTURES=1` writes a file anew.
    private static func expectSame(_ text: String, as file: URL) throws {
        if ProcessInfo.processInfo.environment["SOLLOL_UPDATE_FIXTURES"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(text == written, "SOLLOL_UPDATE_FIXTURES=1 writes it anew")
    }

    @Test func theFileIsWhatTheCommandPrints() throws {
        try Self.expectSame(
            JSONSchema.document.text,
            as: DocumentTests.root.appending(components: "config", "sollol.schema.json"))
    }

    @Test func itTakesWhatIsLoaded() throws {
        let folder = DocumentTests.root.appending(component: "config")
        let names = try FileManager.default.contentsOfDirectory(
            atPath: folder.path(percentEncoded: false))
        var texts = try names.filter { $0.hasSuffix(".json") && $0 != "sollol.schema.json" }
            .map { try String(contentsOf: folder.appending(component: $0), encoding: .utf8) }
        #expect(texts.count >= 8)
        // What `sollol config --format json` prints of them: every key, with its default.
        texts += texts.compactMap {
            try? ConfigurationLoader.load(Loading.sources($0)).effective.json
        }
        texts.append(AllowedConfigurationsTests.nulls)
        for index in 0..<UInt64(3000) where texts.count < 300 {
            var random = RandomConfiguration(seed: 2020, index: index)
            let sources = random.next()
            guard let file = sources.file, Loading.problems(sources).isEmpty else { continue }
            texts.append(String(decoding: file.bytes, as: UTF8.self))
        }
        let documents = texts.compactMap(Self.plain)
        #expect(documents.count == texts.count && texts.count > 30, "\(texts.count)")
        for (text, isValid) in zip(documents, try Self.validate(documents)) {
            #expect(isValid, "\(text)")
        }
    }

    /// The tables of broken configurations. What a schema cannot tell stands, by what is said
    /// about it, in `Fixtures/schema-cannot-tell.txt`: a rule that a schema can express is none of
    /// those.
    @Test func itRefusesWhatASchemaCanTell() throws {
        let cases = BrokenConfigurationsTests.cases.filter {
            $0.conf == nil && $0.environment.isEmpty && $0.options.isEmpty
        }
        let broken = cases.compactMap { test in
            test.json.flatMap(Self.plain).map { (test.problems, $0) }
        }
        let verdicts = try Self.validate(broken.map(\.1))
        let accepted = zip(broken, verdicts).filter(\.1).map { $0.0.0.joined(separator: " / ") }
        #expect(verdicts.filter { !$0 }.count > 60)
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(components: "Fixtures", "schema-cannot-tell.txt")
        try Self.expectSame(accepted.map { $0 + "\n" }.joined(), as: file)
    }

    /// JSON without comments and trailing commas; nil for what is no JSON, or has a key twice.
    private static func plain(_ text: String) -> String? {
        guard let (root, duplicates) = try? JSONReader.read(Array(text.utf8)),
            duplicates.isEmpty
        else { return nil }
        return json(root)
    }

    private static func json(_ node: JSONNode) -> String {
        switch node.value {
        case .null: "null"
        case .bool(let isOn): "\(isOn)"
        case .number(let text): text
        case .string(let text): OrderedJSON.string(text).line
        case .array(let nodes): "[" + nodes.map(json).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.map { OrderedJSON.string($0.key).line + ":" + json($0.value) }
                .joined(separator: ",") + "}"
        }
    }

    /// What the validator says of each.
    private static func validate(_ documents: [String]) throws -> [Bool] {
        let folder = FileManager.default.temporaryDirectory
            .appending(component: "sollol-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(JSONSchema.document.text.utf8).write(to: folder.appending(component: "schema"))
        var words = ["--output", "pretty"]
        for (index, document) in documents.enumerated() {
            try Data(document.utf8).write(to: folder.appending(component: "\(index)"))
            words += ["-i", "\(index)"]
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["jsonschema"] + words + ["schema"]
        process.currentDirectoryURL = folder
        let output = folder.appending(component: "output")
        _ = FileManager.default.createFile(
            atPath: output.path(percentEncoded: false), contents: nil)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: output, encoding: .utf8)
        let valid = Set(
            text.matches(of: #/===\[SUCCESS\]===\(([0-9]+)\)/#).compactMap { Int($0.1) })
        let not = Set(
            text.matches(of: #/===\[ValidationError\]===\(([0-9]+)\)/#).compactMap { Int($0.1) })
        #expect(valid.union(not).count == documents.count && valid.isDisjoint(with: not), "\(text)")
        return documents.indices.map(valid.contains)
    }
}
