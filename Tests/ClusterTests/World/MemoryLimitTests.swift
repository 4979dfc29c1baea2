import Foundation
import Remote
import Testing

@testable import Survey

/// A control group allows less than the machine has free (Comfy-Org/ComfyUI 14938: a container told
/// the machine's memory as its own): what is planned goes by the group. The trees are as cgroups(7)
/// and proc(5) describe them.
@Suite struct MemoryLimitTests {
    static let shells = [["dash"], ["bash"], ["busybox", "sh"]]
    static let mountV2 = "25 30 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw"
    static let mountV1 =
        "30 20 0:20 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"

    /// What a host with these files says, below a folder that stands for its root.
    private func said(
        _ shell: [String], _ files: [String: String], after command: String = ":"
    ) throws -> [String] {
        let root = NSTemporaryDirectory() + "sollol-memory-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let meminfo = ["proc/meminfo": "MemTotal: 9 kB\nMemAvailable:   22000000 kB"]
        for (name, text) in files.merging(meminfo, uniquingKeysWith: { $1 }) {
            let url = URL(fileURLWithPath: root + "/" + name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data((text + "\n").utf8).write(to: url)
        }
        let program =
            GuardProgram.memoryGroups + "\n"
            + String(decoding: PackageResources.survey_memory_sh, as: UTF8.self)
        let answer = try ShellAnswer(
            shell + ["-c", "\(command); memory_root='\(root)';\n\(program)"])
        return answer.output.replacing(root, with: "").split(separator: "\n").map(String.init)
    }

    @Test(arguments: shells)
    func withoutAnyLimitItIsTheMachines(_ shell: [String]) throws {
        #expect(try said(shell, [:]) == ["memory 22000000"])
    }

    /// The limit of a group above counts, less what is used and cannot be taken back.
    @Test(arguments: shells)
    func aGroupOfVersion2(_ shell: [String]) throws {
        let group = "sys/fs/cgroup/user.slice"
        let lines = try said(
            shell,
            [
                "proc/self/cgroup": "0::/user.slice/a b.scope", "proc/self/mountinfo": Self.mountV2,
                "\(group)/a b.scope/memory.max": "max", "\(group)/memory.max": "230686720",
                "\(group)/memory.current": "100000000",
                "\(group)/memory.stat": "anon 5\ninactive_file 60000000\nactive_file 20000000",
            ])
        #expect(lines == ["confined 205748 the control group /\(group)", "memory 205748"])
    }

    /// Within a container, whose own group is the root of what is mounted.
    @Test(arguments: shells)
    func aGroupOfVersion1(_ shell: [String]) throws {
        let group = "sys/fs/cgroup/memory"
        let lines = try said(
            shell,
            [
                "proc/self/cgroup": "5:cpu:/\n4:memory:/docker/abc\n0::/",
                "proc/self/mountinfo": Self.mountV1, "\(group)/memory.limit_in_bytes": "536870912",
                "\(group)/memory.usage_in_bytes": "500000000",
                "\(group)/memory.stat": "inactive_file 1\ntotal_inactive_file 400000000",
            ])
        #expect(lines == ["confined 426631 the control group /\(group)", "memory 426631"])
        let none = try said(
            shell,
            [
                "proc/self/cgroup": "4:memory:/docker/abc", "proc/self/mountinfo": Self.mountV1,
                "\(group)/memory.limit_in_bytes": "9223372036854771712",
                "\(group)/memory.usage_in_bytes": "500000000", "\(group)/memory.stat": "rss 1",
            ])
        #expect(none == ["memory 22000000"])
    }

    /// Set for all that a login starts (limits.conf).
    @Test(arguments: shells)
    func aLimitOfAddresses(_ shell: [String]) throws {
        let lines = try said(shell, [:], after: "ulimit -v 3000000")
        #expect(lines == ["confined 3000000 ulimit -v", "memory 3000000"])
    }
}
