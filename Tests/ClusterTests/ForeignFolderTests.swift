import Foundation
import Testing

/// What a folder that one happens to stand in can make `sollol` do: nothing.
struct ForeignFolderTests {
    private static func model(_ place: CommandLinePlace) -> String {
        """
        {"model": "/m.gguf", "rpc_backends": [{"host": "127.0.0.1", "binary": "./evil"}],
         "coordinator": {"binary": "./evil"}}
        """
    }

    /// Neither a dry run nor a plan executes anything named by a path.
    @Test(arguments: [
        ["up", "--dry-run"], ["up", "--dry-run", "--format", "json"],
        ["up", "--dry-run", "--format", "sh"], ["plan"], ["config"],
    ])
    func nothingNamedByAPathRunsBeforeUp(_ command: [String]) throws {
        let place = try CommandLinePlace()
        try place.write("work/evil", "#!/bin/sh\n: >'\(place.folder)/started'\n")
        chmod("\(place.folder)/work/evil", 0o755)
        try place.write("work/sollol.json", Self.model(place))
        let outcome = try place.run(
            [TestEnvironment.products + "/sollol"] + command, place.environment)
        #expect(!place.isTouched)
        if command.contains("--dry-run") {
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("are assumed; `sollol check` asks the binary"))
            #expect(outcome.output.contains("/work/evil --model") || command.contains("json"))
        }
    }

    /// A relative entry of PATH is the folder, too.
    @Test func norWhatARelativePathFinds() throws {
        let place = try CommandLinePlace()
        for name in ["llama-server", "id", "uname", "stat", "sed", "awk", "od"] {
            try place.write("work/\(name)", "#!/bin/sh\n: >'\(place.folder)/started'\n")
            chmod("\(place.folder)/work/\(name)", 0o755)
        }
        try place.write("work/sollol.json", CommandLineTests.good)
        let outcome = try place.run(
            "up", "--dry-run", with: ["PATH": ".::./:/usr/bin:/bin"])
        #expect(outcome.status == 0)
        #expect(!place.isTouched)
    }

    @Test(.enabled(if: getuid() == 0, "skipped: needs root to give files away"))
    func aFileOfSomebodyElseDoesNotCount() throws {
        let place = try CommandLinePlace()
        try place.write("work/sollol.json", Self.model(place))
        chown("\(place.folder)/work/sollol.json", 1234, 1234)
        let outcome = try place.run("config")
        #expect(outcome.status == 78)
        #expect(
            outcome.errors.contains(
                "no file at ./sollol.json (./sollol.json is not used: it belongs to user 1234), "))
        // The next place counts, with a notice.
        try FileManager.default.createDirectory(
            atPath: "\(place.folder)/home/.config/sollol", withIntermediateDirectories: true)
        try place.write("home/.config/sollol/sollol.json", CommandLineTests.good)
        let next = try place.run("config", "--format", "json")
        #expect(next.status == 0)
        #expect(next.output.contains("\"/m.gguf\""))
        #expect(
            next.errors.contains("notice: ./sollol.json is not used: it belongs to user 1234"))
        // Who names it means it.
        let named = try place.run("config", "--config", "sollol.json")
        #expect(named.status == 0)
    }

    @Test(.enabled(if: getuid() == 0, "skipped: needs root to give files away"))
    func norTheirBackends() throws {
        let place = try CommandLinePlace()
        try place.write("work/sollol.json", #"{"model": "/m.gguf"}"#)
        try place.write("work/rpc_backends.conf", "root:secret:words\n")
        chown("\(place.folder)/work/rpc_backends.conf", 1234, 1234)
        let outcome = try place.run("config")
        #expect(outcome.status == 78)
        #expect(!outcome.errors.contains("words"))
        try place.write("work/sollol.json", CommandLineTests.good)
        let other = try place.run("config")
        #expect(other.status == 0)
        #expect(other.errors.contains("rpc_backends.conf is not used: it belongs to user 1234"))
    }

    /// Somebody's link, which leads to what only we may read, makes us show none of it; nor does
    /// our own link to what is theirs.
    @Test(.enabled(if: getuid() == 0, "skipped: needs root to give files away"))
    func noLinkMakesUsQuoteAFile() throws {
        let place = try CommandLinePlace()
        try place.write("work/sollol.json", #"{"model": "/m.gguf"}"#)
        try place.write("home/shadow", "root:secret:words\n")
        let (link, target) = (
            "\(place.folder)/work/rpc_backends.conf", "\(place.folder)/home/shadow"
        )
        symlink(target, link)
        for (linkOwner, owner) in [(1234, 0), (0, 1234), (1234, 1234)] as [(uid_t, uid_t)] {
            lchown(link, linkOwner, linkOwner)
            chown(target, owner, owner)
            let outcome = try place.run("config")
            #expect(outcome.status == 78)
            #expect(!outcome.errors.contains("words") && !outcome.errors.contains("secret"))
        }
        // Our own link to a file of ours is a configuration like any other.
        lchown(link, 0, 0)
        chown(target, 0, 0)
        #expect(try place.run("config").errors.contains("root:secret:words"))
    }

    /// A `SendEnv *` in somebody's configuration of ssh finds nothing to give away.
    @Test func sshIsStartedWithoutSecrets() throws {
        let place = try CommandLinePlace()
        try place.write("bin/ssh", "#!/bin/sh\nenv >'\(place.folder)/given'\nexit 255\n")
        try place.write(
            "work/sollol.json", #"{"model": "/m.gguf", "rpc_backends": ["10.9.9.9"]}"#)
        let outcome = try place.run(
            "check",
            with: [
                "OPENAI_KEY": "hush", "HF_TOKEN": "hush", "LLAMA_ARG_X": "hush",
                "SOLLOL_CTX_SIZE": "4096", "GGML_X": "hush", "SSH_AUTH_SOCK": "/kept",
            ])
        #expect(outcome.status == 69)
        let given = try String(contentsOfFile: "\(place.folder)/given", encoding: .utf8)
        #expect(!given.contains("hush") && !given.contains("SOLLOL_"))
        #expect(given.contains("SSH_AUTH_SOCK=/kept"))
    }
}
