import Basics
import Foundation
import Testing

/// `deploy/dev/benchmark hosts`: whether a cluster of eight hosts takes longer to come up than one
/// of one host. Not a test: it asserts nothing about time, and runs only when asked to.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["SOLLOL_BENCHMARK_ROUNDS"] != nil))
struct BringUpBenchmark {
    /// Models of one layer a host and more: a tiny one, for which next to nothing but the bring-up
    /// itself counts, and one of about as many megabytes as wanted.
    private static let models: [[String]] = [
        ["--layers", "12", "--embedding", "128"],
        [
            "--layers", String(number("SOLLOL_BENCHMARK_MEGABYTES", 500) / 10 + 2),
            "--embedding", "1024", "--feed-forward", "2048", "--type", "q8_0",
        ],
    ]

    private static func number(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
    }

    private struct Start {
        /// Until it serves.
        var seconds: Double
        /// Of as many ssh connections side by side, with nothing at their ends: no bring-up over
        /// ssh can be faster.
        var connecting: Double
        /// Of all cores' time meanwhile, 0…1.
        var busy: Double
    }

    @Test(arguments: models, SshClusterTests.transports)
    func oneHostAgainstEight(model options: [String], transport: String) throws {
        let rounds = Self.number("SOLLOL_BENCHMARK_ROUNDS", 5)
        let model = try TestEnvironment.model(options)
        let names = (1...8).map { "host-\($0)" }
        let bed = try TestBed(names.map { HostOptions($0) }, keeping: [model])
        var starts: [Int: [Start]] = [:]
        for round in 0...rounds {
            for count in [1, names.count] {
                let cluster = try SshCluster(
                    bed, name: "hosts-\(count)",
                    backends: names.prefix(count).map { SshClusterTests.backend($0, transport) })
                let plain = names.prefix(count).map { "ssh \($0) true & " }.joined() + "wait"
                var begin = Date()
                #expect(try bed.control.run(plain).status == 0)
                let connecting = Date().timeIntervalSince(begin)
                let before = try CoreTime.now()
                begin = Date()
                let sollol = try cluster.sollol("up", "--model", model)
                try sollol.waitFor("serving at")
                let seconds = Date().timeIntervalSince(begin)
                let busy = try CoreTime.now().busy(since: before)
                // The first round fills caches.
                if round > 0 {
                    starts[count, default: []].append(
                        Start(seconds: seconds, connecting: connecting, busy: busy))
                }
                sollol.signal(SIGINT)
                #expect(sollol.exitStatus() == 0)
            }
        }
        let medians = starts.mapValues { $0.sorted { $0.seconds < $1.seconds }[rounds / 2] }
        let one = try #require(medians[1])
        let eight = try #require(medians[names.count])
        let size = try FileManager.default.attributesOfItem(atPath: model)[.size] as? Int ?? 0
        let figure = { (value: Double) in String(format: "%.2f", value) }
        print(
            "\nbring-up over ssh, transport \(transport), a model of \(size / 1_000_000) MB, median of "
                + "\(rounds): 1 host \(figure(one.seconds)) s, 8 hosts \(figure(eight.seconds)) s, "
                + "ratio \(figure(eight.seconds / one.seconds)); plain ssh \(figure(one.connecting)) s "
                + "and \(figure(eight.connecting)) s; \(Self.cores) cores \(Int(one.busy * 100)) % and "
                + "\(Int(eight.busy * 100)) % busy")
    }

    private static let cores = ProcessInfo.processInfo.activeProcessorCount
}

/// What all cores have done since boot (proc(5), /proc/stat), in ticks.
private struct CoreTime {
    private var all: Double
    private var idle: Double

    static func now() throws -> CoreTime {
        let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        let ticks = text.prefix { $0 != "\n" }.split(separator: " ").compactMap { Double($0) }
        guard ticks.count >= 8 else { throw TestFailure("no times in /proc/stat") }
        return CoreTime(all: ticks[..<8].reduce(0, +), idle: ticks[3] + ticks[4])
    }

    func busy(since before: CoreTime) -> Double {
        1 - (idle - before.idle) / max(1, all - before.all)
    }
}
