import Basics
import Foundation
import Testing

@testable import Remote

/// A server was killed, and its host knows by whom (ollama/ollama 8571: "signal: killed", and
/// people guess; moby/buildkit 5260: the counts of the control group tell). The kernel counts whom
/// it ends for want of memory.
@Suite(.serialized) struct KilledServerTests {
    /// What the guard tells of a tree of files, which stands for a host's root, before and after
    /// others are written over it.
    private func said(
        _ shell: [String], _ before: [String: String], _ after: [String: String]
    ) throws -> [String] {
        let root = NSTemporaryDirectory() + "sollol-killed-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (place, files) in [("now", before), ("then", before), ("then", after)] {
            for (name, text) in files {
                let url = URL(fileURLWithPath: "\(root)/\(place)/\(name)")
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data((text + "\n").utf8).write(to: url)
            }
        }
        let program = """
            memory_root='\(root)/now'; \(GuardProgram.memoryGroups)
            \(String(decoding: PackageResources.guard_memory_sh, as: UTF8.self))
            find_groups self; report_memory; report_memory;
            mv '\(root)/now' '\(root)/before'; mv '\(root)/then' '\(root)/now'; report_memory;
            """
        let answer = try ShellAnswer(shell + ["-c", program])
        return answer.output.replacing("\(root)/now", with: "")
            .split(separator: "\n").map(String.init)
    }

    /// The counts of the server's own group, and each limit above it.
    @Test(arguments: MemoryLimitTests.shells)
    func groupsOfVersion2Count(_ shell: [String]) throws {
        let slice = "sys/fs/cgroup/user.slice"
        let lines = try said(
            shell,
            [
                "proc/self/cgroup": "0::/user.slice/a b.scope",
                "proc/self/mountinfo": MemoryLimitTests.mountV2, "proc/vmstat": "oom_kill 9",
                "\(slice)/a b.scope/memory.max": "max",
                "\(slice)/a b.scope/memory.events": "low 0\nhigh 0\nmax 3\noom 0\noom_kill 4",
                "\(slice)/memory.max": "230686720",
                "\(slice)/memory.events": "max 3\noom 5\noom_kill 6\noom_group_kill 0",
            ],
            [
                "\(slice)/a b.scope/memory.events": "oom 1\noom_kill 5",
                "\(slice)/memory.events": "oom 6\noom_kill 7",
            ])
        #expect(
            lines == ["oom 4 5 230686720 /\(slice)", "oom 5 6 230686720 /\(slice)"])
    }

    @Test(arguments: MemoryLimitTests.shells)
    func groupsOfVersion1Count(_ shell: [String]) throws {
        let group = "sys/fs/cgroup/memory"
        let lines = try said(
            shell,
            [
                "proc/self/cgroup": "4:memory:/docker/abc/a b\n0::/", "proc/vmstat": "oom_kill 9",
                "proc/self/mountinfo": MemoryLimitTests.mountV1,
                "\(group)/a b/memory.limit_in_bytes": "67108864",
                "\(group)/a b/memory.failcnt": "0",
                "\(group)/a b/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0",
                "\(group)/memory.limit_in_bytes": "9223372036854771712",
                "\(group)/memory.failcnt": "0", "\(group)/memory.oom_control": "oom_kill 0",
            ],
            [
                "\(group)/a b/memory.failcnt": "49",
                "\(group)/a b/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1",
            ])
        let name = "/\(group)/a%20b"
        #expect(lines == ["oom 0 0 67108864 \(name)", "oom 1 49 67108864 \(name)"])
    }

    /// Nothing counts how often memory and swap together come to their limit.
    @Test(arguments: MemoryLimitTests.shells)
    func aLimitOfSwapInVersion1(_ shell: [String]) throws {
        let group = "sys/fs/cgroup/memory"
        let lines = try said(
            shell,
            [
                "proc/self/cgroup": "4:memory:/docker/abc",
                "proc/self/mountinfo": MemoryLimitTests.mountV1, "\(group)/memory.failcnt": "0",
                "\(group)/memory.limit_in_bytes": "67108864",
                "\(group)/memory.memsw.limit_in_bytes": "67108864",
                "\(group)/memory.memsw.max_usage_in_bytes": "1048576",
                "\(group)/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2",
            ],
            [
                "\(group)/memory.memsw.max_usage_in_bytes": "67100000",
                "\(group)/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3",
            ])
        #expect(lines == ["oom 2 0 67108864 /\(group)", "oom 3 3 67108864 /\(group)"])
    }

    /// Nor anything where nothing counts, as on macOS.
    @Test(arguments: MemoryLimitTests.shells)
    func withoutGroupsTheHostCounts(_ shell: [String]) throws {
        let vmstat = ["pgfault 7\noom_kill 9", "oom_kill 10"].map { ["proc/vmstat": $0] }
        #expect(try said(shell, vmstat[0], vmstat[1]) == ["oom 9", "oom 10"])
        #expect(try said(shell, ["proc/vmstat": "pgfault 7"], [:]) == [])
    }

    /// Takes what a guard has told before its server's end.
    private func killer(_ bench: GuardBench) throws -> Killer? {
        var watch = MemoryKillWatch()
        while let line = bench.anyLine() {
            switch GuardReport(line) {
            case .memoryKills(let kills): watch.told(kills, at: Instant(seconds: 0))
            case .exited(let status):
                #expect(status == 137)
                return watch.killer(at: Instant(seconds: 0))
            default: continue
            }
        }
        throw TestFailure("no end was told: \(bench.printed())")
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/proc/vmstat"), "skipped: no Linux"),
        arguments: GuardShell.all)
    func aKillByHandIsTold(shell: GuardShell) throws {
        let bench = try GuardBench(shell)
        kill(try bench.started().server, SIGKILL)
        #expect(try killer(bench) == .somebody)
        try bench.leavesNothing()
    }

    /// The kernel kills it: `tail` keeps what it reads, until its group has no memory left.
    @Test(
        .enabled(if: MemoryGroup.canBeMade, "skipped: no control group can be made here"),
        arguments: GuardShell.all)
    func aKillOfTheKernelIsToldWithItsGroup(shell: GuardShell) throws {
        let group = try MemoryGroup(limit: 67_108_864)
        var inGroup = shell
        let enter = "echo 0 >\(group.folder)/cgroup.procs; exec \"$@\""
        inGroup.words = ["/bin/sh", "-c", enter, "sh"] + shell.words
        let bench = try GuardBench(inGroup, argv: ["tail", "/dev/zero"])
        _ = try bench.started()
        guard case .group(let found)? = try killer(bench) else {
            throw TestFailure("its group is not named")
        }
        #expect(found.folder == group.folder && found.limit == 67_108_864 && found.hits > 0)
        try bench.leavesNothing()
    }
}

