import Basics
import Placement
import Supervision

/// How many tokens a second a cluster generates, beside what was predicted of it.
package struct SpeedComparison: Codable, Equatable, Sendable {
    /// What one request generates a second; nil before enough of it was seen.
    package var measured: Double?
    /// What was predicted for an empty context.
    package var predicted: Double
    /// Why they differ, where they do by much.
    package var explanation: String?

    /// Tokens after which a measurement counts.
    package static let fewest = SteadyPace.enough
    /// What measurements and a longer context make of the same cluster, as a part of it.
    private static let tolerance = 0.2

    /// What is known now.
    init(_ pace: SteadyPace?, _ prediction: PlacementPrediction) {
        predicted = prediction.tokensPerSecond
        guard let pace, pace.tokens >= Self.fewest, pace.seconds > 0 else { return }
        let rate = Double(pace.tokens) / pace.seconds
        measured = rate
        guard abs(rate / predicted - 1) > Self.tolerance else { return }
        explanation = Self.explanation(rate, prediction)
    }

    /// Both, for people; nil while either is unknown, and where the explanation says it.
    var sentence: String? {
        guard let measured, explanation == nil else { return nil }
        return "one request gets \(threeDigits(measured)) tokens/s, \(threeDigits(predicted)) "
            + "predicted"
    }

    private static func explanation(_ rate: Double, _ prediction: PlacementPrediction) -> String {
        let predicted = prediction.tokensPerSecond
        // Both come from hosts, which can say what they like.
        let percent = Int(min((100 * abs(rate / predicted - 1)).rounded(), 1e6))
        let isSlower = rate < predicted
        let what =
            "one request gets \(threeDigits(rate)) tokens/s, \(percent) % "
            + "\(isSlower ? "fewer" : "more") than the \(threeDigits(predicted)) predicted"
        guard isSlower else {
            return what + ": a device was busy when it was measured; measure again"
        }
        if let full = prediction.tokensPerSecondFull, full <= rate * (1 + tolerance) {
            return what + ": its context is in use (\(threeDigits(full)) when it is full)"
        }
        let hops = prediction.devices.count
        let ways = hops > 1 ? ", or the way to it is" : ""
        return what + ": a device is busier or slower than when it was measured\(ways); stop the "
            + "cluster and measure again to see which"
    }
}
