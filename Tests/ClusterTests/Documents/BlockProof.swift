/// How the fenced blocks of documents are proven; each block by exactly one of these.
enum BlockProof: CaseIterable {
    /// Typed on a machine where nothing else runs; what is printed is what stands there.
    case quickstart
    /// On hosts of those names: the line brings a cluster up over ssh, and that cluster tells the
    /// members that stand there, where they are said to be.
    case cluster
    /// `sollol` loads it without a word, and plans it.
    case configuration
    /// What is printed for a model of that shape is what stands there.
    case plan
    /// Commands, options and values are those of `sollol help`.
    case commandTable
    /// A drawing, with nothing to type in it.
    case drawing
    /// Builds, and runs these tests, which cannot be done below themselves: its programs and names
    /// are looked up.
    case development

    /// The name of the document, and how the block begins.
    private var blocks: [String] {
        switch self {
        case .quickstart:
            [
                "README.md: $ ./deploy/quickstart",
                "README.md: $ kill -9 $(pgrep -f 'rpc-server.* 50053')",
            ]
        case .cluster:
            [
                "README.md: $ sollol up --model /models/llama-3.1-70b-q4_k_m.gguf",
                "Interface.md: {", "Dashboard.md: scrape_configs:",
            ]
        case .configuration: ["README.md: // home.json", "CONFIGURATION.md: {"]
        case .plan: ["README.md: $ sollol plan --model /models/llama-3.1-70b.gguf"]
        case .commandTable:
            [
                "Interface.md: sollol up ", "WeightSharding.md: sollol check ",
                "WeightSharding.md: sollol shard [",
            ]
        case .drawing:
            [
                "README.md:  control machine", "Architecture.md:             values and policy",
                "Architecture.md: file, environment, options",
            ]
        case .development: [".github/CONTRIBUTING.md: $ swift build"]
        }
    }

    func claims(_ block: ShownDocument.Block) -> Bool {
        let catalogue = "Sources/sollol/sollol.docc/"
        let path = block.path.replacing(catalogue, with: "")
        return blocks.contains { "\(path): \(block.text.first ?? "")".hasPrefix($0) }
    }

    /// The blocks that it proves; one at least for each of its beginnings.
    func found() throws -> [ShownDocument.Block] {
        let found = try ShownDocument.all().flatMap(\.blocks).filter(claims)
        guard found.count >= blocks.count else {
            throw TestFailure("\(self) proves \(blocks), of which there is only \(found)")
        }
        return found
    }
}
