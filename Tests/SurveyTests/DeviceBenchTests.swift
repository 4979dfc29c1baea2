import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Model
@testable import Survey
@testable import Samples

/// One device measured by a stand-in for llama-bench, in real shells, and what is made of its
/// lines.
@Suite struct DeviceBenchTests {
    private static func bench(_ folders: [String] = []) -> DeviceBench {
        DeviceBench(
            node: "worker-1",
            conditions: .init(device: "CPU", model: "m", build: "b", threads: 3),
            location: .here, environment: [:], folders: folders, small: ProbeModel.tiny,
            large: ProbeModel.weighty)
    }

    private static func line(_ file: Int, prompt: Int, tokens: Int, _ samples: String) -> String {
        """
        {"model_filename": "/proc/self/fd/\(file)", "n_prompt": \(prompt), "n_gen": \(tokens), \
        "samples_ns": [\(samples)]}
        """
    }

    /// Ten tokens take 1 and 3 s with one layer and two, 100 tokens of a prompt 1 and 2 s.
    private static let lines = [
        line(8, prompt: 0, tokens: 10, "1100000000, 1000000000"),
        line(9, prompt: 0, tokens: 10, "3000000000, 3300000000"),
        line(8, prompt: 100, tokens: 0, "1000000000"),
        line(9, prompt: 100, tokens: 0, "2000000000"),
    ]

    private func outcome(_ lines: [String], status: Int? = 0) -> DeviceBench.Outcome {
        Self.bench().outcome(lines, status: status, now: 7)
    }

    @Test func theDifferenceIsALayer() throws {
        guard case .measured(let device) = outcome(["load_model"] + Self.lines) else {
            Issue.record("nothing was measured")
            return
        }
        #expect(abs(device.layer - 0.2) < 1e-9 && abs(device.promptLayer - 0.01) < 1e-9)
        // 0.1 s a token with one layer, which alone would take 0.2.
        #expect(device.outputLayer == 0 && abs(device.spread - 0.1) < 1e-9)
        let conditions = device.conditions
        #expect(conditions.model == "m" && conditions.build == "b" && conditions.threads == 3)
        #expect(device.measuredAt == 7)
    }

    /// Half as fast in its second half: the difference is that of neither pace.
    @Test func aDeviceThatChangesItsPaceIsNotMeasured() {
        func problem(_ seconds: Double, prompt: Double) -> String {
            let again = [
                Self.line(8, prompt: 0, tokens: 10, "\(seconds * 1e9)"),
                Self.line(8, prompt: 100, tokens: 0, "\(prompt * 1e9)"),
            ]
            if case .problem(let text) = outcome(Self.lines + again) { return text }
            return ""
        }
        #expect(problem(1.29, prompt: 0.8) == "")
        #expect(problem(2, prompt: 1).contains("the same work took 1000 ms and 2000 ms"))
        #expect(problem(1, prompt: 0.5).contains("the same work took 500 ms and 1000 ms"))
    }

    /// 48 MiB in 2 s: of the 3.2 s between the two lines 0.9 s were runs, and 0.3 s a warm-up.
    @Test func theWayIsWhatALoadTakes() throws {
        let bench = Self.bench()
        let heavy = Self.line(9, prompt: 100, tokens: 0, "300000000, 300000000, 300000000")
        let arrived = [
            (at: 0.5, line: Self.lines[2]), (at: 1, line: Self.lines[0]), (at: 4.2, line: heavy),
        ]
        let rate = try #require(bench.bytesPerSecond(arrived))
        #expect(abs(rate * 2 / Double(48 << 20) - 1) < 0.01, "\(rate)")
        #expect(bench.bytesPerSecond([]) == nil)
        #expect(bench.bytesPerSecond([(at: 1, line: heavy)]) == nil)
        // Runs that took longer than there was time.
        #expect(bench.bytesPerSecond([(at: 1, line: Self.lines[0]), (at: 2, line: heavy)]) == nil)
    }

