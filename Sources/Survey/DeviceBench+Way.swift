import Basics
import Foundation
import Model

extension DeviceBench {
    /// Whether the larger model was loaded, and computed something.
    package func hasLoaded(_ lines: [String]) -> Bool {
        Self.runs(lines).contains { $0.model_filename.hasSuffix("/9") }
    }

    /// Bytes that the way to a device takes in a second, by a bench with a `weighty` probe behind a
    /// `tiny` one; nil where it did not get that far.
    ///
    /// Between the last line about the first model and the first about the second, the second is
    /// loaded, warmed up once, and its runs are made, whose times it tells. What is left is the
    /// load; its other work, some hundredths of a second, makes a very fast way look slower.
    ///
    /// - Parameter arrived: the lines with the time at which each came, in seconds.
    package func bytesPerSecond(_ arrived: [(at: Double, line: String)]) -> Double? {
        let runs = arrived.compactMap { at, line in
            Self.runs([line]).first.map { (at: at, run: $0) }
        }
        guard let first = runs.firstIndex(where: { $0.run.model_filename.hasSuffix("/9") }),
            first > 0
        else { return nil }
        let samples = runs[first].run.samples_ns
        let computing = (samples.reduce(0, +) + (samples.first ?? 0)) / 1e9
        let load = runs[first].at - runs[first - 1].at - computing
        guard load > 0 else { return nil }
        return Double(large.fileSize - UInt64(large.header.count)) / load
    }
}
