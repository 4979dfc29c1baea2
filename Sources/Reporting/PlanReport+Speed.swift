import Basics
import Placement
import Plan

/// How fast it will be, as far as devices are measured.
extension PlanReport {
    var prediction: PlacementPrediction? { PlacementPrediction(placement) }

    var suggestions: [PlacementSuggestion] { PlacementSuggestion.all(placement) }

    /// Three digits are more than what measurements are good for.
    static func number(_ value: Double?) -> OrderedJSON {
        value.map { .number($0) } ?? .null
    }

    /// Lines on tokens a second, where the time of one goes, and what would help; none where
    /// nothing is measured.
    var speed: [String] {
        guard let prediction else { return [] }
        var lines = [
            "",
            "Predicted: \(Self.rounded(prediction.tokensPerSecond)) tokens/s with an empty context; "
                + "a token takes \(Self.milliseconds(prediction.total))\(age).",
        ]
        let devices = placement.request.devices
        let shares =
            zip(devices, prediction.devices).map { ("\($0.node) \($0.name)", $1) }
            + [("\(Node.coordinator) CPU", prediction.coordinator)]
        let used = shares.filter { $0.1 > .zero }
        let width = used.map(\.0.count).max() ?? 0
        lines += used.map { name, time in
            let columns = Int((time / prediction.total * Double(Self.columns)).rounded())
            let bar = String(repeating: "-", count: min(max(1, columns), Self.columns))
            let fill = String(repeating: " ", count: Self.columns - bar.count)
            let gap = String(repeating: " ", count: width - name.count)
            return "\(name)\(gap)  [\(bar)\(fill)]  \(Self.milliseconds(time))"
        }
        let idle = zip(devices, placement.counts).filter {
            $1 == 0 && placement.strategy == .fastest
        }
        lines += idle.map { "\($0.0.node) (\($0.0.name)) gets no layer: it is faster without." }
        if !suggestions.isEmpty {
            lines += ["", "Each of these alone would make it faster:"]
            lines += suggestions.map {
                "  - \($0.text) (\(Self.rounded($0.tokensPerSecond)) tokens/s)"
            }
        }
        return lines
    }

    /// Since when the oldest measurement has not been made again.
    private var age: String {
        let times = (placement.request.measuredPaces ?? []).compactMap(\.measuredAt)
        return times.min().map { " (measured \(local.text(Timestamp(seconds: $0))))" } ?? ""
    }

    private static let columns = 32

    private static func milliseconds(_ time: Duration) -> String {
        "\(rounded(time / .milliseconds(1))) ms"
    }

    /// Two digits after the point below ten, one below a hundred.
    private static func rounded(_ value: Double) -> String {
        let digits = value < 10 ? 2 : value < 100 ? 1 : 0
        let scale = [1.0, 10, 100][digits]
        let whole = Int((min(value, 1e12) * scale).rounded())
        guard digits > 0 else { return "\(whole)" }
        let fraction = String(whole % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(whole / Int(scale)).\(zeros)\(fraction)"
    }
}
