import Foundation
import SollolCore
import Testing

/// `deploy/benchmark hosts`: whether a cluster of eight hosts takes longer to come up than one of
/// one host. Not a test: it asserts nothing about time, and runs only when asked to.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["SOLLOL_BENCHMARK_ROUNDS"] != nil))
struct BringUpBenchmark {
    @Test(arguments: SshClusterTests.transports)
    func oneHostAgainstEight(transport: String) throws {
        let wanted = ProcessInfo.processInfo.environment["SOLLOL_BENCHMARK_ROUNDS"]
        let rounds = wanted.flatMap { Int($0) } ?? 5
        let model = try TestEnvironment.model(["--layers", "12", "--embedding", "128"])
        let names = (1...8).map { "host-\($0)" }
        let bed = try TestBed(names.map { HostOptions($0) }, keeping: [model])
        let counts = [1, 8]
        var taken: [Int: [Double]] = [:]
        for round in 0...rounds {
            for count in counts {
                let cluster = try SshCluster(
                    bed, name: "hosts-\(count)",
                    backends: names.prefix(count).map { SshClusterTests.backend($0, transport) })
                let begin = Date()
                let sollol = try cluster.sollol("up", "--model", model)
                try sollol.waitFor("serving at")
                // The first round fills caches.
                if round > 0 { taken[count, default: []].append(Date().timeIntervalSince(begin)) }
                sollol.signal(SIGINT)
                #expect(sollol.exitStatus() == 0)
            }
        }
        let medians = counts.map { count in
            (taken[count] ?? []).sorted()[rounds / 2]
        }
        let figures = medians.map { String(format: "%.2f s", $0) }
        print(
            "bring-up over ssh, transport \(transport), median of \(rounds): 1 host \(figures[0]), "
                + "8 hosts \(figures[1]), ratio \(String(format: "%.2f", medians[1] / medians[0]))")
    }
}