    @Test func whatIsNoMeasurementIsToldWithItsReason() {
        func problem(_ lines: [String], status: Int? = 0) -> String {
            if case .problem(let text) = outcome(lines, status: status) { text } else { "" }
        }
        #expect(problem(["bench missing"], status: 3).contains("there is no llama-bench"))
        #expect(problem(["bench nowhere"], status: 3).contains("no file of a few KiB"))
        let aborted = problem(["ggml_abort: out of memory"], status: 134)
        #expect(aborted.contains("status 134") && aborted.contains("'ggml_abort: out of memory'"))
        #expect(problem(Self.lines, status: 137).contains("status 137"))
        #expect(problem(Array(Self.lines.dropLast())).contains("llama-bench cannot use CPU"))
        // The larger one faster, or a run ten times as long as another.
        var busy = Self.lines
        busy[1] = Self.line(9, prompt: 0, tokens: 10, "900000000")
        #expect(
            problem(busy).contains("2 layers took no longer than 1, 900 ms and 1000 ms; measure"))
        #expect(!problem(busy).contains("busy"))
        busy[1] = Self.line(9, prompt: 0, tokens: 10, "3000000000, 30000000000")
        #expect(problem(busy).contains("900 % longer"))
        // Too long for anything: 9000 s for a layer.
        let impossible = [
            Self.line(8, prompt: 0, tokens: 1, "1000000000"),
            Self.line(9, prompt: 0, tokens: 1, "9000000000000"), Self.lines[2], Self.lines[3],
        ]
        #expect(problem(impossible).contains("cannot be: 8999.0 s for a layer"))
        for lie in ["-5", "0", "1e300", "\"x\"", ""] {
            var lied = Self.lines
            lied[1] = Self.line(9, prompt: 0, tokens: 10, lie)
            #expect(!problem(lied).isEmpty, "\(lie)")
        }
    }

    private static let shells: [String] = ["/bin/sh", "/bin/bash", "/bin/dash", "/usr/bin/busybox"]
        .filter {
            access($0, X_OK) == 0
        }

    /// What a stand-in for llama-bench prints in that shell.
    ///
    /// - Parameters:
    ///   - tell: its commands.
    ///   - before: what that shell does before.
    private func output(
        _ shell: String, _ tell: String, before: String = "",
        _ change: (inout DeviceBench) -> Void = { _ in }
    ) throws -> String {
        let folder = NSTemporaryDirectory() + "sollol-bench-\(UUID().uuidString)"
        let temporary = folder + "/tmp"
        try FileManager.default.createDirectory(
            atPath: temporary, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let standIn = """
            #!/bin/sh
            [ "$1" != --help ] || { echo '--load-mode --device'; exit; }
            echo "words $*"
            \(tell)
            """
        try writeProgram(standIn, to: folder + "/llama-bench")
        var bench = Self.bench(["/nowhere", folder])
        change(&bench)
        let process = Process()
        let applet = shell.hasSuffix("busybox") ? ["sh"] : []
        process.executableURL = URL(filePath: shell)
        process.arguments = applet + ["-c", before + (bench.argv.last ?? "")]
        process.environment = [
            "PATH": "/usr/bin:/bin", "TMPDIR": temporary, "HOME": folder,
            "SOLLOL_SCRATCH": temporary + "/sollol-short-1",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }

    /// What the program runs sees both probes whole, and no file has a name any more.
    @Test(arguments: shells) func theProbesHaveNoName(_ shell: String) throws {
        let text = try output(
            shell,
            """
            echo "sizes $(wc -c <"$2") $(wc -c <"$4")"
            echo "begins $(head -c 4 "$2") $(head -c 4 "$4")"
            echo "left $(ls -A "$TMPDIR")"
            """)
        let sizes = text.split(separator: "\n").first { $0.hasPrefix("sizes") }
        #expect(
            sizes?.split(separator: " ").dropFirst().map(String.init)
                == ["\(ProbeModel.tiny.fileSize)", "\(ProbeModel.weighty.fileSize)"], "\(text)")
        #expect(text.contains("begins GGUF GGUF\n") && text.contains("left \n"), "\(text)")
        #expect(text.contains("-lm none -ngl 0 -dev none") && text.contains("-t 3"), "\(text)")
    }

    /// The smaller one is run once more behind the larger one, and is whole then, too.
    @Test(arguments: shells) func theSmallerOneIsRunAgain(_ shell: String) throws {
        let text = try output(shell, "echo \"again $5 $(wc -c <\"$6\")\"")
        #expect(text.contains("again -m \(ProbeModel.tiny.fileSize)\n"), "\(text)")
    }

    /// Where there is no room for what the way is measured with, its hop still is.
    @Test(arguments: shells) func withoutRoomForNoiseTheHopIsMeasured(_ shell: String) throws {
        let text = try output(shell, "", before: "ulimit -f 20000; ") { $0.isNoisy = true }
        let words = text.split(separator: " ")
        #expect(words.filter { $0 == "-m" }.count == 1 && words.contains("-lm"), "\(text)")
    }

    /// What ssh could compress would make the way to a worker look faster than it is for weights;
    /// of bytes without one of their bits seven eighths remain.
    @Test(arguments: shells) func weightsForTheWayAreNoise(_ shell: String) throws {
        let sum = "head -c 4000000 \"$4\" | gzip | wc -c; wc -c <\"$4\""
        let noise = try output(shell, sum) { $0.isNoisy = true }.split(separator: "\n")
        #expect(Int(noise.dropFirst().first ?? "") ?? 0 > 3_300_000, "\(noise)")
        #expect(noise.last.map(String.init) == "\(ProbeModel.weighty.fileSize)", "\(noise)")
    }

    /// A worker whose help does not tell its threads takes half of the processors.
    @Test(arguments: shells) func threadsThatNobodyToldAreThoseOfRPCServer(_ shell: String) throws {
        let half = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2)
        let worker = try output(shell, "") { $0.conditions.threads = nil }
        #expect(worker.contains(" -t \(half) "), "\(worker)")
        let coordinator = try output(shell, "") {
            $0.conditions.threads = nil
            $0.node = .coordinator
        }
        #expect(!coordinator.contains(" -t "), "\(coordinator)")
    }

    @Test func noRoomIsSaidBeforeAnythingIsTried() {
        var facts = HostFacts()
        var host = HostFacts.Host()
        host.availableMemoryBytes = 1 << 20
        facts.hosts[.here] = host
        let words = Self.bench().shortage(facts)
        #expect(words?.hasPrefix("CPU on {host} has 1.00 MiB free") == true, "\(words ?? "")")
        host.availableMemoryBytes = 1 << 30
        facts.hosts[.here] = host
        #expect(Self.bench().shortage(facts) == nil)
    }
}
