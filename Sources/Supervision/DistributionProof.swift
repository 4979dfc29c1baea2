import Basics
import Plan

/// Reads from the coordinator's own log which worker really holds weights.
///
/// The proof is what llama-server prints at `-lv 4` when it has placed the tensors (build 11669):
///
///     load_tensors: offloaded 9/9 layers to GPU
///     load_tensors:          CPU model buffer size =     0.13 MiB
///     load_tensors: RPC0[127.0.0.1:50052] model buffer size =     7.51 MiB
package struct DistributionProof: Equatable, Sendable {
    /// What the log says.
    package enum Verdict: Equatable, Sendable {
        /// Every device that should hold layers does; one line for each, for people.
        case proven([String])
        /// It is not as planned, with the worker's name.
        case refuted(String)
    }

    private let plan: LaunchPlan
    private let endpoints: [(node: Node, endpoint: Endpoint)]
    /// Hundredths of a MiB by the name before `model buffer size`, which names the endpoint.
    private var buffers: [(device: String, size: Int)] = []
    private var offloaded: (layers: Int, of: Int)?

    /// Whether both come to the same verdict on the same plan.
    package static func == (left: DistributionProof, right: DistributionProof) -> Bool {
        left.plan == right.plan && left.verdict == right.verdict
    }

    /// A proof of that plan that has read nothing.
    package init(plan: LaunchPlan) {
        self.plan = plan
        endpoints = plan.backends
    }

    /// Takes one line of the coordinator's output.
    package mutating func read(_ line: String) {
        if let range = line.firstRange(of: " model buffer size = "),
            let device = line[..<range.lowerBound].split(separator: " ").last,
            let size = Self.hundredths(line[range.upperBound...])
        {
            guard buffers.count < Bounds.weightLines else { return }
            buffers.append((String(device.prefix(256)), size))
        } else if let range = line.firstRange(of: "offloaded ") {
            let counts = line[range.upperBound...].prefix { $0 != " " }.split(separator: "/")
            if counts.count == 2, let layers = Outside.number(counts[0], in: Outside.count),
                let all = Outside.number(counts[1], in: Outside.count)
            {
                offloaded = (layers, all)
            }
        }
    }

    /// What the lines so far prove.
    package var verdict: Verdict {
        guard !endpoints.isEmpty else { return .proven([]) }
        guard !buffers.isEmpty else {
            return .refuted(
                "it serves, but its log does not say where the layers are, so that it may hold "
                    + "them all itself")
        }
        let kept = plan.distribution?.coordinatorLayers.count ?? 0
        if let offloaded, offloaded.layers + kept < offloaded.of {
            return .refuted(
                "only \(offloaded.layers) of \(offloaded.of) layers went to the workers")
        }
        var lines: [String] = []
        for (node, endpoint) in endpoints {
            let size = weights(of: endpoint.description)
            let shares = plan.distribution?.shares.filter { $0.node == node && !$0.layers.isEmpty }
            if size == 0, shares?.isEmpty != true {
                return .refuted(
                    "\(node) (\(endpoint)) got no layer; it was to get "
                        + (shares.map(Self.ranges) ?? "its share"))
            }
            if let planned = plannedWeights(of: node), !Self.isEqual(size, planned) {
                return .refuted(
                    "\(node) (\(endpoint)) got \(Self.mebibytes(size)) of weights, not the "
                        + "\(Self.mebibytes(planned)) that were planned; see: sollol plan")
            }
            let layers = shares.map { $0.isEmpty ? "no layer, " : Self.ranges($0) + ", " } ?? ""
            lines.append("\(node) (\(endpoint)): \(layers)\(Self.mebibytes(size)) of weights")
        }
        let rest = buffers.filter { buffer in
            !endpoints.contains { buffer.device.hasSuffix("[\($0.endpoint)]") }
        }
        let own = rest.reduce(0) { $0 + $1.size }
        let kind = ownLayers == "no layer" && own > 0 ? " (embedding)" : ""
        lines.append("\(Node.coordinator): \(ownLayers), \(Self.mebibytes(own)) of weights\(kind)")
        return .proven(lines)
    }

    /// What stays on the coordinator: `no layer`, `layers 0-3 on its CPU, layers 20-24`.
    private var ownLayers: String {
        guard let distribution = plan.distribution else { return "no layer" }
        let kept = LayerDistribution.Share(
            node: .coordinator, device: "CPU", layers: distribution.coordinatorLayers)
        let shares = distribution.shares.filter { $0.node == .coordinator && !$0.layers.isEmpty }
        let texts = (kept.layers.isEmpty ? [] : ["\(kept.text) on its CPU"]) + shares.map(\.text)
        return texts.isEmpty ? "no layer" : texts.joined(separator: ", ")
    }

    /// Hundredths of a MiB that a backend is to hold, where that is exact.
    private func plannedWeights(of node: Node) -> Int? {
        guard let placement = plan.placement, placement.request.shape.estimates.isEmpty else {
            return nil
        }
        let bytes = zip(placement.request.devices, placement.loads)
            .filter { $0.0.node == node }.reduce(0) { $0 + $1.1.weights }
        return Int(bytes / 10486)
    }

    /// GPUs pad rows of quantised tensors, so a little more is as planned; a layer is not.
    private static func isEqual(_ size: Int, _ planned: Int) -> Bool {
        abs(size - planned) <= 25 + planned / 100
    }

    private func weights(of endpoint: String) -> Int {
        buffers.filter { $0.device.hasSuffix("[\(endpoint)]") }.reduce(0) { $0 + $1.size }
    }

    private static func ranges(_ shares: [LayerDistribution.Share]) -> String {
        shares.map(\.text).joined(separator: " and ")
    }

    /// `     7.51 MiB` as 751.
    private static func hundredths(_ text: Substring) -> Int? {
        let words = text.split(separator: " ")
        guard words.count >= 2, words[1] == "MiB" else { return nil }
        let parts = words[0].split(separator: ".")
        guard parts.count == 2, parts[1].utf8.count == 2,
            let whole = Outside.number(parts[0], in: Outside.count),
            let fraction = Outside.number(parts[1], in: 0...99)
        else { return nil }
        return whole * 100 + fraction
    }

    private static func mebibytes(_ size: Int) -> String {
        "\(size / 100).\(size % 100 < 10 ? "0" : "")\(size % 100) MiB"
    }
}
