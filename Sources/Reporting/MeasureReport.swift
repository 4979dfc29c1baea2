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

    /// Whether every device was measured, and the ways to them.
    package var isGood: Bool { !results.isEmpty && problems.isEmpty }

    /// What was not, and why, in the order of devices; of a way once for each worker.
    private var problems: [(bench: DeviceBench, text: String)] {
        var ways: Set<Node> = []
        return results.flatMap { bench, outcome in
            var texts: [String] = []
            if case .problem(let text) = outcome { texts.append(text) }
            if let text = bench.wayProblem, ways.insert(bench.node).inserted {
                texts.append(text)
            }
            return texts.map { (bench, $0) }
        }
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
        let findings = Finding.grouped(
            problems.map { Finding([$0.bench.node], at: $0.bench.location, $0.text) })
        let told = findings.flatMap { MessageText.lines("error: \($0.named.text)") }
        lines += told.isEmpty ? [] : [""] + told
        lines += ["", conclusion]
        return lines.map { TerminalText.clean($0) + "\n" }.joined()
    }

    private var conclusion: String {
        if isGood {
            return "Recorded. `sollol plan` and `sollol up` place layers by it where `strategy` "
                + "is not set."
        }
        let hasAny = results.contains { bench, outcome in
            if case .measured = outcome { bench.wayProblem == nil } else { false }
        }
        let isOwnOnly = problems.allSatisfy { !$0.bench.node.isWorker }
        if hasAny, isOwnOnly {
            return "What was measured is recorded, and `sollol plan` and `sollol up` place layers "
                + "by it where `strategy` is not set."
        }
        return hasAny
            ? "What was measured is recorded; it counts once all devices of workers are measured."
            : "Nothing is recorded; what was known before stays."
    }

    private func way(_ way: MeasuredWay?) -> String {
        guard let way else { return "" }
        let rate = way.bytesPerSecond.map {
            " and \(MemorySize.text(UInt64(min(max(0, $0), 1e15))))/s"
        }
        // No room for what is sent, say; the time of a load and wide activations are not predicted.
        return ", the way there (\(way.transport)) \(Self.milliseconds(way.hop))"
            + (rate ?? " and unknown bytes a second")
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
        let problems = problems.map { bench, text -> OrderedJSON in
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
