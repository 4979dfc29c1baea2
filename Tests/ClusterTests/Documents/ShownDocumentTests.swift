import Basics
import Foundation
import Testing

/// Every command line that a document shows is one that works, and every line of output is what is
/// printed today.
@Suite(.serialized)
struct ShownDocumentTests {
    /// A new block or line in a document fails here until it is said how it is proven.
    @Test func everyBlockIsProvenInOneWay() throws {
        let blocks = try ShownDocument.all().flatMap(\.blocks)
        #expect(blocks.count > 12)
        for block in blocks {
            let proofs = BlockProof.allCases.filter { $0.claims(block) }
            #expect(proofs.count == 1, "\(block) is proven by \(proofs)")
        }
        for proof in BlockProof.allCases { _ = try proof.found() }
    }

    @Test func everyLineIsProven() throws {
        let lines = Set(try ShownDocument.all().flatMap(\.commandLines))
        #expect(lines.count > 50)
        for line in lines.sorted() {
            switch LineProof(line) {
            case .runs, .service, .named: break
            case .development(let program): try Self.checkOptions(line, of: program)
            case .unproven: Issue.record("nothing proves: \(line)")
            }
        }
        #expect(LineProof.reasons.keys.filter { !lines.contains($0) }.sorted() == [])
    }

    /// Options and words that are no placeholder stand in the program's text.
    private static func checkOptions(_ line: String, of program: String) throws {
        let text = try String(contentsOfFile: "\(ShownDocument.root)/\(program)", encoding: .utf8)
        for word in line.split(whereSeparator: { " []…".contains($0) }).dropFirst()
        where word.contains(where: \.isLowercase) {
            #expect(text.contains(word), "\(line): \(program) does not know \(word)")
        }
    }

    @Test(arguments: BlockProof.allCases)
    func whatIsShownIsTrue(_ proof: BlockProof) throws {
        let blocks = try proof.found()
        switch proof {
        case .quickstart: try QuickstartProof().hold(blocks)
        case .cluster: try ShownCluster().hold(blocks)
        case .configuration: try Self.load(blocks)
        case .plan: try PlanProof.hold(blocks)
        case .commandTable: try Self.compareWithHelp(blocks)
        case .drawing: Self.checkDrawings(blocks)
        case .development: for block in blocks { try Self.lookUp(block) }
        }
    }

    // MARK: Configurations

    private static func load(_ blocks: [ShownDocument.Block]) throws {
        let place = try CommandLinePlace()
        for block in blocks {
            try place.write("work/home.json", block.text.joined(separator: "\n"))
            for command in ["config", "up --dry-run"] {
                let words = command.split(separator: " ").map(String.init)
                let outcome = try place.run(
                    [TestEnvironment.products + "/sollol"] + words + ["-c", "home.json"],
                    place.environment.merging(["PATH": "/usr/bin:/bin"]) { $1 })
                #expect(outcome.status == 0, "\(block): \(outcome)")
                #expect(!outcome.errors.contains("unknown"), "\(block): \(outcome.errors)")
            }
        }
        #expect(!place.isTouched)
    }

    // MARK: Commands

    /// A row is a command, or several, its options with their values, and two spaces before what it
    /// does.
    private static func compareWithHelp(_ blocks: [ShownDocument.Block]) throws {
        let place = try CommandLinePlace()
        for row in blocks.flatMap(\.text) {
            let usage = row.split(separator: /\s{2,}(?=\S+( \S+)*$)/)[0]
            let words = usage.split(whereSeparator: \.isWhitespace).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
            }
            #expect(words.first == "sollol", "\(row)")
            let names = words.dropFirst().filter {
                ShownDocument.commands.contains($0) || ["help", "version"].contains($0)
            }
            #expect(!names.isEmpty, "\(row)")
            let help = try names.map { try place.run("help", $0) }
            #expect(help.allSatisfy { $0.status == 0 }, "\(row)")
            let text = help.map(\.output).joined()
            for word in words.dropFirst() where word.hasPrefix("--") || word.contains(/.\|./) {
                #expect(text.contains(word), "\(row): help does not know \(word)")
            }
        }
    }

    // MARK: Nothing to run

    private static func checkDrawings(_ blocks: [ShownDocument.Block]) {
        for block in blocks {
            #expect(block.language == "", "\(block)")
            #expect(block.text.contains { $0.contains("─") }, "\(block)")
            #expect(!block.text.contains { $0.contains(#/^(\$|sollol) /#) }, "\(block)")
        }
    }

    /// The program is there, and so is what a filter picks.
    private static func lookUp(_ block: ShownDocument.Block) throws {
        let steps = try Transcript(block).steps
        #expect(steps.allSatisfy { $0.output.allSatisfy(\.isEmpty) }, "\(block)")
        for step in steps { try lookUp(step) }
    }

    static func lookUp(_ step: Transcript.Step) throws {
        let words = step.command.split(separator: " ").map(String.init)
        let found = try ShellRun(
            "cd \"$1\" && command -v \"$2\"", [ShownDocument.root, words[0]])
        #expect(found.status == 0, "\(step.command)")
        if let index = words.firstIndex(of: "--filter") {
            let path = "\(ShownDocument.root)/Tests/ClusterTests/\(words[index + 1]).swift"
            #expect(access(path, F_OK) == 0, "\(step.command)")
        }
    }
}
