import Basics

/// What each layer keeps for every token: the part of a shape that is not in the tensors.
///
/// From `llama-model.cpp`, `llama-hparams.cpp` and `llama-kv-cache.cpp`; checked against what the
/// servers of 0.7.0 report, for the architectures in `measured` (`deploy/dev/compare-plan`).
struct AttentionRules {
    private(set) var layers: [ModelShape.Layer]
    private(set) var query = 0
    private(set) var heads = 0
    private(set) var feedForward = 0
    private(set) var estimates: [String] = []

    private let header: GGUFHeader
    private let architecture: String
    private let blockCount: Int

    /// Architectures with full attention in every layer, even where a sliding window is named.
    private static let full: Set<String> = [
        "llama", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "gemma", "granite", "granitemoe",
        "mistral3", "phi2", "phi3", "starcoder2", "command-r", "stablelm", "glm4", "deepseek2",
        "gpt2", "gptneox", "falcon", "bloom", "mpt", "internlm2", "smollm3", "seed_oss",
    ]

    /// How often a layer without a window comes in architectures that hard-code it, 0: never.
    /// `olmo2` is OLMo 3, too, and has windows only where the header names one, as has `lfm2`.
    private static let periods = [
        "gemma2": 2, "gemma3": 6, "gpt-oss": 2, "cohere2": 4, "olmo2": 4, "lfm2": 0,
    ]

    /// Architectures whose recurrent state was compared with real servers.
    private static let knownStates: Set<String> = ["mamba", "mamba2", "lfm2"]

    init(_ header: GGUFHeader, blockCount: Int, tensors: [GGUFTensor]) {
        self.header = header
        self.blockCount = blockCount
        architecture = header.architecture ?? ""
        layers = [ModelShape.Layer](repeating: .init(), count: blockCount)
        addAttention()
        addWindows()
        addRecurrence()
        addSharing()
        addFeedForward()
    }

    private func key(_ name: String) -> Int? { header.integer("\(architecture).\(name)") }

    /// A value for each layer, from a number or a list.
    private func list(_ name: String) -> [Int]? {
        switch header.metadata["\(architecture).\(name)"] {
        case .unsigned(let value)?:
            return Int(exactly: value).map { [Int](repeating: $0, count: blockCount) }
        case .integers(let values)? where values.count >= blockCount:
            return values.prefix(blockCount).map { Int(max(0, min($0, 1 << 32))) }
        default: return nil
        }
    }

    private mutating func addAttention() {
        // Nothing is kept from one text to the next.
        if ModelShape.encoders.contains(architecture) { return }
        guard let heads = list("attention.head_count") else {
            if key("ssm.conv_kernel") == nil, key("wkv.head_size") == nil {
                estimates.append("no head_count is said, so no KV cache is counted")
            }
            return
        }
        let keyHeads = list("attention.head_count_kv") ?? heads
        let widest = key("embedding_length") ?? 0
        let usual = heads.first { $0 > 0 }.map { widest / $0 } ?? 0
        let keyLength = bounded(key("attention.key_length") ?? usual)
        let valueLength = bounded(key("attention.value_length") ?? usual)
        // DeepSeek's latent attention: V is a view of K (llama-kv-cache.cpp).
        let isLatent = key("attention.key_length_mla") != nil
        if isLatent { estimates.append("the KV cache of latent attention is an estimate") }
        for index in layers.indices {
            let count = bounded(keyHeads[index])
            layers[index].keyElements = bounded(count * keyLength)
            layers[index].valueElements = isLatent ? 0 : bounded(count * valueLength)
        }
        self.heads = min(bounded(heads.max() ?? 0), 1 << 12)
        query = bounded(self.heads * keyLength)
    }

    private func bounded(_ value: Int) -> Int { ModelShape.bounded(value) }

