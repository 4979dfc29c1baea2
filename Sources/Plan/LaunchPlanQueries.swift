import Basics
import Placement

extension LaunchPlan {
    /// Every RPC backend that the coordinator uses, in device order, with what it dials.
    package var backends: [(node: Node, endpoint: Endpoint)] {
        let managed = processes.filter { $0.role == .worker }
            .map { (node: $0.node, endpoint: $0.dial) }
        let others = unmanaged.map { (node: $0.node, endpoint: $0.endpoint) }
        let devices = distribution?.shares.map(\.node) ?? []
        func place(_ node: Node) -> Int { devices.firstIndex(of: node) ?? devices.count }
        return (managed + others).filter { !(leftOut + spares).contains($0.node) }
            .sorted { (place($0.node), $0.node.name) < (place($1.node), $1.node.name) }
    }

    /// What people are told of spares, one sentence for each.
    package var spareNotices: [String] {
        spares.map {
            "\($0) is a spare: \(reasonForSpare($0)), so it gets no layer and is not "
                + "started (\(ConfigurationKey.placement(.startSpares)) starts it)."
        }
    }

    /// How old that is by which layers were placed, as a clause; nil where nothing was measured.
    package var paceNotice: String? {
        guard let placement, placement.strategy == .fastest,
            placement.request.configuredPaces == nil,
            let time = PlacementPrediction.measuredAt(placement)
        else { return nil }
        let day = LocalTime.utc.day(Timestamp(seconds: time))
        return "layers are placed by what was measured, the oldest of it on \(day)"
    }

    /// Whether it can be told how fast it will be.
    package var isPredicted: Bool { placement.flatMap { PlacementPrediction($0) } != nil }

    /// What people are told of a plan that is carried out: its notices, and how old that is by
    /// which layers were placed.
    package var noticesOfUse: [String] { notices + [paceNotice].compactMap(\.self) }

    /// Whether the coordinator's API has to ask for a key.
    package var asksForKeys: Bool {
        process(.coordinator)?.argv.contains("--api-key-file") == true
    }

    /// Bytes that the process of that node may hold; nil where nobody knows.
    package func memoryLimit(of node: Node) -> UInt64? {
        guard let request = placement?.request else { return nil }
        if !node.isWorker { return request.coordinatorLimit }
        let shares = request.devices.filter { $0.node == node && $0.isProcess }.map(\.limit)
        let known = shares.compactMap { $0 }
        guard !known.isEmpty, known.count == shares.count else { return nil }
        // A limit may be that of everything there is.
        return known.reduce(0) { min($0, .max / 2) + min($1, .max / 2) }
    }

    /// Whether its coordinator gives up its memory when nobody asks anything.
    package var maySleep: Bool {
        process(.coordinator)?.argv.contains(CoordinatorCommand.sleepFlag) == true
    }

    /// What a server of these flags answers, and a question of that kind.
    private static func sample(_ words: [String]) -> (path: String, body: String) {
        if words.contains("--reranking") {
            return ("rerank", #"{"query":"Hello","documents":["Good morning","Goodbye"]}"#)
        }
        if words.contains("--embedding") { return ("embeddings", #"{"input":"Hello"}"#) }
        return ("chat/completions", #"{"messages":[{"role":"user","content":"Hello"}]}"#)
    }

    /// A request that any coordinator of this plan which works can answer at once: a few tokens,
    /// numbered, since a vocabulary may lack any word.
    ///
    /// - Parameter slot: where it is answered; nil: anywhere. In a slot of its own it costs no user
    ///   the cache of a prompt (measured: any short prompt takes a used slot by similarity).
    package func smallRequest(slot: Int?) -> (path: String, body: String) {
        let words = process(.coordinator)?.argv ?? []
        if words.contains("--reranking") || words.contains("--embedding") {
            let (path, body) = Self.sample(words)
            return ("/v1/\(path)", body)
        }
        let prompt = (1...16).map(String.init).joined(separator: ",")
        let place = slot.map { #","id_slot":\#($0)"# } ?? ""
        return (
            "/completion", #"{"prompt":[\#(prompt)],"n_predict":1,"cache_prompt":true\#(place)}"#
        )
    }

    /// A command that asks the coordinator something, for people to try: with a key that curl reads
    /// from its standard input, since a command line shows to everyone on the machine (`ps`).
    package var request: String {
        guard let coordinator = process(.coordinator) else { return "" }
        let words = coordinator.argv
        let (path, body) = Self.sample(words)
        let url = "http://\(coordinator.dial)/v1/\(path)"
        let data = "-d '\(body)'"
        guard let flag = words.firstIndex(of: "--api-key-file") else {
            return "curl \(url) \(data)"
        }
        // The first line that is no comment.
        let script = "/^[^#]/{s/^/Authorization: Bearer /;p;q;}"
        let read = ShellQuoting.join(["sed", "-n", script, words[flag + 1]])
        let there = coordinator.location.sshWords.map { ShellQuoting.join($0 + [read]) }
        return "\(there ?? read) | curl -H @- \(url) \(data)"
    }
}

extension LayerDistribution.Share {
    /// Its layers in words.
    package var text: String { LayerDistribution.text(layers) }
}

extension LayerDistribution {
    /// `layers 0-4`, `layer 7`, `no layer`.
    package static func text(_ layers: Range<Int>) -> String {
        switch layers.count {
        case 0: "no layer"
        case 1: "layer \(layers.lowerBound)"
        default: "layers \(layers.lowerBound)-\(layers.upperBound - 1)"
        }
    }
}

extension PlannedProcess {
    /// The command as one line for a shell on the process's host, its environment included.
    package var shellLine: String {
        let variables = environment.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(ShellQuoting.quote($0.value)) " }.joined()
        return variables + ShellQuoting.join(argv)
    }
}
