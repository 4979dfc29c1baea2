import Foundation
import Testing

/// The command line from outside: what `sollol` makes of files, options and variables, where it
/// says so, with which status, and that nothing is started when something is wrong.
struct CommandLineTests {
    typealias Place = CommandLinePlace

    static let good = """
        {"model": "/m.gguf", "rpc_backends": ["127.0.0.1:50052"], "redis_url": "x"}
        """

    @Test func filesThatAreNone() throws {
        let place = try Place()
        mkdir("\(place.folder)/folder", 0o755)
        mkfifo("\(place.folder)/fifo", 0o600)
        symlink("loop", "\(place.folder)/loop")
        try place.write("large.json", String(repeating: " ", count: 1 << 20) + "{}")
        let cases = [
            ("missing", "cannot be read: No such file or directory (named by --config)."),
            ("folder", "is not a regular file (named by --config)."),
            ("fifo", "is not a regular file (named by --config)."),
            ("/dev/zero", "is not a regular file (named by --config)."),
            ("loop", "cannot be read: Too many levels of symbolic links (named by --config)."),
            ("large.json", "column 1: the file is larger than 1 MiB."),
        ]
        for (name, says) in cases {
            let path = name.hasPrefix("/") ? name : "\(place.folder)/\(name)"
            let outcome = try place.run("up", "--config", path)
            let line = name == "large.json" ? ":1" : ""
            #expect(outcome.errors == "error: \(path)\(line): \(says)")
            #expect(outcome.status == 78)
            #expect(outcome.output == "")
        }
        #expect(!place.isTouched)
    }

    @Test(
        .enabled(
            if: TestEnvironment.mustRun || getuid() != 0
                || access("/usr/bin/setpriv", X_OK) == 0,
            "skipped: root reads everything, and there is no setpriv"))
    func aFileThatMayNotBeRead() throws {
        let place = try Place()
        try place.write("work/sollol.json", Self.good)
        chmod("\(place.folder)/work/sollol.json", 0)
        var command = [TestEnvironment.products + "/sollol", "config"]
        if getuid() == 0 {
            let caps = "--bounding-set=-dac_override,-dac_read_search"
            command = ["/usr/bin/setpriv", caps, "--inh-caps=-all"] + command
        }
        let outcome = try place.run(command)
        #expect(outcome.errors == "error: ./sollol.json: cannot be read: Permission denied.")
        #expect(outcome.status == 78)
    }

    @Test func configIsOnStandardOutputAndNoticesAreNot() throws {
        let place = try Place()
        try place.write("work/sollol.json", Self.good)
        let notice =
            "notice: ./sollol.json: not used by distributed inference: redis_url"
        let text = try place.run("config", "--port", "9")
        #expect(text.status == 0)
        #expect(text.errors == notice)
        let rows = text.output.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(rows.contains("coordinator.port 9 --port"))
        #expect(rows.contains("model \"/m.gguf\" ./sollol.json:1"))
        let json = try place.run("config", "--format=json", "--quiet")
        #expect(json.status == 0 && json.errors == "")
        try place.write("again.json", json.output)
        let again = try place.run("config", "--format", "json", "-c", "../again.json")
        #expect(again.status == 0 && again.output == json.output && again.errors == "")
        #expect(!place.isTouched)
    }

    @Test func whichFileIsRead() throws {
        let place = try Place()
        func name(_ words: String..., with variables: [String: String] = [:]) throws -> String {
            let outcome = try place.run(
                [TestEnvironment.products + "/sollol", "config", "--quiet"] + words,
                [
                    "HOME": "\(place.folder)/home", "XDG_CONFIG_HOME": "", "SOLLOL_CONFIG": "",
                    "RPC_BACKENDS": "", "SOLLOL_MODEL_PATH": "",
                ].merging(variables) { $1 })
            #expect(outcome.status == 0, "\(outcome.errors)")
            let row = outcome.output.split(separator: "\n").first { $0.hasPrefix("name ") } ?? ""
            return row.split(separator: "\"").dropFirst().first.map(String.init) ?? outcome.errors
        }
        func file(_ path: String, _ name: String) throws {
            let folder = "\(place.folder)/\(path)".split(separator: "/").dropLast()
            try FileManager.default.createDirectory(
                atPath: "/" + folder.joined(separator: "/"), withIntermediateDirectories: true)
            try place.write(
                path, "{\"name\": \"\(name)\", \"model\": \"/m.gguf\", \"rpc_backends\": [\"a\"]}")
        }
        try file("xdg/sollol/sollol.json", "xdg")
        let xdg = ["XDG_CONFIG_HOME": "\(place.folder)/xdg"]
        #expect(try name(with: xdg) == "xdg")
        try file("home/.config/sollol/sollol.json", "home")
        #expect(try name(with: ["XDG_CONFIG_HOME": "relative"]) == "home")
        try file("work/sollol.json", "work")
        #expect(try name(with: xdg) == "work")
        try file("variable.json", "variable")
        let variable = ["SOLLOL_CONFIG": "\(place.folder)/variable.json"]
        #expect(try name(with: variable) == "variable")
        try file("option.json", "option")
        #expect(try name("--config", "../option.json", with: variable) == "option")
        #expect(try name("-c=../option.json", with: variable) == "option")
        #expect(try name("-c../option.json", with: variable) == "option")
    }

