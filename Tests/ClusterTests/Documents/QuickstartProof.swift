import Foundation
import Testing

/// README's first lines, typed where nothing else runs; then what it shows of a worker that is
/// killed; and a second one that ends after its completion, beside the first.
struct QuickstartProof {
    private let bed: DocumentBed

    init() throws {
        bed = try DocumentBed([])
        // The script builds and asks where the products are: those of the tests are there already.
        let products = TestEnvironment.products
        try bed.write(
            """
            #!/bin/sh
            case " $* " in *' --show-bin-path '*) echo '\(products)' ;; esac

            """, "/usr/local/bin/swift", mode: 0o755)
        try bed.link(products, at: "\(DocumentBed.checkout)/.build/release")
    }

    func hold(_ blocks: [ShownDocument.Block]) throws {
        let steps = try blocks.flatMap { try Transcript($0).steps }
        let first = try #require(steps.first { $0.command == "./deploy/quickstart" })
        let running = try bed.start(first.command)
        try running.waitFor("Ctrl-C ends it")
        try bed.check(first, running.lines)
        for step in steps where step.command == "./deploy/test" {
            try ShownDocumentTests.lookUp(step)
        }
        try kill(steps, running)
        try runBeside(steps)

        let down = try bed.type("sollol down --name quickstart")
        #expect(down.status == 0, "\(down)")
        #expect(running.exitStatus() == 0, "\(running.lines)")
        #expect(try bed.bed.filesLeft() == [])
    }

    private func kill(_ steps: [Transcript.Step], _ running: RunningProgram) throws {
        let kill = try #require(steps.first { $0.command.hasPrefix("kill ") })
        #expect(try bed.type(kill.command).status == 0)
        try running.waitFor("serving again at")
        let status = try #require(steps.first { $0.command.hasPrefix("sollol status ") })
        // Memory is told at the next look.
        var printed: [String] = []
        try eventually("memory is known") {
            printed = (try? bed.type(status.command).output.components(separatedBy: "\n")) ?? []
            return printed.filter { $0.contains("MiB  ") }.count == 3
        }
        try bed.check(status, printed)
    }

    /// It finds free ports, believes only its own cluster, and leaves nothing; the state of the one
    /// that runs on is where `sollol status` looks.
    private func runBeside(_ steps: [Transcript.Step]) throws {
        let asked = "curl -s http://127.0.0.1:18080/metrics | grep '^llamacpp:prompt_tokens_total'"
        let before = try bed.type(asked).output
        #expect(before.hasPrefix("llamacpp:"))
        let second = try bed.start("./deploy/quickstart --once")
        #expect(second.exitStatus() == 0, "\(second.lines)")
        let printed = second.lines.joined(separator: "\n")
        // 18081 is the first one's page.
        #expect(printed.contains("serving at http://127.0.0.1:18082 after"), "\(printed)")
        #expect(printed.contains("worker-1 (127.0.0.1:50054)"), "\(printed)")
        #expect(printed.contains("the API listens on http://127.0.0.1:18082"), "\(printed)")
        #expect(printed.contains("completion of \"Hello\""), "\(printed)")
        #expect(!printed.contains("Terminated"), "\(printed)")
        #expect(try bed.type(asked).output == before)

        let status = try bed.type(".build/release/sollol status --name quickstart")
        #expect(status.status == 0, "\(status)")
        #expect(status.output.hasPrefix("cluster quickstart: serving at http://127.0.0.1:18080"))
        let list = try bed.type("sollol list; ls ~/.local/state/sollol; ls .build")
        #expect(list.output.hasSuffix("\nquickstart\nrelease\n"), "\(list.output)")
        #expect(!list.output.contains("once"), "\(list.output)")
    }
}
