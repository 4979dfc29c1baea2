import Foundation
import Testing

/// A server that aborts leaves a file as large as all that it held, where its account lets it: the
/// disk is full after a few (deis/deis 3153, A1RM4X/HowTo-Palworld 9), and until it is written the
/// server has not ended, its port is taken and nobody is served (systemd/systemd 42531).
@Suite(
    .serialized,
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/limits"), "skipped: no Linux"))
struct CoreDumpTests {
    @Test(arguments: GuardShell.all)
    func aServerLeavesNone(shell: GuardShell) throws {
        var generous = shell
        generous.words = ["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"] + shell.words
        let bench = try GuardBench(generous)
        let server = try bench.started().server
        try eventually("it is the server") {
            ProcFile.text("/proc/\(server)/cmdline")?.hasPrefix("sleep") == true
        }
        let limits = try #require(ProcFile.text("/proc/\(server)/limits"))
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").dropFirst(4).first == "0", "\(core ?? "")")
        bench.letGo()
        try bench.leavesNothing()
    }
}
