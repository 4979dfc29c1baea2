import Foundation
import Testing

@testable import Remote

/// The guard of a short command: whichever of its processes is killed, nothing stays, in every
/// shell.
@Suite(.serialized) struct ShortCommandTests {
    private static let files = TriedFiles(
        taken: .init(name: "00000000000000aa", byteCount: 5000),
        kept: .init(name: "00000000000000bb", byteCount: 3))

    /// One that runs until it is ended, with a folder of its own for a trial, a child in a session
    /// of its own, and a configuration that uses the guard's names.
    private static func guarding(_ shell: GuardShell) throws -> GuardBench {
        let folder = GuardBench.newFolder()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var shell = shell
        shell.words = ["TMPDIR=\(folder)"] + shell.words
        let line = Guard.startLine(
            argv: ["sh", "-c", "setsid sleep 1000 & exec sleep 1000"],
            environment: ["SOLLOL_SERVER": "mine", "SOLLOL_SCRATCH": "/none"], slot: nil,
            shards: files)
        return try GuardBench(shell, folder: folder) { _ in line + "\n" }
    }

    @Test(arguments: GuardShell.all)
    func whicheverProcessIsKilledNothingStays(_ shell: GuardShell) throws {
        for victim in 0..<10 {
            let bench = try Self.guarding(shell)
            defer { try? FileManager.default.removeItem(atPath: bench.folder) }
            #expect(bench.line()?.hasPrefix("started ") == true)
            // A guard is complete a moment after it has said so.
            var processes = bench.marked()
            try eventually("its helpers and its folder are there") {
                let former = processes.map(\.pid)
                processes = bench.marked().sorted { $0.pid < $1.pid }
                return processes.count >= 5 && processes.map(\.pid) == former
                    && bench.records().count == 1
            }
            guard victim < processes.count else { return }
            kill(processes[victim].pid, SIGKILL)
            bench.letGo()
            try eventually(
                "nothing is left of \(processes) without \(processes[victim]): "
                    + "\(bench.marked()), \(bench.records())"
            ) { bench.marked().isEmpty && bench.records().isEmpty }
        }
        Issue.record("there were always more processes")
    }
}
