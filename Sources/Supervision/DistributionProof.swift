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

    let plan: LaunchPlan
    private let endpoints: [(node: Node, endpoint: Endpoint)]
    /// Hundredths of a MiB by the name before `model buffer size`, which names the endpoint: of
    /// the model, then of a draft model.
    private(set) var buffers: [(model: Int, device: String, size: Int)] = []
    /// The same of adapters, by `LoRA buffer size`.
    private var adapters: [(device: String, size: Int)] = []
    /// How many models it has begun to load.
    private var models = 0
    private var offloaded: (layers: Int, of: Int)?
    /// The device that computes what the projector does.
    private var projector: String?

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
        if line.contains("load_tensors: loading model tensors") {
            models = min(models + 1, Bounds.weightLines)
        } else if let (device, size) = Self.buffer(line, "model") {
            guard buffers.count < Bounds.weightLines else { return }
            buffers.append((max(1, models), device, size))
        } else if let (device, size) = Self.buffer(line, "LoRA") {
            guard adapters.count < Bounds.weightLines else { return }
            adapters.append((device, size))
        } else if let range = line.firstRange(of: "CLIP using ") {
            projector = String(line[range.upperBound...].prefix { $0 != " " }.prefix(256))
        } else if models <= 1, let range = line.firstRange(of: "offloaded ") {
            let counts = line[range.upperBound...].prefix { $0 != " " }.split(separator: "/")
            if counts.count == 2, let layers = Outside.number(counts[0], in: Outside.count),
                let all = Outside.number(counts[1], in: Outside.count)
            {
                offloaded = (layers, all)
            }
        }
    }

    /// The device and the size of a line `DEVICE model buffer size =   7.51 MiB`.
    private static func buffer(_ line: String, _ what: String) -> (device: String, size: Int)? {
        guard let range = line.firstRange(of: " \(what) buffer size = "),
            let device = line[..<range.lowerBound].split(separator: " ").last,
            let size = hundredths(line[range.upperBound...])
        else { return nil }
        return (String(device.prefix(256)), size)
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
            if let problem = difference(size, of: node) {
                return .refuted("\(node) (\(endpoint)) \(problem)")
            }
            let devices = devices(of: node, endpoint)
            if let problem = devices.compactMap(\.problem).first {
                return .refuted("\(node) (\(endpoint)) \(problem)")
            }
            let layers = shares.map { $0.isEmpty ? "no layer, " : Self.ranges($0) + ", " } ?? ""
            let text =
                devices.count > 1
                ? devices.map(\.text).joined(separator: "; ")
                : "\(layers)\(Self.mebibytes(size)) of weights"
            lines.append("\(node) (\(endpoint)): \(text)")
        }
        if let problem = ownDevices.compactMap(\.problem).first { return .refuted("it \(problem)") }
        let own = ownWeights(ofModel: 1)
        // A mapped file counts from its first tensor to its last, whoever holds those between.
        if !buffers.contains(where: Self.isMapped), let problem = difference(own, of: .coordinator)
        {
            return .refuted("it \(problem)")
        }
        let kind = ownLayers == "no layer" && own > 0 ? " (\(ownKind))" : ""
        lines.append("\(Node.coordinator): \(ownLayers), \(Self.mebibytes(own)) of weights\(kind)")
        lines += ownDevices.map { "\(Node.coordinator): \($0.text)" }
        if let problem = companionProblem { return .refuted(problem) }
        return .proven(lines + companionLines)
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

    /// What the coordinator holds of the model beside whole layers.
    private var ownKind: String {
        let experts = plan.placement.map {
            $0.request.shape.layersUpToExperts($0.request.cpuExperts)
        }
        guard let experts, experts > 0 else { return "embedding" }
        return "embedding, experts of \(LayerDistribution.text(0..<experts))"
    }

    /// What is wrong with so much on a node: weights are exact, or a bound where llama.cpp may not
    /// load all of a file.
    private func difference(_ size: Int, of node: Node) -> String? {
        guard let placement = plan.placement else { return nil }
        var bytes = zip(placement.request.devices, placement.loads)
            .filter { $0.0.node == node }.reduce(0) { $0 + $1.1.weights }
        if node == .coordinator {
            bytes += placement.coordinatorLoad.weights - placement.request.companionLoad.weights
        }
        let planned = Int(clamping: bytes / 10486)
        let isBound = placement.request.shape.hasUnusedTensors == true
        guard !Self.isEqual(size, planned), !(isBound && size < planned) else { return nil }
        return "got \(Self.mebibytes(size)) of weights, not the "
            + "\(Self.mebibytes(planned)) that were planned; \(replaced)see: sollol plan"
    }

    /// What to do where the whole model is not as large as planned, empty where only its places
    /// differ: people replace a model's file while it is served, and the next start loads the new
    /// one.
    private var replaced: String {
        let all = buffers.filter { $0.model == 1 }
        guard let placement = plan.placement, !all.contains(where: Self.isMapped) else { return "" }
        let bytes =
            placement.loads.reduce(placement.coordinatorLoad.weights) { $0 + $1.weights }
            - placement.request.companionLoad.weights
        let (size, planned) = (all.reduce(0) { $0 + $1.size }, Int(clamping: bytes / 10486))
        guard !Self.isEqual(size, planned) else { return "" }
        return "the whole model is \(Self.mebibytes(size)), not \(Self.mebibytes(planned)): if its "
            + "file was replaced meanwhile, take the new one in: sollol reload; else "
    }

    private static func isMapped(_ buffer: (model: Int, device: String, size: Int)) -> Bool {
        buffer.device.hasSuffix("_Mapped")
    }

    /// GPUs pad rows of quantised tensors, so a little more is as planned; a layer is not.
    static func isEqual(_ size: Int, _ planned: Int) -> Bool {
        abs(size - planned) <= 25 + planned / 100
    }

    private func weights(of endpoint: String, model: Int = 1) -> Int {
        buffers.filter { $0.model == model && $0.device.hasSuffix("[\(endpoint)]") }
            .reduce(0) { $0 + $1.size }
    }

    private func ownWeights(ofModel model: Int) -> Int {
        buffers.filter { buffer in
            buffer.model == model
                && !endpoints.contains { buffer.device.hasSuffix("[\($0.endpoint)]") }
        }.reduce(0) { $0 + $1.size }
    }

    // MARK: Companions

    /// What was to stay on the coordinator and did not.
    private var companionProblem: String? {
        let words = plan.process(.coordinator)?.argv ?? []
        if zip(words, words.dropFirst()).contains(where: { $0 == ("-devd", "none") }) {
            for (node, endpoint) in endpoints {
                let size = weights(of: endpoint.description, model: 2)
                guard size > 0 else { continue }
                return
                    "\(node) (\(endpoint)) got \(Self.mebibytes(size)) of the draft model, which "
                    + "was to stay on the coordinator"
            }
        }
        if let load = plan.placement?.request.companions.first(where: { $0.kind == .draftModel }) {
            let planned = Int(clamping: load.load.weights / 10486)
            let size = ownWeights(ofModel: 2)
            if !Self.isEqual(size, planned) {
                return "it holds \(Self.mebibytes(size)) of the draft model's weights, not the "
                    + "\(Self.mebibytes(planned)) that were planned"
            }
        }
        for (node, endpoint) in endpoints {
            guard let planned = plannedAdapters(of: node) else { continue }
            let size = adapters(of: endpoint)
            if !Self.isEqual(size, planned) {
                return "\(node) got \(Self.mebibytes(size)) of adapters, not the "
                    + "\(Self.mebibytes(planned)) that were planned"
            }
        }
        if let projector, projector.hasPrefix("RPC") {
            return "the projector is on \(projector), and was to stay on the coordinator"
        }
        return nil
    }

    private func adapters(of endpoint: Endpoint) -> Int {
        adapters.filter { $0.device.hasSuffix("[\(endpoint)]") }.reduce(0) { $0 + $1.size }
    }

    private func plannedAdapters(of node: Node) -> Int? {
        guard let placement = plan.placement, let layers = placement.request.shape.adapters else {
            return nil
        }
        let own = zip(placement.request.devices, placement.ranges).filter { $0.0.node == node }
        let bytes = own.flatMap(\.1).reduce(UInt64(0)) { $0 + ($1 < layers.count ? layers[$1] : 0) }
        return Int(clamping: bytes / 10486)
    }

    private var companionLines: [String] {
        var lines = endpoints.compactMap { node, endpoint -> String? in
            let size = adapters(of: endpoint)
            return size > 0 ? "\(node): adapters, \(Self.mebibytes(size)) of weights" : nil
        }
        if models >= 2 {
            lines += endpoints.compactMap { node, endpoint in
                let size = weights(of: endpoint.description, model: 2)
                return size > 0 ? "\(node): draft model, \(Self.mebibytes(size)) of weights" : nil
            }
            let own = ownWeights(ofModel: 2)
            lines.append("\(Node.coordinator): draft model, \(Self.mebibytes(own)) of weights")
        }
        if let projector { lines.append("\(Node.coordinator): projector, on \(projector)") }
        return lines
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

    static func mebibytes(_ size: Int) -> String {
        "\(size / 100).\(size % 100 < 10 ? "0" : "")\(size % 100) MiB"
    }
}
