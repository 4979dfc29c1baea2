import Foundation

/// MiB by plan and by the servers, of every process of one combination.
struct PlanComparison: CustomStringConvertible {
    var weights: [(planned: Double, real: Double)] = []
    var cache: [(planned: Double, real: Double)] = []
    /// Peak memory; what is planned is a bound.
    var peaks: [(planned: Double, real: Double)] = []

    /// `weights 77.7 of 77.7 MiB, KV 32.0 of 32.0 MiB, peaks 62-91 % of their bounds`.
    var description: String {
        let shares = peaks.map { Int($0.real / $0.planned * 100) }
        return "weights \(Self.sum(weights)), KV \(Self.sum(cache)), peaks "
            + "\(shares.min() ?? 0)-\(shares.max() ?? 0) % of their bounds"
    }

    private static func sum(_ pairs: [(planned: Double, real: Double)]) -> String {
        let sums = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.planned, $0.1 + $1.real) }
        return String(format: "%.1f of planned %.1f MiB", sums.1, sums.0)
    }
}
