import Foundation
import Testing

@testable import Configuration

/// Looks bury a log: one line at each of them, all day (ggml-org/llama.cpp 19028, ollama/ollama
/// 16941).
@Suite(
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct QuietLogTests {
    /// Of a day at rest.
    private static let mostBytes = 1_000_000.0

    @Test func aDayAtRestCostsLittleAndTheLoadStands() throws {
        let cluster = try LocalCluster(workers: 1)
        let sollol = try cluster.serving()
        let log = cluster.folder + "/state/sollol/test/logs/coordinator.log"
        func content() -> String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
        /// A request whose lines come after all others.
        func answered() throws {
            let before = content().components(separatedBy: "processing task").count
            _ = try cluster.tokens(count: 1)
            try eventually("it is logged") {
                content().components(separatedBy: "processing task").count > before
            }
        }
        try answered()
        try answered()
        let start = content().utf8.count
        try answered()
        let request = content().utf8.count - start
        let looks = 150
        for _ in 0..<looks {
            for path in ["/slots", "/health"] {
                _ = try LocalCluster.request("GET", path, "", port: cluster.port)
            }
        }
        try answered()
        // What one request says is not that of looks; a line about them is.
        let bytes = Double(content().utf8.count - start - 2 * request)
        let (health, timeouts) = (HealthPolicy(), Timeouts())
        let looksOfADay = 86400 / health.interval + 86400 / min(10, timeouts.stall / 10)
        let day = max(0, bytes) / Double(2 * looks) * looksOfADay
        #expect(day < Self.mostBytes, "\(bytes) bytes for \(looks) looks, \(day) a day")
        #expect(content().contains("about looks at it left out"))
        #expect(content().contains("model buffer size"))
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
    }
}
