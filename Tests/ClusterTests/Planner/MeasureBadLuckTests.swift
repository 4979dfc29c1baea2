import Foundation
import Testing

/// `sollol measure` with workers, hosts and devices that let it down: a stand-in for llama-bench
/// beside the real rpc-server does what its file `mode` says.
///
/// Whatever happens: a clear word, nothing left running or lying about, earlier facts kept.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct MeasureBadLuckTests {
    private let cluster: LocalCluster
    private let programs: String

    init() throws {
        cluster = try LocalCluster(workers: 1)
        let folder = cluster.folder + "/programs"
        let script = """
            #!/bin/sh
            mode=$(cat '\(folder)/mode')
            case "$mode $*" in
            *--help*) exit 0;;
            'worker dies'*' -rpc '*) pkill -KILL -f 'rpc-server.* -p \(cluster.ports[0])'; exit 1;;
            'memory'*) echo 'CUDA error: out of memory' >&2; exit 134;;
            'noise'*) samples='800000000, 8000000000';;
            *' -rpc '*) ;;
            'waits'*) [ -e '\(folder)/first' ] || cat '\(folder)/fifo'; : >'\(folder)/first';;
            'hangs'*) [ ! -e '\(folder)/first' ] || exec cat '\(folder)/fifo'; : >'\(folder)/first';;
            esac
            \(LocalCluster.goodBench)
            """
        programs = try cluster.programs(bench: script)
        mkfifo(programs + "/fifo", 0o600)
    }

    private func sollol(_ command: String) throws -> RunningProgram {
        try cluster.sollol([command], programs: programs)
    }

    private func measure(_ mode: String) throws -> RunningProgram {
        try mode.write(toFile: programs + "/mode", atomically: true, encoding: .utf8)
        return try sollol("measure")
    }

    /// What the plan goes by.
    private func predicts() throws -> Bool {
        let run = try sollol("plan")
        defer { _ = run.exitStatus() }
        return run.standardOutput().contains("Predicted: ")
    }

    private func isClean() throws -> Bool {
        try LocalCluster.scratchFoldersEnd()
        let running = LocalCluster.commandLines().filter { process in
            process.argv.contains { $0.hasPrefix(programs) }
        }
        return cluster.leftovers() == [] && running.isEmpty
    }

    @Test(arguments: [
        ("worker dies", "started for a moment"), ("memory", "out of memory"), ("noise", "is busy"),
    ])
    func aClearWordAndEarlierFactsAreKept(_ mode: String, _ word: String) throws {
        let first = try measure("good")
        #expect(first.exitStatus() == 0, "\(first.lines)")
        #expect(try predicts())
        let run = try measure(mode)
        let text = run.standardOutput()
        #expect(run.exitStatus() == 69)
        #expect(text.contains("error: worker-1") && text.contains(word), "\(text)")
        #expect(try isClean())
        #expect(try predicts())
    }

    /// As `up` holds it, which would have disturbed the measurement.
    @Test func whoBeganMeanwhileIsTold() throws {
        let run = try measure("waits")
        _ = try run.waitFor("[2/2]")
        let lock = open(cluster.folder + "/state/sollol/test/lock", O_CREAT | O_RDWR, 0o600)
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        // Waits for the reader, and lets it go on.
        close(open(programs + "/fifo", O_WRONLY))
        #expect(run.exitStatus() == 75)
        #expect(run.lines.contains { $0.contains("nothing is recorded") }, "\(run.lines)")
        #expect(run.standardOutput() == "")
        close(lock)
        #expect(try !predicts())
    }

    @Test func itCanBeStopped() throws {
        let run = try measure("hangs")
        _ = try run.waitFor("worker-1: CPU is measured")
        run.signal(SIGINT)
        // As `check` ends: by the signal, once nothing runs any more.
        #expect(run.exitStatus() == 128 + SIGINT)
        let word = "coordinator: not measured, it was stopped"
        #expect(run.lines.contains { $0.contains(word) }, "\(run.lines)")
        #expect(try isClean())
    }
}
