import Basics
import Foundation
import Testing

/// A cluster on hosts of the documents' names, brought up by README's line, on which every command
/// line in a sentence is typed.
struct ShownCluster {
    private let bed: DocumentBed
    private let environment: [String: String]
    private static let model = "/models/llama-3.1-70b-q4_k_m.gguf"

    init() throws {
        bed = try DocumentBed(["gpu-1", "gpu-2"], model: Self.model)
        // As a file would say it, for the lines that need no more.
        environment = ["SOLLOL_MODEL_PATH": Self.model, "RPC_BACKENDS": "gpu-1,gpu-2"]
    }

    func hold(_ blocks: [ShownDocument.Block]) throws {
        let lines = try Self.lines()
        let first = try #require(blocks.first { $0.language == "console" })
        let step = try #require(Transcript(first).steps.first)
        let running = try bed.start(step.command)
        try running.waitFor("serving at http://127.0.0.1:18080")
        for block in blocks where block.language == "json" { try compareStatus(block) }
        for block in blocks where block.language == "yaml" { try compareScraping(block) }

        let last = ["sollol down"]
        for line in lines where !last.contains(line) {
            try run(line)
        }
        for line in last { try run(line) }
        #expect(running.exitStatus() == 0, "\(running.lines)")
        try runService()
        #expect(try bed.bed.filesLeft() == [])
    }

    /// In their forms, each once.
    private static func lines() throws -> [String] {
        let all = try ShownDocument.all().flatMap(\.commandLines).flatMap { line in
            if case .runs(let forms) = LineProof(line) { forms } else { [String]() }
        }
        return Set(all).sorted()
    }

    // MARK: A service

    /// The lines of the unit, in the order in which somebody comes to them.
    private func runService() throws {
        let backends = #"["gpu-1", "gpu-2"]"#
        try bed.write(
            #"{"model": "\#(Self.model)", "rpc_backends": \#(backends)}"#, "/etc/sollol/sollol.json"
        )
        let lines = try ShownDocument.all().flatMap(\.commandLines).compactMap { line in
            if case .service(let typed) = LineProof(line) { typed } else { nil }
        }
        func those(_ word: String) -> [String] { lines.filter { $0.contains("sollol \(word) ") } }
        #expect(
            ["check", "up", "status", "reload"].flatMap(those).count == lines.count, "\(lines)")
        let state = ["STATE_DIRECTORY": "/var/lib/sollol/state"]
        for line in those("check") { try run(line) }
        let up = try #require(those("up").first)
        let running = try bed.start(up, environment: state)
        try running.waitFor("serving at")
        for line in those("status") + those("reload") { try run(line) }
        running.signal(SIGTERM)
        #expect(running.exitStatus() == 0, "\(running.lines)")
    }

    private func run(_ line: String) throws {
        if line.hasSuffix(" --watch") { return try watch(line) }
        let run = try bed.type(line, environment: environment)
        // The cluster runs already, and so they say.
        let isTooLate = line.hasPrefix("sollol up") || line == "sollol measure"
        let expected: Int32 = isTooLate && !line.contains("--dry-run") ? 75 : 0
        #expect(run.status == expected, "\(line): \(run.output)\(run.errors)")
    }

    /// Until somebody ends it.
    private func watch(_ line: String) throws {
        let program = try RunningProgram(
            on: bed.bed.control, line.split(separator: " ").map(String.init))
        #expect(program.moreOutput().contains("serving"))
        program.signal(SIGINT)
        #expect(program.exitStatus() == 0, "\(line): \(program.lines)")
    }

    // MARK: What it tells

    /// The same members in the same order; what is null now is not looked into.
    private func compareStatus(_ block: ShownDocument.Block) throws {
        let run = try bed.type("sollol status --format json", environment: environment)
        #expect(run.status == 0, "\(run.errors)")
        let documented = try JSONReader.read(Array(block.text.joined(separator: "\n").utf8)).root
        let told = try JSONReader.read(Array(run.output.utf8)).root
        Self.compare(documented, told, "\(block)")
    }

    private static func compare(_ documented: JSONNode, _ told: JSONNode, _ path: String) {
        switch (documented.value, told.value) {
        case (.object(let first), .object(let second)):
            #expect(first.map(\.key) == second.map(\.key), "\(path)")
            for (one, other) in zip(first, second) {
                compare(one.value, other.value, "\(path).\(one.key)")
            }
        case (.array(let first), .array(let second)):
            guard let example = first.first else { return }
            for element in second { compare(example, element, "\(path)[]") }
        case (.null, _), (_, .null), (.string, .string), (.number, .number), (.bool, .bool): return
        default: Issue.record("\(path) is documented as \(documented.value), told \(told.value)")
        }
    }

    /// Prometheus takes it, and sollol's page is there.
    private func compareScraping(_ block: ShownDocument.Block) throws {
        let text = block.text.joined(separator: "\n")
        let status = try bed.type("sollol status --format json", environment: environment)
        let page = try #require(status.output.firstMatch(of: /"dashboard_url": "http:\/\/([^"]+)"/))
        #expect(text.contains("targets: [\"\(page.output.1)\"]"), "\(text)")
        // As README says.
        let shown = try bed.type("sollol status", environment: environment).output
        #expect(shown.contains("\npage: http://\(page.output.1)\n"), "\(shown)")
        guard TestEnvironment.has("promtool") else { return }
        try bed.write(text, "\(HostUser.root.home)/prometheus.yml")
        let check = try bed.type("promtool check config ~/prometheus.yml")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
