import Foundation
import Testing

/// `sollol completion SHELL` in the shells themselves, and the manual page before `mandoc -T lint`.
struct CompletionTests {
    typealias Place = CommandLinePlace

    private static let sollol = TestEnvironment.products + "/sollol"

    /// What a line could end with, and some that must not be offered.
    static let lines: [(line: String, offered: [String], others: [String])] = [
        (
            "sollol ", ["up", "status", "completion", "shard"],
            ["reload-look", "complete", "start"]
        ),
        ("sollol st", ["status", "start", "stop"], ["up"]),
        ("sollol up --d", ["--dry-run", "--detach"], ["--format"]),
        ("sollol up --dry-run --format ", ["text", "json", "sh"], ["up"]),
        ("sollol -c sollol.json status --w", ["--watch"], ["--dry-run"]),
        ("sollol completion ", ["bash", "zsh", "fish"], ["up"]),
        ("sollol help re", ["reload", "restart"], ["up"]),
        ("sollol restart a", ["all"], ["up"]),
        ("sollol up -c so", ["sollol.json"], ["up"]),
        ("sollol status --name h", ["home"], []),
        ("sollol up --format=j", ["--format=json"], ["up"]),
        ("~/bin/sollol st", ["status", "start", "stop"], ["up"]),
    ]

    private func place() throws -> Place {
        let place = try Place()
        try place.write("work/sollol.json", CommandLineTests.good)
        try FileManager.default.createDirectory(
            atPath: "\(place.folder)/state/sollol/home", withIntermediateDirectories: true)
        try place.write("state/sollol/home/owner", "x")
        try FileManager.default.createDirectory(
            atPath: "\(place.folder)/home/bin", withIntermediateDirectories: true)
        for folder in ["bin", "home/bin"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(place.folder)/\(folder)/sollol", withDestinationPath: Self.sollol)
        }
        return place
    }

    private func expect(
        _ found: [String], _ line: (line: String, offered: [String], others: [String])
    ) {
        let words = Set(found)
        #expect(words.isSuperset(of: line.offered), "\(line.line): \(found)")
        #expect(words.isDisjoint(with: line.others), "\(line.line): \(found)")
    }

    @Test func bash() throws {
        let place = try place()
        for line in Self.lines {
            let program = """
                source <(sollol completion bash)
                read -ra COMP_WORDS <<<"$1"
                [[ $1 != *' ' ]] || COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _sollol
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let outcome = try place.run("/bin/bash", ["-c", program, "bash", line.line])
            #expect(outcome.errors == "")
            expect(outcome.output.split(separator: "\n").map(String.init), line)
        }
        let attached = try place.run(
            "/bin/bash",
            [
                "-c",
                """
                source <(sollol completion bash)
                COMP_WORDS=(sollol up --format = j) COMP_CWORD=4
                _sollol
                echo "${COMPREPLY[@]}"
                """,
            ])
        #expect(attached.output == "json\n")
    }

    @Test(.enabled(if: TestEnvironment.has("fish"), "skipped: no fish"))
    func fish() throws {
        let place = try place()
        for line in Self.lines + [("sollol up --config=so", ["--config=sollol.json"], ["up"])] {
            let program = "sollol completion fish | source; complete -C '\(line.line)'"
            let outcome = try place.run("/usr/bin/env", ["fish", "--no-config", "-c", program])
            #expect(outcome.errors == "")
            let words = outcome.output.split(separator: "\n").map {
                String($0.prefix { $0 != "\t" })
            }
            expect(words, line)
        }
    }

    /// zsh completes only on a terminal: it is driven through one, and the list is caught where its
    /// own function hands it over.
    @Test(.enabled(if: TestEnvironment.has("zsh"), "skipped: no zsh"))
    func zsh() throws {
        let place = try place()
        for line in Self.lines {
            let program = """
                compdef() { : }
                _files() { print -l -- *(N) }
                _describe() { local entry; for entry in ${(P)2}; do print -r -- "${entry%%:*}"; done }
                source <(sollol completion zsh)
                words=(${(z)1})
                [[ $1 != *' ' ]] || words+=("")
                CURRENT=$#words
                _sollol
                """
            let outcome = try place.run(
                "/usr/bin/env", ["zsh", "-f", "-c", program, "zsh", line.line])
            #expect(outcome.errors == "")
            expect(outcome.output.split(separator: "\n").map(String.init), line)
        }
    }

    /// In a real terminal, with zsh's own completion.
    @Test(.enabled(if: TestEnvironment.has("zsh"), "skipped: no zsh"))
    func zshOnATerminal() throws {
        let place = try place()
        let program = """
            zmodload zsh/zpty
            zpty z env TERM=dumb zsh -f -i
            zpty -w z 'autoload -U compinit; compinit -u -D; source <(sollol completion zsh)'
            zpty -w z 'print READ''Y'
            zpty -r -m z line '*READY*'
            zpty -w z $'sollol help compl\\t'
            zpty -r -m z line '*usage: sollol completion*'
            zpty -w z $'sollol config --config=soll\\t'
            zpty -r -m z line '*allow_exposed_bind*'
            print -r -- found
            zpty -d z
            """
        let outcome = try place.run("/usr/bin/env", ["zsh", "-f", "-c", program])
        #expect(outcome.output.hasSuffix("found\n"), "\(outcome)")
    }

    @Test func anUnknownShellIsAnsweredWithTheKnownOnes() throws {
        let place = try Place()
        let outcome = try place.run("completion", "tcsh")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("there is none for tcsh; one of bash, zsh, fish"))
    }

    @Test(.enabled(if: TestEnvironment.has("mandoc"), "skipped: no mandoc"))
    func theManualPageIsClean() throws {
        let place = try Place()
        let page = try place.run("man")
        #expect(page.status == 0)
        try place.write("work/sollol.1", page.output)
        let lint = try place.run(
            "/usr/bin/env", ["mandoc", "-T", "lint", "-W", "style", "sollol.1"])
        #expect(lint.output == "" && lint.errors == "", "\(lint)")
        let shown = try place.run("/usr/bin/env", ["mandoc", "-T", "ascii", "sollol.1"])
        let text = shown.output.replacing(/.\u{8}/, with: "")
        for command in ["up, start", "list, ls, ps", "--overcommit", "69"] {
            #expect(text.contains(command), "\(command)")
        }
    }
}
