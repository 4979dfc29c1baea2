import Basics
import Foundation
import Testing

/// What `sollol plan` says, against what real servers report and hold.
///
/// `SOLLOL_COMPARE_PLANS=all` compares 24 more combinations (`deploy/dev/compare-plan`).
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct PlannedAgainstRealTests {
    struct Plan: Decodable {
        struct Node: Decodable {
            var name: String
            var address: String?
            var device: String
            var layers: [Int]?
            var weights_bytes: Int
            var kv_bytes: Int
            var buffers_bytes: Int
            var limit_bytes: Int?

            var total: Double { Double(weights_bytes + kv_bytes + buffers_bytes) / 1_048_576 }
        }
        var fits: Bool
        var nodes: [Node]
        var coordinator: Node
    }

    static let isComplete =
        ProcessInfo.processInfo.environment["SOLLOL_COMPARE_PLANS"] == "all"

    static let combinations =
        isComplete ? PlanCombination.some + PlanCombination.others : PlanCombination.some

    @Test(arguments: combinations)
    func isWhatServersDo(_ combination: PlanCombination) throws {
        let cluster = try PlannedCluster(combination)
        defer { cluster.end() }
        let plan = try cluster.plan()
        #expect(plan.fits)
        try cluster.start()
        let report = ServerReport(cluster.coordinatorLines)

        var parts = PlanComparison()
        var planned = [String](repeating: "CPU", count: report.devices.count)
        for node in plan.nodes {
            guard let layers = node.layers else { continue }
            for layer in layers[0]...layers[1] { planned[layer] = node.device }
        }
        #expect(report.devices == planned && !planned.isEmpty)
        for node in plan.nodes + [plan.coordinator] {
            let address = node.address
            let weights = ServerReport.sum(report.weights, of: address)
            let cache = ServerReport.sum(report.cache, of: address)
            Self.expect(node.weights_bytes, weights, node.name)
            Self.expect(node.kv_bytes, cache, node.name)
            let compute = ServerReport.sum(report.compute, of: address).size
            let bound = Double(node.buffers_bytes) / 1_048_576
            #expect(compute <= bound, "\(node.name): \(compute) MiB of buffers")
            parts.weights.append((Double(node.weights_bytes) / 1_048_576, weights.size))
            parts.cache.append((Double(node.kv_bytes) / 1_048_576, cache.size))
        }
        try cluster.work()
        for node in plan.nodes + [plan.coordinator] where node.total > 0 {
            let peak = try cluster.peakMebibytes(node.name)
            #expect(peak <= node.total, "\(node.name): \(peak) MiB, bound \(node.total)")
            parts.peaks.append((node.total, peak))
        }
        if Self.isComplete { print("\(combination): \(parts)") }
    }

    /// Equal to 0.1 %, or to the 0.005 that each printed line is rounded by.
    private static func expect(
        _ bytes: Int, _ real: (size: Double, lines: Int), _ name: String
    ) {
        let planned = Double(bytes) / 1_048_576
        let tolerance = max(planned * 0.001, 0.0051 * Double(max(1, real.lines)))
        #expect(
            abs(planned - real.size) <= tolerance, "\(name): planned \(planned), real \(real.size)")
    }

    /// llama.cpp's own estimate, which loads no weights, for the same command line: whole MiB.
    @Test(arguments: combinations)
    func llamaFitParamsAgrees(_ combination: PlanCombination) throws {
        let cluster = try PlannedCluster(combination)
        defer { cluster.end() }
        let plan = try cluster.plan()
        try cluster.startWorkers()
        let rows = try cluster.fitParams()
        #expect(rows.count == plan.nodes.count + 1, "\(rows)")
        for (node, row) in zip(plan.nodes + [plan.coordinator], rows) {
            let weights = Double(node.weights_bytes) / 1_048_576
            let cache = Double(node.kv_bytes) / 1_048_576
            #expect(
                abs(weights - row.model) <= 1 && abs(cache - row.context) <= 1, "\(node) \(row)")
        }
    }
}
