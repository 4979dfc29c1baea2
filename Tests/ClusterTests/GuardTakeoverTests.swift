import Basics
import Foundation
import Remote
import Testing

/// Takeover records, and what the first line may be.
extension GuardTests {
    @Test(arguments: GuardShell.all)
    func aLiveServerOfSomebodyElseIsRefusedByName(shell: GuardShell) throws {
        let first = try GuardBench(shell)
        let server = try first.started().server
        for (cluster, owner, host) in [
            ("lab", GuardBench.other, "127.0.0.1"), ("home", GuardBench.other, "127.0.0.1"),
            ("lab", GuardBench.owner, "127.0.0.1"), ("lab", GuardBench.other, "0.0.0.0"),
        ] {
            let second = try GuardBench(
                shell, cluster: cluster, host: host, owner: owner, folder: first.folder)
            let line = second.line() ?? ""
            #expect(
                line.hasPrefix("refused port 50052 is held by another sollol (cluster home of "))
            #expect(line.contains("ann@laptop since ") && line.hasSuffix(", guard \(first.pid))"))
            #expect(second.rest() == [])
            second.process.waitUntilExit()
            #expect(second.process.terminationStatus == 75)
        }
        #expect(kill(server, 0) == 0)
        #expect(first.records().count == 1)
        let elsewhere = try GuardBench(shell, host: "127.0.0.2", folder: first.folder)
        _ = try elsewhere.started()
        first.letGo()
        elsewhere.letGo()
        try first.leavesNothing()
    }

    /// Also one whose guard and helpers are stopped.
    @Test(arguments: GuardShell.all, [false, true])
    func anOwnPredecessorIsReplaced(shell: GuardShell, isStopped: Bool) throws {
        let first = try GuardBench(shell)
        let server = try first.started().server
        if isStopped { kill(-first.pid, SIGSTOP) }
        let second = try GuardBench(shell, folder: first.folder)
        _ = try second.started()
        try eventually("init has reaped it") { kill(server, 0) != 0 }
        #expect(second.records().count == 1)
        second.letGo()
        try second.leavesNothing()
        try first.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func aServerThatHasOutlivedItsLeaseIsReplacedByAnybody(shell: GuardShell) throws {
        let first = try GuardBench(shell, lease: 1)
        _ = try first.started()
        kill(-first.pid, SIGSTOP)
        let record = "\(first.folder)/\(first.records()[0])"
        let text = try String(contentsOfFile: record, encoding: .utf8)
        // Its last beat was long ago.
        try ("1000000000" + text.dropFirst(10)).write(
            toFile: record, atomically: true, encoding: .utf8)
        let second = try GuardBench(shell, owner: GuardBench.other, folder: first.folder)
        _ = try second.started()
        second.letGo()
        try second.leavesNothing()
        try first.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func ofSeveralThatStartTogetherOneDoes(shell: GuardShell) throws {
        let folder = GuardBench.newFolder()
        for _ in 0..<5 {
            let benches = try (0..<4).map {
                try GuardBench(
                    shell, cluster: "c\($0)", owner: Guard.Owner(id: "\($0)", name: "x@y"),
                    folder: folder)
            }
            let words = benches.map { $0.line()?.split(separator: " ").first ?? "" }.sorted()
            #expect(words == ["refused", "refused", "refused", "started"])
            for bench in benches { bench.letGo() }
            for bench in benches { try bench.leavesNothing() }
        }
    }

    /// Process ids that belong to others now are never signalled: here this test's own.
    @Test(arguments: GuardShell.all)
    func recordsOfTheDeadAreRemovedAndNoStrangerIsKilled(shell: GuardShell) throws {
        let probe = try GuardBench(shell)
        _ = try probe.started()
        let name = probe.records()[0].split(separator: "@").map(String.init)
        probe.letGo()
        try probe.leavesNothing()
        let folder = GuardBench.newFolder()
        mkdir(folder, 0o700)
        let me = getpid()
        for (boot, start) in [(name[2], "1"), ("another-boot", name[5])] {
            let file = "\(folder)/home@\(name[1])@\(boot)@127.0.0.1:50052@\(me)@\(start)"
            try "1000000001 hold 10 1000000000 one \(me) a@b \(me) 1 \(me)\n".write(
                toFile: file, atomically: false, encoding: .utf8)
        }
        let bench = try GuardBench(shell, folder: folder)
        _ = try bench.started()
        #expect(bench.records().count == 1)
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func aFolderThatIsNotOursAloneIsRefused(shell: GuardShell) throws {
        let real = GuardBench.newFolder()
        mkdir(real, 0o700)
        defer { rmdir(real) }
        let prepare: [(String, (String) -> Void)] = [
            ("mode", { mkdir($0, 0o755) }), ("link", { symlink(real, $0) }),
            ("dangling link", { symlink("/nonexistent/x", $0) }),
            ("file", { close(open($0, O_CREAT | O_WRONLY, 0o700)) }),
            ("read-only", { mkdir($0, 0o500) }),
        ]
        for (what, make) in prepare {
            let folder = GuardBench.newFolder()
            make(folder)
            let bench = try GuardBench(shell, folder: folder)
            #expect(bench.line()?.hasPrefix("unusable \(folder) is no folder") == true, "\(what)")
            #expect(bench.rest() == [])
            bench.process.waitUntilExit()
            #expect(bench.process.terminationStatus == 75)
            try eventually("no process is left") { bench.marked().isEmpty }
        }
        if getuid() == 0 {
            let folder = GuardBench.newFolder()
            mkdir(folder, 0o700)
            chown(folder, 12345, 0)
            let bench = try GuardBench(shell, folder: folder)
            #expect(bench.line()?.hasSuffix("user 12345)") == true)
        }
    }

    @Test(arguments: GuardShell.all)
    func wordsArriveAsTheyAre(shell: GuardShell) throws {
        let hostile = [
            "", " ", "'", "\"", "\\", "\\n", "$(touch pwned)", "`id`", "${IFS}", "*", "~", "#",
            "é", "\u{1b}[2J", "\r", "a=b", "--", "-n", "%s", String(repeating: "x", count: 100_000),
            String(repeating: "it's ", count: 20_000),
        ]
        // Names that the guard uses itself.
        let names = [
            "setpriv", "server", "folder", "record", "reader", "who", "line", "owner", "IFS",
            "HOSTILE",
        ]
        let record = GuardBench.newFolder()
        defer { unlink(record) }
        let text =
            #"{ printf '%s\0' "$@"; cat /proc/$$/environ; } >"$RECORD""#
        var environment = Dictionary(uniqueKeysWithValues: names.map { ($0, "it's \\ $x") })
        environment["RECORD"] = record
        let bench = try GuardBench(
            shell, argv: ["/bin/dash", "-c", text, "x"] + hostile, environment: environment)
        #expect(bench.line()?.hasPrefix("started ") == true)
        #expect(bench.rest() == ["exited 0"])
        let words = String(decoding: try Data(contentsOf: URL(filePath: record)), as: UTF8.self)
            .split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        #expect(Array(words.prefix(hostile.count)) == hostile)
        for name in names { #expect(words.contains("\(name)=it's \\ $x"), "\(name)") }
        try bench.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func aFirstLineThatComesInPiecesIsOneLine(shell: GuardShell) throws {
        let bench = try GuardBench(shell, send: { _ in nil })
        let cut = try GuardBench(shell, send: { $0 })
        cut.letGo()
        #expect(cut.rest() == [])
        #expect(cut.records() == [])
        let line = Guard.startLine(
            argv: ["sh", "-c", "exit 5"], environment: [:],
            slot: Guard.Slot(
                cluster: "home", endpoint: Endpoint(host: "127.0.0.1", port: 50052),
                owner: GuardBench.owner, lease: 0, folder: bench.folder))
        for character in line + "\n" { bench.write(String(character)) }
        #expect(bench.line()?.hasPrefix("started ") == true)
        #expect(bench.rest() == ["exited 5"])
        try bench.leavesNothing()
    }
}
