import Foundation
import Testing

@testable import Remote

/// `binary` is a script that starts the server without `exec`, as people write them for the
/// settings of oneAPI and ROCm, for numactl and for toolboxes (oneapi-src/oneAPI-samples and
/// ROCm's env scripts are sourced that way; systemd#6799 is the same problem elsewhere). What the
/// script has started ends with the server, whoever dies first.
@Suite(.serialized) struct WrapperTests {
    /// What forks, and how.
    static let scripts = [
        "sleep 1000; :", "sleep 1000 & sleep 1000; :",
        "(sleep 1000 & sleep 1001 &) ; sleep 1000; :",
        "setsid sleep 1000 & sleep 1000; :",
    ]

    static let cases = GuardShell.all.flatMap { shell in scripts.map { (shell, $0) } }

    private func bench(_ shell: GuardShell, _ script: String, folder: String? = nil) throws
        -> (GuardBench, Int32)
    {
        let bench = try GuardBench(
            shell, argv: ["sh", "-c", script], lease: 2, folder: folder)
        let server = try bench.started().server
        try eventually("the script has started all") {
            bench.marked().filter { $0.text.hasPrefix("sleep\u{0}100") }.count
                == script.components(separatedBy: "sleep 100").count - 1
        }
        return (bench, server)
    }

    /// A real cluster: nothing is left after `check`, which starts a worker for a moment, and after
    /// a stop.
    @Test(.enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server"))
    func aWorkerBehindAScriptLeavesNothing() throws {
        let cluster = try LocalCluster()
        let script = cluster.folder + "/wrapper"
        let program = try cluster.linkProgram(ofWorker: 1)
        let left = { LocalCluster.commandLines().filter { $0.argv.contains(program) } }
        try HostDisk.write("#!/bin/sh\n'\(program)' \"$@\"\n", to: script, mode: 0o755)
        try cluster.edit(program, script)
        let check = try cluster.sollol("check")
        #expect(check.exitStatus() == 0, "\(check.lines)")
        #expect(left().isEmpty, "\(left())")
        let sollol = try cluster.serving()
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        #expect(left().isEmpty, "\(left())")
    }

    /// The script uses next to nothing itself: whether a load goes on, whether a request is
    /// computed and how much memory is held shows in what it has started (dmwm/WMCore 9549 and
    /// lowleveldesign/process-governor 83 are the same elsewhere).
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/io"), "skipped: no Linux"),
        arguments: GuardShell.all)
    func itsNumbersAreThoseOfAll(shell: GuardShell) throws {
        let held = 16_000_000
        let child =
            "hoard=$(head -c \(held) /dev/zero | tr '\\0' x); while :; do :; done"
        let bench = try GuardBench(
            shell, argv: ["sh", "-c", "sh -c \"$0\"; :", child], usage: 1)
        let server = try bench.started().server
        var seconds = 0.0
        while seconds < 0.5 {
            bench.write("\n")
            guard let line = bench.line() else { throw TestFailure(bench.printed()) }
            guard case .usage(let usage?)? = GuardReport(line), usage.residentKiB << 10 > held
            else { continue }
            #expect(line.hasPrefix("usage \(server) "))
            #expect(usage.bytesRead ?? 0 > held)
            seconds = usage.cpuSeconds
        }
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: cases)
    func itEndsWithTheLeash(shell: GuardShell, script: String) throws {
        let (bench, _) = try bench(shell, script)
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: cases, ["term", "kill"])
    func itEndsWhenItIsTold(shell: (GuardShell, String), word: String) throws {
        let (bench, _) = try bench(shell.0, shell.1)
        bench.write("\(word)\n")
        try eventually("only the guard is left: \(bench.marked())", within: 30) {
            !bench.marked().contains { $0.text.hasPrefix("sleep\u{0}100") }
        }
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: cases)
    func itEndsWithTheScript(shell: GuardShell, script: String) throws {
        let (bench, server) = try bench(shell, script)
        kill(server, SIGKILL)
        try bench.leavesNothing()
    }

    @Test(arguments: cases)
    func itEndsWithTheGuard(shell: GuardShell, script: String) throws {
        let (bench, _) = try bench(shell, script)
        kill(bench.pid, SIGKILL)
        try bench.leavesNothing()
    }

    /// Guard, reader and ticker at once, by a control group, say: the next guard finds the rest.
    @Test(arguments: cases)
    func itEndsBeforeTheNextOneStarts(shell: GuardShell, script: String) throws {
        let folder = GuardBench.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (bench, server) = try bench(shell, script, folder: folder)
        let left = bench.marked().filter { $0.text.hasPrefix("sleep\u{0}100") }.map(\.pid)
        // At once: a ticker that is killed after the look may have begun another pause meanwhile.
        var others: [pid_t] = []
        repeat {
            others = bench.marked().map(\.pid).filter { !left.contains($0) }
            for pid in others { kill(pid, SIGKILL) }
        } while !others.isEmpty
        kill(server, SIGKILL)
        let next = try GuardBench(shell, folder: folder)
        _ = try next.started()
        #expect(bench.marked().isEmpty, "\(bench.marked())")
        next.letGo()
        try next.leavesNothing()
    }
}
