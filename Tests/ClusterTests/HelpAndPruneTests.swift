import Foundation
import Testing

/// What people are told who ask, and what `list --prune` removes.
struct HelpAndPruneTests {
    @Test func aKeyIsFoundByAPartOfItsPathOrAMisspelling() throws {
        let place = try CommandLinePlace()
        #expect(try place.run("help", "sleep_after").output.hasPrefix("coordinator.sleep_after\n"))
        let port = try place.run("help", "port")
        #expect(port.output.contains("  sollol help coordinator.port\n"), "\(port)")
        #expect(port.output.contains("  sollol help rpc_backends[].port\n"), "\(port)")
        let near = try place.run("help", "coordinator.prot")
        #expect(near.status == 64)
        #expect(
            near.errors == """
                sollol: there is no key coordinator.prot (did you mean coordinator.port?)
                  See: sollol help help
                """)
        #expect(try place.run("help", "restart").output.hasPrefix("usage: sollol restart"))
        let group = try place.run("help", "health")
        #expect(group.output.contains("  sollol help health.timeout\n"), "\(group)")
    }

    /// Every example is a command line that is understood.
    @Test func examplesAreUnderstood() throws {
        let place = try CommandLinePlace()
        let commands = try place.run("help").output.split(separator: "\n")
            .drop { $0 != "Commands:" }.dropFirst().prefix { $0.hasPrefix("  ") }
            .compactMap { $0.split(whereSeparator: { $0 == " " || $0 == "," }).first }
        #expect(commands.count > 10)
        for command in commands {
            let help = try place.run("help", String(command)).output
            let examples = help.split(separator: "\n").drop { $0 != "Examples:" }.dropFirst()
                .prefix { $0.hasPrefix("  ") }
            if command != "version" { #expect(!examples.isEmpty, "\(command)") }
            for example in examples {
                let line =
                    example.dropFirst(2).firstRange(of: "  ").map {
                        String(example.dropFirst(2)[..<$0.lowerBound])
                    } ?? String(example.dropFirst(2))
                let words = line.replacing(#/^source <\(|\)$/#, with: "")
                    .split(separator: "|")[0].split(separator: ">")[0]
                let outcome = try place.run(
                    ["/bin/sh", "-c", "\(words) --help"],
                    place.environment.merging([
                        "PATH": "\(TestEnvironment.products):/usr/bin:/bin"
                    ]) { $1 })
                #expect(outcome.status == 0, "\(line): \(outcome)")
            }
        }
    }

    @Test func whatNobodyCouldStartAgainIsRemovedButItsOwner() throws {
        let place = try CommandLinePlace()
        let owner = String(repeating: "ab", count: 16)
        for (name, configuration) in [("gone", "gone.json"), ("kept", "kept.json")] {
            let state = "\(place.folder)/state/sollol/\(name)"
            try FileManager.default.createDirectory(
                atPath: "\(state)/logs", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            for (file, text) in [
                ("owner", owner), ("lock", "1\n"), ("logs/worker-1.log", "x\n"),
                ("configuration", "\(place.folder)/\(configuration)"),
            ] {
                try place.write("state/sollol/\(name)/\(file)", text)
            }
        }
        try place.write("kept.json", "{}")
        let outcome = try place.run("list", "--prune")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("removed gone: \(place.folder)/gone.json is gone"))
        #expect(
            outcome.errors.contains("kept kept: its configuration \(place.folder)/kept.json is"))
        #expect(!outcome.output.contains("gone") && outcome.output.contains("kept"))
        let left = try FileManager.default.contentsOfDirectory(
            atPath: "\(place.folder)/state/sollol/gone")
        #expect(left.sorted() == ["lock", "owner", "pruned"])
        #expect(access("\(place.folder)/state/sollol/kept/logs/worker-1.log", F_OK) == 0)
    }
}
