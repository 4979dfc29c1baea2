import Testing

@testable import Basics
@testable import Remote
@testable import Samples

/// What guards and ssh say, or somebody in their place.
@Suite struct GuardFuzzTests {
    private static let good = [
        "started 4711", "listening 4711", "exited 137", "does-not-end 4711 D",
        "refused held by a of ann@box",
        "unusable /tmp/sollol-0 is a link", "unending process 7", "unforwarded port 7",
        "shard good 171798691840", "shard wrong blk.0 is missing", "unsharded blk.0 is missing",
        "usage 71 1024 250 4096", "trial kept", "oom 0", "oom 1 3 230686720 /sys/fs/cgroup/a%20b",
        "usage 71 1024 1-02:03:04.50 -", "usage 71 1024 02:03 7",
        "a@h@b@127.0.0.1:50052@70@123 1000000490 hold 30 1000000100 abc 72 ann@box 71 99 80 2",
        "debug1: Server accepts key: /home/a/.ssh/id_ed25519 ED25519 SHA256:x agent",
        "ssh: connect to host gpu-1 port 22: Connection refused",
        "Permissions 0644 for '/home/a/.ssh/id' are too open.",
        "  ssh-keygen -f \"/root/.ssh/known_hosts\" -R \"gpu-1\"",
        "Host key verification failed.", "cache removed 1 of its files",
        "channel 3: open failed: connect failed: refused",
    ].map { Array($0.utf8) }

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        try Fuzz.each("guard", part: part) { index, hostile in
            let line = String(decoding: hostile.changed(hostile.one(of: Self.good)), as: UTF8.self)
            if let fault = Self.fault(of: line) { Issue.record("input \(index): \(fault)") }
            guard index % 16 < 4 else { return }
            let words = [line, String(decoding: hostile.one(of: Self.good), as: UTF8.self)]
            let failure = SSHFailure(words: words, status: hostile.one(of: [255, 127, nil]))
            _ = failure?.message(.ssh(destination: "gpu-1", options: []))
            if let key = KeySource.agentKey(words), Outside.path(key) == nil {
                Issue.record("input \(index): a key \(key)")
            }
            _ = SSHCommand.isForwardNoise(line)
        }
    }

    /// What is wrong with what was made of a line, or nil.
    private static func fault(of line: String) -> String? {
        switch GuardReport(line) {
        case .started(let pid)?, .doesNotEnd(let pid, _)?:
            if !Outside.pid.contains(pid) { return "pid \(pid)" }
        case .exited(let status)?: if !(0...255).contains(status) { return "status \(status)" }
        case .refused(let refusal)?:
            if !Outside.isPlain(refusal.text) && !line.contains("\u{FFFD}") {
                return "says \(refusal.text)"
            }
        case .usage(let usage?)?:
            let isFinite = usage.cpuSeconds >= 0 && usage.cpuSeconds < 1e25
            if !isFinite || usage.residentKiB < 0 || usage.bytesRead ?? 0 < 0 { return "\(usage)" }
            // What rules do with two of them.
            _ = usage.residentKiB * 1024 + (usage.bytesRead ?? 0) / 100 * 99
        case .cache(let text)?, .shard(.wrong(let text))?:
            if !Outside.isPlain(text) && !line.contains("\u{FFFD}") { return "says \(text)" }
        case .shard(.good(let bytes))?:
            if !(0...1 << 60).contains(bytes ?? 0) { return "bytes \(bytes ?? 0)" }
        case .memoryKills(let kills)?:
            for group in kills.groups where !Outside.isPlain(group.folder) {
                if !line.unicodeScalars.contains("\u{FFFD}") { return "names \(group.folder)" }
            }
            _ = kills.groups.map { UInt64($0.limit) }
        case .peers?, .usage(nil)?, .listening?, .cacheJudged?, .trial?, nil: break
        }
        for clock in [nil, Int64.min, -1, 1_000_000_500, .max] {
            guard let record = GuardRecord(line, clock: clock) else { continue }
            if !Outside.port.contains(record.endpoint.port) { return "port" }
        }
        return nil
    }
}