    private mutating func addWindows() {
        let name = "attention.sliding_window"
        let standard = architecture == "gemma2" ? 4096 : nil
        guard let window = key(name) ?? standard, window > 0, !Self.full.contains(architecture)
        else {
            if architecture == "t5" {
                estimates.append("the buffers of an encoder-decoder are an estimate")
                return
            }
            let attends = layers.contains { $0.keyElements > 0 }
            if attends, !Self.full.contains(architecture), Self.periods[architecture] == nil {
                estimates.append(
                    "the architecture \(printable(architecture)) is taken to attend to everything "
                        + "in every layer: a bound")
            }
            return
        }
        let patternKey = "\(architecture).\(name)_pattern"
        var isWindowed: [Bool]?
        if case .integers(let values)? = header.metadata[patternKey], values.count >= blockCount {
            isWindowed = values.prefix(blockCount).map { $0 != 0 }
        } else if let period = Self.periods[architecture] {
            let period = header.integer(patternKey) ?? period
            isWindowed = (0..<blockCount).map { period == 0 || $0 % period < period - 1 }
        }
        guard let isWindowed else {
            estimates.append(
                "which layers of \(printable(architecture)) have a sliding window is not known, "
                    + "so all are taken to attend to everything: a bound")
            return
        }
        let lengths = (key("attention.key_length_swa"), key("attention.value_length_swa"))
        let full = (key("attention.key_length"), key("attention.value_length"))
        for index in layers.indices where isWindowed[index] {
            layers[index].window = min(window, 1 << 32)
            if let own = lengths.0, let usual = full.0, usual > 0 {
                layers[index].keyElements = bounded(
                    layers[index].keyElements / usual * bounded(own))
            }
            if let own = lengths.1, let usual = full.1, usual > 0 {
                layers[index].valueElements = bounded(
                    layers[index].valueElements / usual * bounded(own))
            }
        }
        if Self.periods[architecture] == nil {
            estimates.append("the sliding window of \(printable(architecture)) is an estimate")
        }
    }

    /// State-space, RWKV and short-convolution layers: f32 state of each sequence.
    private mutating func addRecurrence() {
        let state: Int
        let embedding = bounded(key("embedding_length") ?? 0)
        if let head = key("wkv.head_size") {
            state = embedding * (bounded(key("token_shift_count") ?? 2) + bounded(head))
        } else if let cache = key("shortconv.l_cache") {
            state = embedding * max(0, bounded(cache) - 1)
        } else if let kernel = key("ssm.conv_kernel") {
            let inner = bounded(key("ssm.inner_size") ?? 0)
            let size = bounded(key("ssm.state_size") ?? 0)
            let groups = bounded(key("ssm.group_count") ?? 0)
            state =
                max(0, min(kernel, 1 << 10) - 1) * (inner + 2 * min(groups, 1 << 10) * size)
                + size * inner
        } else {
            return
        }
        let interval = key("full_attention_interval")
        for index in layers.indices {
            let hasAttention = layers[index].keyElements > 0
            if let interval, interval > 0 {
                if (index + 1) % interval == 0 { continue }
                layers[index].keyElements = 0
                layers[index].valueElements = 0
            } else if hasAttention, architecture != "falcon-h1" {
                continue
            }
            layers[index].stateBytes = UInt64(min(state, 1 << 32)) * 4
        }
        if !Self.knownStates.contains(architecture) {
            estimates.append("the state of recurrent layers is an estimate")
        }
    }

    /// Models whose last layers use the KV cache of earlier ones (Gemma 3n, Gemma 4).
    private mutating func addSharing() {
        guard let sharing = key("attention.shared_kv_layers"), sharing > 0 else { return }
        for index in layers.indices where index >= blockCount - min(sharing, blockCount) {
            layers[index].keyElements = 0
            layers[index].valueElements = 0
        }
    }

    private mutating func addFeedForward() {
        let dense = bounded(list("feed_forward_length")?.max() ?? 0)
        let used = bounded(key("expert_used_count") ?? 0)
        let expert = bounded(key("expert_feed_forward_length") ?? (used > 0 ? dense : 0))
        let shared = bounded(key("expert_shared_feed_forward_length") ?? 0)
        feedForward = max(dense, bounded(min(used, 1 << 10) * expert + shared))
    }
}
