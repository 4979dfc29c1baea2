import Foundation
import Testing

/// What cannot be meant on the command line is refused with the reason, and starts nothing.
struct WrongUsageTests {
    @Test(arguments: [
        (
            ["--prot", "1"],
            "sollol: unknown option --prot (did you mean --port?)\n  See: sollol help"
        ),
        (["confg"], "sollol: there is no command confg (did you mean config?)\n  See: sollol help"),
        (["zzz"], "sollol: there is no command zzz\n  See: sollol help"),
        (["config", "--zzz"], "sollol: unknown option --zzz\n  See: sollol help config"),
        (
            ["config", "--port"],
            "sollol: --port needs a value: --port PORT\n  See: sollol help config"
        ),
        (
            ["status", "--format"],
            "sollol: --format needs a value: --format text|json\n  See: sollol help status"
        ),
        (
            ["config", "--port", "--quiet"],
            "sollol: --port needs a value: --port PORT\n  See: sollol help config"
        ),
        (["config", "--quiet=yes"], "sollol: --quiet takes no value\n  See: sollol help config"),
        (
            ["config", "--port=1", "--port", "2"],
            "sollol: --port is given twice\n  See: sollol help config"
        ),
        (
            ["config", "extra"],
            "sollol: config takes no further word: extra\n  See: sollol help config"
        ),
        (
            ["config", "--", "--port"],
            "sollol: config takes no further word: --port\n  See: sollol help config"
        ),
        (
            ["config", "--format", "xml"],
            "sollol: --format xml: expected one of text, json\n  See: sollol help config"
        ),
        (["config", "--dry-run"], "sollol: unknown option --dry-run\n  See: sollol help config"),
        (["up", "--format", "sh"], "sollol: --format goes with --dry-run\n  See: sollol help up"),
        (
            ["config", "--config", ""],
            "sollol: --config is empty: --config FILE\n  See: sollol help config"
        ),
        (["status", "-c="], "sollol: --config is empty: --config FILE\n  See: sollol help status"),
        (["config", "-qx"], "sollol: unknown option -qx\n  See: sollol help config"),
        (
            ["up", "--plan", "0123"],
            "sollol: --plan 0123: a plan id has 32 hexadecimal digits, as up --dry-run shows it\n"
                + "  See: sollol help up"
        ),
        (
            ["shard", "a/b.json"],
            "sollol: shard takes no further word: a/b.json; the configuration is an option: sollol "
                + "shard -c a/b.json\n  See: sollol help shard"
        ),
        (
            ["shard", "--remove", "all"],
            "sollol: all: expected the 16 hexadecimal digits that sollol shard --list shows\n"
                + "  See: sollol help shard"
        ),
        (["config", "--port=x"], "error: --port: \"x\" is no integer from 1 to 65535."),
        (["up", "--ctx-size=0"], "error: --ctx-size: 0 is too small, at least 1 is allowed."),
        (
            ["up", "--rpc=8.8.8.8,8.8.8.8:50052"],
            """
            error: --rpc: 8.8.8.8 is a public address, and rpc-server has no authentication: who \
            can reach it can run code there.
              Use a private address, or set allow_exposed_bind to true.
            error: --rpc: 8.8.8.8:50052 is already that of rpc_backends[0].
            """
        ),
        (
            ["up", "--model=--help"],
            "error: --model: \"--help\" begins with '-', which would make it an option."
        ),
    ])
    func wrongUsage(_ words: [String], _ says: String) throws {
        let place = try CommandLinePlace()
        try place.write("work/sollol.json", CommandLineTests.good)
        let outcome = try place.run([TestEnvironment.products + "/sollol"] + words)
        #expect(outcome.errors == says)
        #expect(outcome.status == 64)
        #expect(outcome.output == "")
        #expect(access("\(place.folder)/started", F_OK) != 0)
    }

    @Test func adoptingNeedsAFile() throws {
        let place = try CommandLinePlace()
        let outcome = try place.run([
            TestEnvironment.products + "/sollol", "up", "--adopt", "--model", "/m", "--rpc",
            "127.0.0.1",
        ])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("there is none here: name it with -c"))
        #expect(access("\(place.folder)/state", F_OK) != 0)
    }
}
