import Basics
import Foundation
import Testing

/// What `sollol` makes of words that are no command of its own: other tools' names for one, a file
/// where an option was meant, and words that would steer a terminal.
struct CommandWordsTests {
    typealias Place = CommandLinePlace

    /// Whoever gave the words - a script, a file, a folder's name - does not steer the terminal.
    @Test(arguments: [
        ["\u{1B}[2Jx"], ["up", "--m\u{202E}odel", "x"], ["logs", "a\u{9B}b"],
        ["plan", "--model", "/m\u{200B}.gguf", "--rpc", "10.0.0.1"],
        ["up", "--config", "/no\u{1B}]0;x\u{7}where"], ["status", "--name", "\u{2066}"],
    ])
    func wordsDoNotSteerATerminal(_ words: [String]) throws {
        let place = try Place()
        let outcome = try place.run([TestEnvironment.products + "/sollol"] + words)
        #expect([64, 78].contains(outcome.status))
        for text in [outcome.output, outcome.errors] {
            let scalars = text.unicodeScalars.filter { $0 != "\n" }
            #expect(!scalars.contains(where: TerminalText.isDeceptive), "\(text)")
        }
    }

    @Test func otherNamesAndFilesAsWordsAreUnderstoodOrAnswered() throws {
        let place = try Place()
        try place.write("work/sollol.json", CommandLineTests.good)
        // What lists all clusters tells of those of other tests, which come and go; not its help.
        for (synonym, command) in [
            ("ls", "list"), ("ps", "list"), ("stop", "down"), ("start", "up"),
        ] {
            let said = try place.run(synonym, "--help")
            #expect(said.status == 0)
            #expect(said.output == (try place.run(command, "--help").output))
        }
        let said = try place.run("stop")
        let meant = try place.run("down")
        #expect(said.status == 0 && said.output == meant.output && said.errors == meant.errors)
        #expect(try place.run("ls").status == 0)
        #expect(try place.run("-V").output == (try place.run("version")).output)
        let word = try place.run("up", "my home.json")
        #expect(word.status == 64)
        #expect(word.errors.contains("is an option: sollol up -c 'my home.json'"))
        #expect(try place.run("home.json").errors.contains("sollol up -c home.json"))
        #expect(!place.isTouched)
    }

    /// The remedy is the line to type, and stands on a line of its own.
    @Test func whatToDoIsALineToType() throws {
        let place = try Place()
        try FileManager.default.createDirectory(
            atPath: "\(place.folder)/work/my files", withIntermediateDirectories: false)
        try place.write("work/my files/home.json", CommandLineTests.good)
        for command in ["reload", "restart"] {
            let outcome = try place.run(command, "-c", "my files/home.json")
            #expect(outcome.status == 69)
            #expect(
                outcome.errors.hasSuffix(
                    "error: nothing runs of cluster home.\n  "
                        + "Start it: sollol up -c 'my files/home.json'"), "\(outcome.errors)")
        }
    }

    /// A name that was mistyped is no cluster that is down.
    @Test func aNameThatNobodyKnowsIsTold() throws {
        let place = try Place()
        for name in ["home", "lab"] {
            let folder = "\(place.folder)/state/sollol/\(name)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try place.write("state/sollol/\(name)/owner", "0123456789abcdef\n")
        }
        for (command, label, status) in [("down", "", 0), ("status", "notice: ", 3)] {
            let outcome = try place.run(command, "--name", "hom")
            #expect(outcome.status == Int32(status))
            // Clusters of other tests are known, too, while they run.
            let says = "\(label)no cluster hom is known here; known: "
            #expect(outcome.errors.hasPrefix(says), "\(outcome.errors)")
            for name in ["home", "lab"] { #expect(outcome.errors.contains(name)) }
            #expect(!(try place.run(command, "--name", "lab")).errors.contains("known"))
        }
    }

    /// Times in text are those of the place; where nobody knows it, with its distance from UTC.
    @Test(arguments: [("UTC", "2026-11-24T22:31:05Z"), ("Asia/Tokyo", "2026-11-25T07:31:05+09:00")])
    func logsTellTheTimeOfThePlace(_ zone: String, _ time: String) throws {
        let place = try Place()
        try FileManager.default.createDirectory(
            atPath: "\(place.folder)/state/sollol/home/logs", withIntermediateDirectories: true)
        for name in ["", "/home", "/home/logs"] {
            chmod("\(place.folder)/state/sollol\(name)", 0o700)
        }
        try place.write(
            "state/sollol/home/logs/worker-1.log", "2026-11-24T22:31:05Z one\nwithout a time\n")
        let shown = try place.run("logs", "--name", "home", with: ["TZ": zone])
        #expect(shown.output == "\(time) one\nwithout a time\n", "\(shown)")
        let json = try place.run("logs", "--name", "home", "--format", "json", with: ["TZ": zone])
        #expect(json.output.hasPrefix(#"{"time": "2026-11-24T22:31:05Z", "#), "\(json)")
    }
}