/// A control group with little memory and no swap, which ends with it.
final class MemoryGroup {
    let folder: String

    /// Where groups can be made, of v1 or v2.
    private static let root: String? = {
        let places = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            ("/sys/fs/cgroup", "cgroup.subtree_control"),
        ]
        for (place, file) in places where access("\(place)/\(file)", F_OK) == 0 {
            guard let group = try? MemoryGroup(in: place, limit: 1 << 30) else { continue }
            return access("\(group.folder)/cgroup.procs", W_OK) == 0 ? place : nil
        }
        return nil
    }()

    static var canBeMade: Bool { root != nil }

    convenience init(limit: Int) throws {
        guard let root = Self.root else { throw TestFailure("no control group can be made") }
        try self.init(in: root, limit: limit)
    }

    private init(in root: String, limit: Int) throws {
        folder = "\(root)/sollol-test-\(UUID().uuidString)"
        guard mkdir(folder, 0o755) == 0 else { throw TestFailure("mkdir \(folder): \(errno)") }
        for (name, value) in [
            ("memory.limit_in_bytes", limit), ("memory.memsw.limit_in_bytes", limit),
            ("memory.max", limit), ("memory.swap.max", 0),
        ] where access("\(folder)/\(name)", F_OK) == 0 {
            try Data("\(value)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let limits = ["memory.limit_in_bytes", "memory.max"].filter {
            access("\(folder)/\($0)", F_OK) == 0
        }
        if limits.isEmpty { throw TestFailure("\(root) limits no memory") }
    }

    deinit { rmdir(folder) }
}
