import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

/// Broken configurations with all that `sollol` says about each, word for word.
///
/// The tables are `Fixtures/broken/*.txt`. A case begins with a line `===`; then follow, in any
/// order, each up to the next line that begins so:
///
/// | | |
/// |---|---|
/// | `[file]` | the configuration |
/// | `[backends]` | the elements of `rpc_backends` of a configuration that is complete otherwise |
/// | `[with]` | members of a configuration that is complete without them; they are in line 2 |
/// | `[complete]` | the same without any |
/// | `[conf]` | `rpc_backends.conf` |
/// | `[env]` | `NAME=VALUE` |
/// | `[option]` | `--name=VALUE` |
/// | `[path]` | the configuration's name; otherwise `home.json` |
/// | `[problems]` | what is said, a line each; `<GROUP>` stands for the keys of a group |
struct BrokenConfigurationsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var table: String
        var line: Int
        var json: String?
        var conf: String?
        var environment: [String: String] = [:]
        var options: [String: String] = [:]
        var path = "home.json"
        var problems: [String] = []
        var testDescription: String { "\(table):\(line)" }
    }

    static let tables = [
        "arguments", "backends", "hostile", "keys", "sources", "syntax", "values",
    ]

    static let cases: [Case] = tables.flatMap { table in
        let url = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/broken/\(table).txt")
        let text = url.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
        return parse(text, table: "\(table).txt")
    }

    private static func parse(_ text: String, table: String) -> [Case] {
        var cases: [Case] = []
        var section = ""
        var content: [String] = []
        func close() {
            guard !section.isEmpty else { return }
            add(section, content.joined(separator: "\n"), to: &cases[cases.count - 1])
            (section, content) = ("", [])
        }
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line == "===" {
                close()
                cases.append(Case(table: table, line: index + 1))
            } else if let end = line.firstIndex(of: "]"), line.first == "[",
                line.dropFirst().first?.isLowercase == true, !cases.isEmpty
            {
                close()
                section = String(line[...end])
                content = [String(line[line.index(after: end)...].dropFirst())]
            } else {
                content.append(line)
            }
        }
        close()
        return cases
    }

    private static func add(_ section: String, _ content: String, to test: inout Case) {
        let pair = content.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        switch section {
        case "[file]": test.json = content
        case "[backends]":
            test.json = #"{"model": "/m.gguf", "rpc_backends": [\#(content)]}"#
        case "[with]": test.json = Loading.with(content)
        case "[complete]": test.json = Loading.with("")
        case "[conf]": test.conf = content
        case "[env]": test.environment[String(pair[0])] = String(pair[1])
        case "[option]": test.options[String(pair[0])] = String(pair[1])
        case "[path]": test.path = content
        case "[problems]":
            test.problems = content.split(separator: "\n").map { withKeys(String($0)) }
        default: preconditionFailure("\(test.table):\(test.line): \(section)")
        }
    }

    /// So that a new key does not change the tables.
    private static func withKeys(_ text: String) -> String {
        let backend = ConfigurationKey.Backend.allCases.map(\.rawValue)
        let coordinator = ConfigurationGroup.coordinator.keys
        let groups = [
            "<backend>": backend,
            "<worker_defaults>": backend.filter { !["name", "host", "port"].contains($0) },
            "<coordinator>": coordinator.map(\.name),
        ]
        return groups.reduce(text) { text, group in
            // One of an object within a group stands by that.
            let names = group.value.map { $0.prefix { $0 != "." } }
            return text.replacing(group.key, with: names.joined(separator: ", "))
        }
    }

    @Test func thereAreManyInEveryTable() {
        #expect(Self.cases.count >= 200)
        #expect(Set(Self.cases.map(\.table)) == Set(Self.tables.map { $0 + ".txt" }))
    }

    @Test(arguments: cases)
    func saysWhatIsWrong(_ test: Case) {
        let problems = Loading.problems(
            Loading.sources(
                test.json, backends: test.conf, environment: test.environment,
                options: test.options, path: test.path))
        #expect(problems == test.problems)
        #expect(!problems.isEmpty)
        #expect(!problems.joined().contains("hush"), "a secret is shown")
    }

    @Test func optionsAreUsageAndEverythingElseIsConfiguration() {
        func status(
            _ members: String = "", _ environment: [String: String] = [:],
            _ options: [String: String] = [:]
        ) -> Basics.ExitStatus? {
            do {
                _ = try ConfigurationLoader.load(
                    Loading.sources(
                        Loading.with(members), environment: environment, options: options))
                return nil
            } catch { return error.exitStatus }
        }
        #expect(status() == nil)
        #expect(status(#""name": 1"#) == .configuration)
        #expect(status("", ["SOLLOL_CTX_SIZE": "x"]) == .configuration)
        #expect(status("", ["RPC_BACKENDS": "10.0.0.1,10.0.0.1"]) == .configuration)
        #expect(status("", [:], ["--port": "x"]) == .usage)
        #expect(status("", [:], ["--rpc": "10.0.0.1,10.0.0.1"]) == .usage)
        #expect(status(#""name": 1"#, [:], ["--port": "x"]) == .usage)
    }

    @Test func allProblemsOfAFileAreSaidAtOnceInItsOrder() {
        let json = """
            {
              "rpc_backends": [
                "10.0.0.256",
                {"host": "gpu-1", "port": 0, "ssh": "-x", "prot": 1},
                {}
              ],
              "coordinator": {
                "port": 70000, "prot": 1,
                "extra_arguments": ["-c", "1"]
              },
              "restart": {"initial_delay": -1},
              "name": "a b"
            }
            """
        #expect(
            Loading.problems(Loading.sources(json)) == [
                "home.json:3: rpc_backends[0]: \"10.0.0.256\" is no IPv4 address "
                    + "(four numbers to 255, without leading zeros).",
                "home.json:4: rpc_backends[1].port: 0 is too small, at least 1 is allowed.",
                "home.json:4: rpc_backends[1].ssh: \"-x\" begins with '-', which ssh would take "
                    + "for an option.",
                "home.json:4: rpc_backends[1].prot: unknown key; did you mean \"port\"?",
                "home.json:5: rpc_backends[2].host: is missing: the address or name that the "
                    + "coordinator dials.",
                "home.json:8: coordinator.port: 70000 is too large, at most 65535 is allowed.",
                "home.json:8: coordinator.prot: unknown key; did you mean \"port\"?",
                "home.json:9: coordinator.extra_arguments: -c belongs to the plan; set "
                    + "coordinator.ctx_size instead.",
                "home.json:11: restart.initial_delay: -1 is too small, at least 0 is allowed.",
                "home.json:12: name: \"a b\" is no name of 1 to 64 of the characters "
                    + "A-Z a-z 0-9 . _ -.",
                "home.json: model: is missing. Set it to a GGUF or to a model's Ollama name; or "
                    + "give --model or SOLLOL_MODEL_PATH.",
            ])
    }
}
