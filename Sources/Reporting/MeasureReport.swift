import Basics
import Facts
import Survey

/// What `sollol measure` prints: each device with its pace, or why it has none.
package struct MeasureReport {
    private let cluster: String
    private let results: [(bench: DeviceBench, outcome: DeviceBench.Outcome)]

    /// A report of these.
    package init(
        cluster: String, results: [(bench: DeviceBench, outcome: DeviceBench.Outcome)]
    ) {
        self.cluster = cluster
        self.results = results
    }

    /// Whether every device was measured.
    package var isGood: Bool {
        !results.isEmpty
            && results.allSatisfy { if case .measured = $0.outcome { true } else { false } }
    }

    /// For people; ends in a newline.
    package var text: String {
        let names = results.map { "\($0.bench.node) \($0.bench.device)" }
        let width = names.map(\.count).max() ?? 0
        var lines = ["Cluster \(cluster): seconds for one layer of this model", ""]
        for (name, result) in zip(names, results) {
            guard case .measured(let device) = result.outcome else { continue }
            lines.append(
                "\(name.padded(to: width))  \(Self.milliseconds(device.layer)) a token, "
                    + "\(Self.milliseconds(device.promptLayer)) a token of a prompt, output layer "
                    + Self.milliseconds(device.outputLayer)
                    + way(result.bench.way)
                    + " (equal runs within \(Int((device.spread * 100).rounded())) %)")
        }
        let problems = results.flatMap { bench, outcome -> [String] in
            guard case .problem(let text) = outcome else { return [] }
            let finding = Finding([bench.node], at: bench.location, text)
            return MessageText.lines("error: \(finding.named.text)")
        }
        lines += problems.isEmpty ? [] : [""] + problems
        lines += ["", conclusion]
        return lines.map { TerminalText.clean($0) + "\n" }.joined()
    }

    private var conclusion: String {
        if isGood {
            return "Recorded. `sollol plan` and `sollol up` place layers by it where `strategy` "
                + "is not set."
        }
        let hasAny = results.contains { if case .measured = $0.outcome { true } else { false } }
        return hasAny
            ? "What was measured is recorded; it counts once all devices of workers are measured."
            : "Nothing was measured; what was known before stays."
    }

    private func way(_ way: MeasuredWay?) -> String {
        guard let way else { return "" }
        let rate = way.bytesPerSecond.map {
            " and \(MemorySize.text(UInt64(min(max(0, $0), 1e15))))/s"
        }
        return ", the way there (\(way.transport)) \(Self.milliseconds(way.hop))\(rate ?? "")"
    }

    private static func milliseconds(_ seconds: Double) -> String {
        let micro = Int((seconds * 1e6).rounded())
        let fraction = String(micro % 1000)
        return "\(micro / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) ms"
    }

    /// The stable form of `Interface.md`, `format_version` 1.
    package var json: String {
        let devices = results.compactMap { bench, outcome -> OrderedJSON? in
            guard case .measured(let device) = outcome else { return nil }
            return .object([
                ("name", .node(bench.node)), ("device", .string(device.conditions.device)),
                ("seconds_per_layer", .number(device.layer)),
                ("prompt_seconds_per_layer", .number(device.promptLayer)),
                ("seconds_output_layer", .number(device.outputLayer)),
                ("transport", .optional(bench.way?.transport)),
                ("hop_seconds", .optional(device.hop)),
                ("bytes_per_second", .optional(device.bytesPerSecond)),
                ("spread", .number(device.spread)),
                ("measured_at", .optional(device.measuredAt.map { Timestamp(seconds: $0) })),
            ])
        }
        let problems = results.compactMap { bench, outcome -> OrderedJSON? in
            guard case .problem(let text) = outcome else { return nil }
            let finding = Finding([bench.node], at: bench.location, text)
            return .object([
                ("name", .node(bench.node)), ("device", .string(bench.device)),
                ("problem", .string(finding.complaint.text)),
            ])
        }
        return OrderedJSON.object([
            ("format_version", .int(1)), ("cluster", .string(cluster)),
            ("devices", .array(devices)), ("problems", .array(problems)),
        ]).text
    }
}
