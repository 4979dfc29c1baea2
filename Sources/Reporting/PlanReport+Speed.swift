import Basics
import Placement
import Plan

/// How fast it will be, as far as devices are measured.
extension PlanReport {
    /// Lines on tokens a second, where the time of one goes, and what would help; none where
    /// the coordinator is alone; one line where something is not measured.
    var speed: [String] {
        guard let prediction else { return noPrediction.map { ["", $0] } ?? [] }
        var lines = [
            "",
            "Predicted: \(threeDigits(prediction.tokensPerSecond)) tokens/s with an empty "
                + "context; a token takes \(Self.milliseconds(prediction.total))\(age).",
        ]
        lines += more(prediction)
        let devices = placement.request.devices
        let shares =
            zip(devices, prediction.devices).map { ("\($0.node) \($0.name)", $1) }
            + [("\(Node.coordinator) CPU", prediction.coordinator)]
        let used = shares.filter { $0.1 > .zero }
        let width = used.map(\.0.count).max() ?? 0
        lines += used.map { name, time in
            let columns = Int((time / prediction.total * Double(Self.columns)).rounded())
            let bar = String(repeating: "-", count: min(max(1, columns), Self.columns))
            return "\(name.padded(to: width))  [\(bar.padded(to: Self.columns))]  "
                + Self.milliseconds(time)
        }
        let idle = zip(devices, placement.counts).filter {
            $1 == 0 && placement.strategy == .fastest
        }
        lines += idle.map { device, _ in
            "\(device.node) (\(device.name)) gets no layer: "
                + "\(placement.reasonForNoLayer { $0 == device })."
        }
        if !suggestions.isEmpty {
            lines += ["", "Each of these alone would make it faster:"]
            lines += suggestions.map {
                "  - \($0.text) (\(threeDigits($0.tokensPerSecond)) tokens/s"
                    + "\(measured($0.measuredAt).map { "; \($0)" } ?? ""))"
            }
        }
        return lines
    }

    /// Why nothing is predicted, and what to do; nil where the coordinator is alone.
    private var noPrediction: String? {
        switch placement.missingPrediction {
        case nil: return nil
        case .experts:
            let key = ConfigurationKey.placement(.cpuExperts)
            return "No prediction: nothing that was measured holds where the coordinator's CPU "
                + "computes experts (\(key))."
        case .unmeasured(let nodes):
            let names = Node.list(nodes)
            if isDesign {
                return "No prediction: nobody has said how fast \(names) "
                    + "\(nodes.count == 1 ? "is" : "are"); give seconds for one layer as in "
                    + "--worker 24GiB@0.012."
            }
            let foreign = nodes.filter(unmanaged.contains)
            guard foreign.isEmpty else {
                return "No prediction: nobody has measured \(names), and sollol cannot measure "
                    + "\(Node.list(foreign)), which it does not run."
            }
            return "No prediction: nobody has measured \(names). Try: sollol measure"
        }
    }

    /// What follows from it for longer contexts, prompts and loads, as far as it is known.
    private func more(_ prediction: PlacementPrediction) -> [String] {
        let context = placement.request.context
        let tokens = context.paddedContext / max(1, context.slots)
        let full = prediction.tokensPerSecondFull.map {
            "With \(tokens) tokens of context about \(threeDigits($0)) tokens/s (estimated)."
        }
        let prompt = prediction.promptTokensPerSecond.map {
            let full = prediction.promptTokensPerSecondFull.map {
                "; with \(tokens) tokens of context about \(threeDigits($0)) (estimated)"
            }
            return "Prompts: \(threeDigits($0)) tokens/s\(full ?? "")."
        }
        let load = loadSeconds.map {
            "Loading: \(threeDigits($0)) s for the way to the workers"
                + (stored.isEmpty ? ", where nothing is cached there." : ".")
        }
        return [full, prompt, load].compactMap(\.self)
    }

    /// Since when the oldest measurement has not been made again.
    private var age: String {
        measured(PlacementPrediction.measuredAt(placement)).map { " (\($0))" } ?? ""
    }

    private func measured(_ time: Int?) -> String? {
        time.map { "measured \(local.text(Timestamp(seconds: $0)))" }
    }

    private static let columns = 32

    private static func milliseconds(_ time: Duration) -> String {
        "\(threeDigits(time / .milliseconds(1))) ms"
    }
}