    @Test func withoutAFileAllPlacesAreNamed() throws {
        let place = try Place()
        guard access("/etc/sollol/sollol.json", F_OK) != 0 else { return }
        let outcome = try place.run("up", "--rpc", "127.0.0.1")
        #expect(
            outcome.errors == """
                error: there is no configuration: no file at ./sollol.json, \
                \(place.folder)/home/.config/sollol/sollol.json, /etc/sollol/sollol.json.
                  Name one with --config FILE, or give --model and --rpc.
                error: model: is missing.
                  Set it to a GGUF or to a model's Ollama name; or give --model or \
                SOLLOL_MODEL_PATH.
                """)
        #expect(outcome.status == 78)
        #expect(!place.isTouched)
    }

    /// What is wrong there is not that there is no file.
    @Test func withoutAFileAMistakeIsOnlyThatMistake() throws {
        let place = try Place()
        let outcome = try place.run("up", "--model", "m.gguf", with: ["RPC_BACKENDS": "a,,b"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.hasPrefix("error: RPC_BACKENDS: "), "\(outcome.errors)")
    }

    /// Nothing says which one is meant. Clusters of other tests come and go meanwhile.
    @Test func statusWithoutAConfigurationShowsAllClusters() throws {
        let place = try Place()
        let state = "\(place.folder)/state/sollol/other"
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true)
        try place.write("state/sollol/other/owner", String(repeating: "a", count: 32))
        let outcome = try place.run("status")
        #expect(outcome.output.contains(#/\nother +stopped /#), "\(outcome.output)")
        #expect(
            outcome.errors
                == "notice: no configuration is here, and none is named: every cluster of this user"
        )
        for command in ["status", "list"] {
            let outcome = try place.run(command, "--format", "json")
            let list = try JSONDecoder().decode(
                ClusterListing.self, from: Data(outcome.output.utf8))
            let own = list.clusters.filter { $0.folder == state }
            #expect(own.map(\.name) == ["other"] && own.map(\.state) == ["stopped"])
            #expect(command == "list" || outcome.status == (list.isServing ? 0 : 3), "\(outcome)")
        }
        // A name means that one.
        let named = try place.run("status", "--name", "other")
        #expect(named.output.hasPrefix("cluster other: stopped"), "\(named.output)")
    }

    /// As `up` refuses it: the cluster that runs is another one's.
    @Test(arguments: ["status", "logs", "restart", "reload", "down"])
    func aClusterOfAnotherFileIsNotTakenForItsOwn(command: String) throws {
        let place = try Place()
        try place.write("work/sollol.json", Self.good)
        let state = "\(place.folder)/state/sollol/sollol"
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true)
        try place.write("other.json", Self.good)
        try place.write("state/sollol/sollol/configuration", "\(place.folder)/other.json")
        let outcome = try place.run(command)
        #expect(outcome.status == 78)
        #expect(
            outcome.errors == "error: \(state) belongs to the configuration "
                + "\(place.folder)/other.json.\n  Give this cluster another name with --name or the "
                + "key `name`; or, if this file has taken the place of that one, take its state "
                + "over with sollol up --adopt.")
        #expect(try place.run(command, "-c../other.json", "--name", "sollol").status != 78)
        #expect(try place.run(command, "--name", "sollol").status != 78)
    }

    @Test func aNameCannotSteerTheTerminal() throws {
        let place = try Place()
        let outcome = try place.run("config", "--config", "a\nb\u{1B}[2J.json")
        #expect(outcome.status == 78)
        #expect(outcome.errors.hasPrefix("error: a\u{FFFD}b\u{FFFD}[2J.json: cannot be read: "))
        #expect(!outcome.errors.contains("\n"))
    }

    @Test func variablesAreConfiguration() throws {
        let place = try Place()
        try place.write("work/sollol.json", Self.good)
        let outcome = try place.run(
            "up", with: ["SOLLOL_CTX_SIZE": "many", "RPC_BACKENDS": "a,,b"])
        #expect(
            outcome.errors == """
                error: SOLLOL_CTX_SIZE: "many" is no integer from 1 to 16777216.
                error: RPC_BACKENDS: "a,,b" holds an empty element; write HOST:PORT[,HOST:PORT…].
                """)
        #expect(outcome.status == 78)
        #expect(!place.isTouched)
    }

    @Test(arguments: ["version", "help up", "config", "status"])
    func whatCannotBePrintedIsSaid(_ command: String) throws {
        let place = try Place()
        try place.write("work/sollol.json", Self.good)
        let says = "error: standard output cannot be written: "
        let outcomes = try [
            (">&-", says + "Bad file descriptor\n69"), ("2>&- >&-", "69"), ("<&- 2>&- >&-", "69"),
            (">/dev/full", says + "No space left on device\n69"), ("2>/dev/full >&2", "69"),
        ].map { redirection, end in
            let sollol = "'\(TestEnvironment.products)/sollol' \(command) --quiet"
            let shell = "exec 3>&2; \(sollol) \(redirection); printf '\\n%s' $? >&3"
            return (try place.run("/bin/sh", ["-c", shell]).errors, "\n" + end)
        }
        for (said, end) in outcomes { #expect(("\n" + said).hasSuffix(end), "\(said)") }
        // The reader has gone for certain before anything is written.
        let ignoring = """
            trap '' PIPE; mkfifo '\(place.folder)/gone';
            { read -r gone <'\(place.folder)/gone';
            '\(TestEnvironment.products)/sollol' help; echo $? >&2; } |
            { exec <&-; echo gone >'\(place.folder)/gone'; }
            """
        #expect(try place.run("/bin/sh", ["-c", ignoring]).errors == "141")
    }

    @Test func aDryRunQuotesWhatIsWrongWithAModelAtHand() throws {
        let place = try Place()
        unlink("\(place.folder)/bin/llama-server")
        mkdir("\(place.folder)/folder.gguf", 0o755)
        mkfifo("\(place.folder)/fifo.gguf", 0o600)
        try place.write("text.gguf", "hello")
        try place.write("short.gguf", "GGUF\u{3}\0\0\0")
        for name in ["folder", "fifo", "text", "short", "missing"] {
            let path = "\(place.folder)/\(name).gguf"
            let outcome = try place.run(
                "up", "--dry-run", "--format=json", "--model", path, "--rpc", "127.0.0.1:50052")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let says = "`sollol up` would fail: the model \(path)"
            #expect(outcome.output.replacing("\\/", with: "/").contains(says), "\(outcome.output)")
            #expect(!outcome.output.contains("the number of layers is not known here"))
        }
    }

    @Test func helpAndVersion() throws {
        let place = try Place()
        #expect(try place.run("version").output.hasPrefix("sollol "))
        #expect(try place.run("--version").output == place.run("version").output)
        let help = try place.run("help")
        #expect(help.status == 0 && help.errors == "")
        #expect(help.output == (try place.run("--help")).output)
        for command in [
            "up", "plan", "check", "config", "shard", "status", "list", "history", "logs",
            "restart",
            "reload", "down",
        ] {
            #expect(help.output.contains(try Regex("\n  \(command)[ ,]")))
            let one = try place.run("help", command)
            #expect(one.status == 0 && one.output.hasPrefix("usage: sollol \(command)"))
            #expect(try place.run(command, "--help").output == one.output)
        }
        let nothing = try place.run()
        #expect(nothing.status == 64 && nothing.output == "" && nothing.errors.hasPrefix("usage:"))
        #expect(try place.run("help", "zzz").status == 64)
    }

    /// Whatever options they will have.
    @Test(arguments: [
        "discover", "install", "service", "export",
    ])
    func commandsOfLaterReleasesSaySo(_ command: String) throws {
        let place = try Place()
        for words in [[command], [command, "--from", "x", "more"], ["help", command]] {
            let outcome = try place.run([TestEnvironment.products + "/sollol"] + words)
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("is a command of a later release"), "\(outcome)")
        }
        #expect(!(try place.run("help")).output.contains("\n  \(command) "))
        #expect(!place.isTouched)
    }

    @Test func optionsThatMeanNothingAreNamed() throws {
        let place = try Place()
        try place.write("work/sollol.json", Self.good)
        #expect(
            try place.run("down", "--port", "9", "--name", "x").errors.hasPrefix(
                """
                notice: --port is not used here: the cluster is found by its name
                no cluster x is known here
                """))
        #expect(try place.run("down", "--port", "9", "--quiet").errors == "")
        #expect(!(try place.run("help", "down")).output.contains("--port"))
    }
}
