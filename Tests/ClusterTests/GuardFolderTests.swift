import Foundation
import Remote
import Testing

/// The folder of the records: where it is, and that it stays.
@Suite(.serialized) struct GuardFolderTests {
    /// Two clusters of one user on one host whose guards come and go.
    @Test(arguments: GuardShell.all)
    func startsAndEndsOfOthersAreInNobodysWay(shell: GuardShell) throws {
        let folder = GuardBench.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for _ in 0..<12 {
            let benches = try (1...3).map {
                try GuardBench(shell, argv: ["true"], host: "127.0.0.\($0)", folder: folder)
            }
            for bench in benches {
                #expect(bench.line()?.hasPrefix("started ") == true)
                #expect(bench.rest() == ["exited 0"])
            }
            for bench in benches { try bench.leavesNothing() }
        }
    }

    /// In a mount namespace of its own, where /tmp/sollol-0 is another user's. The folder without
    /// setpriv would not be there.
    @Test(
        .enabled(
            if: TestEnvironment.mustRun || TestEnvironment.canBuildHosts,
            TestEnvironment.hostsComment),
        arguments: GuardShell.all.filter(\.hasSetpriv))
    func whereTheUsualOneIsNotOursItIsTheOther(shell: GuardShell) throws {
        let setUp = """
            mount -t tmpfs x /tmp && mount -t tmpfs y /run && mkdir -m 700 -p /run/user/0 && \
            mkdir -m 700 /tmp/sollol-0 && chown 12345 /tmp/sollol-0 && exec "$@"
            """
        var there = shell
        there.words = ["unshare", "-m", "sh", "-c", setUp, "sh"] + shell.words
        let bench = try GuardBench(there, isUsualFolder: true)
        #expect(bench.line()?.hasPrefix("started ") == true)
        let root = "/proc/\(bench.pid)/root"
        let records = { (folder: String) in
            try FileManager.default.contentsOfDirectory(atPath: root + folder)
        }
        #expect(try records("/run/user/0").count == 1)
        #expect(try records("/tmp/sollol-0") == [])
        // Whoever comes later, when the usual one is usable, finds it all the same.
        var later = shell
        later.words =
            [
                "nsenter", "-t", "\(bench.pid)", "-m", "sh", "-c",
                "rmdir /tmp/sollol-0; exec \"$@\"", "sh",
            ]
            + shell.words
        let second = try GuardBench(later, owner: GuardBench.other, isUsualFolder: true)
        #expect(second.line()?.hasPrefix("refused port 50052 is held by another sollol") == true)
        let third = try GuardBench(later, isUsualFolder: true)
        #expect(third.line()?.hasPrefix("started ") == true)
        #expect(bench.rest() == ["exited 137"])
        third.letGo()
        #expect(third.rest() == ["exited 137"])
    }

    /// Another user makes the folder as soon as it is missing, in a loop. It never is, while guards
    /// come and go, since none removes it; and where he was first the other folder serves.
    @Test(
        .enabled(
            if: TestEnvironment.mustRun || TestEnvironment.canBuildHosts,
            TestEnvironment.hostsComment),
        arguments: GuardShell.all.filter(\.hasSetpriv), [true, false])
    func anotherUserWhoMakesTheFolderInALoopIsInNobodysWay(
        shell: GuardShell, comesFirst: Bool
    ) throws {
        let loop =
            "setpriv --reuid 61234 --clear-groups sh -c "
            + "'while mkdir -m 777 /tmp/sollol-0 2>/dev/null || :; do :; done'"
        let setUp = """
            mount -t tmpfs -o mode=1777 x /tmp && mount -t tmpfs y /run && \
            mkdir -m 700 -p /run/user/0
            \(comesFirst ? "" : "mkdir -m 700 /tmp/sollol-0")
            \(loop) </dev/null >/dev/null 2>&1 &
            until [ -d /tmp/sollol-0 ]; do :; done
            exec "$@"
            """
        var there = shell
        there.words = ["unshare", "-m", "sh", "-c", setUp, "sh"] + shell.words
        let first = try GuardBench(there, isUsualFolder: true)
        #expect(first.line()?.hasPrefix("started ") == true)
        let root = "/proc/\(first.pid)/root"
        let folder = root + (comesFirst ? "/run/user/0" : "/tmp/sollol-0")
        let record = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder).first { $0.contains("@") })
        var status = stat()
        #expect(stat("\(folder)/\(record)", &status) == 0 && status.st_mode & 0o777 == 0o600)
        var later = shell
        later.words = ["nsenter", "-t", "\(first.pid)", "-m"] + shell.words
        for _ in 0..<10 {
            let next = try GuardBench(later, port: 50053, isUsualFolder: true)
            #expect(next.line()?.hasPrefix("started ") == true)
            next.letGo()
            #expect(next.rest() == ["exited 137"])
        }
        first.letGo()
        #expect(first.rest() == ["exited 137"])
    }
}
