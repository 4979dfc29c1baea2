import Foundation

/// A process of a host, as the host's kernel tells it.
struct HostProcess {
    /// On this machine, so that a test can signal it.
    var pid: Int32
    /// On its host.
    var pidOnHost: Int32
    /// Its parent on this machine.
    var parent: Int32
    /// `/proc/PID/cmdline`; empty for a zombie.
    var argv: [String]
    /// One letter; `Z` for a zombie.
    var state: Character

    /// `/proc/PID/environ`.
    var environment: [String: String] {
        let data = ProcFile.read("/proc/\(pid)/environ") ?? Data()
        let pairs = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) }
        return Dictionary(
            pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }
        ) { $1 }
    }

    func signal(_ number: Int32) { kill(pid, number) }
}

extension TestHost {
    /// All its processes but process 1 and what that one waits for.
    func processes() -> [HostProcess] {
        guard let processOne, let namespace = Self.namespace(processOne) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let all = names.compactMap { Int32($0) }.filter { Self.namespace($0) == namespace }
            .compactMap(Self.process)
        let own = all.first { $0.pid == processOne }?.argv
        return all.filter { process in
            process.pid != processOne
                && !(process.parent == processOne
                    && (process.argv == ["sleep", "infinity"] || process.argv == own))
        }
    }

    /// Its processes with exactly this command line.
    func processes(_ argv: [String]) -> [HostProcess] { processes().filter { $0.argv == argv } }

    /// Its servers of llama.cpp.
    func llamaProcesses() -> [HostProcess] {
        processes().filter { process in
            ["rpc-server", "ggml-rpc-server", "llama-server"].contains {
                process.argv.first?.split(separator: "/").last.map(String.init) == $0
            }
        }
    }

    /// What runs beyond sshd's listener: sessions, guards, servers, zombies.
    func leftovers() -> [String] {
        processes().filter { !($0.argv.first?.contains("[listener]") ?? false) }
            .map { "\($0.pidOnHost) \($0.state) \($0.argv.joined(separator: " "))" }
    }

    private static func namespace(_ pid: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")
    }

    private static func process(_ pid: Int32) -> HostProcess? {
        guard let status = ProcFile.text("/proc/\(pid)/status"),
            let line = ProcFile.read("/proc/\(pid)/cmdline")
        else { return nil }
        func field(_ name: String) -> Substring? {
            status.split(separator: "\n").first { $0.hasPrefix("\(name):") }?
                .split(separator: "\t").last
        }
        let words = line.dropLast().split(separator: 0, omittingEmptySubsequences: false)
        return HostProcess(
            pid: pid, pidOnHost: field("NSpid").flatMap { Int32($0) } ?? 0,
            parent: field("PPid").flatMap { Int32($0) } ?? 0,
            argv: line.isEmpty ? [] : words.map { String(decoding: $0, as: UTF8.self) },
            state: field("State")?.first ?? "?")
    }
}
