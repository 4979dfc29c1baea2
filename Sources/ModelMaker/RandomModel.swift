/// A small model with random weights that llama.cpp loads: for a first try and for tests.
///
/// One token for each byte. Its answers mean nothing, but the same seed gives the same answers, so
/// that two clusters can be compared token for token.
package struct RandomModel: Equatable, Sendable {
    /// What llama.cpp is to take it for.
    package enum Architecture: String, Sendable, CaseIterable {
        /// Llama, and Mixtral with experts.
        case llama
        /// Biases beside query, key and value.
        case qwen2
        /// Norms of query and key.
        case qwen3
        /// The same with experts of their own length.
        case qwen3moe
        /// A sliding window in every other layer, tied embedding.
        case gemma2
        /// A sliding window in five of six layers, tied embedding.
        case gemma3
        /// An encoder, whose layers lie together with those of a decoder of the same numbers.
        case t5
        /// An encoder that yields vectors only.
        case bert
    }

    /// How the matrices are stored.
    package enum Storage: String, Sendable, CaseIterable {
        /// 2 bytes an element.
        case f16
        /// 34 bytes for 32 elements.
        case q8_0
        /// 144 bytes for 256 elements.
        case q4_K
        /// q4_K, but q6_K (210 bytes for 256 elements) for the matrices that quantisation recipes
        /// spare: value, feed-forward down, output.
        case mixed
    }

    /// What llama.cpp is to take it for.
    package var architecture = Architecture.llama
    /// Layers without the output layer.
    package var layers = 8
    /// Elements of a token's embedding; a multiple of `heads` and of a block.
    package var embedding = 256
    /// Attention heads.
    package var heads = 8
    /// Key and value heads; divides `heads`.
    package var keyValueHeads = 4
    /// Elements of a head, or nil: an equal part of the embedding.
    package var headLength: Int?
    /// Elements of the feed-forward layers; a multiple of a block.
    package var feedForward = 768
    /// Experts of a layer; 0 for a dense model.
    package var experts = 0
    /// How many of them work on a token.
    package var expertsUsed = 2
    /// Tokens that layers with a sliding window look back.
    package var window = 512
    /// Tokens known; those beyond 259 never come up.
    package var vocabulary = 259
    /// How the matrices are stored.
    package var storage = Storage.f16
    /// Whether the output layer is the embedding again, without a tensor of its own.
    package var isTied = false
    /// Equal seeds give equal files.
    package var seed: UInt64 = 1

    /// A model of 13 MB.
    package init() {}

    /// What is wrong with these numbers, or nil.
    package var problem: String? {
        let numbers = [layers, embedding, heads, keyValueHeads, feedForward, window]
        if !numbers.allSatisfy({ (1...65536).contains($0) }) || layers > 512 {
            return "all numbers are 1 to 65536, layers at most 512"
        }
        if embedding % heads != 0 || lengthOfHead % 2 != 0 || !(2...1024).contains(lengthOfHead) {
            return "the embedding is to be an even multiple of the heads"
        }
        if heads % keyValueHeads != 0 { return "the key-value heads are to divide the heads" }
        let block = storage == .q4_K || storage == .mixed ? 256 : 32
        if [embedding, feedForward, heads * lengthOfHead].contains(where: { $0 % block != 0 }) {
            return "embedding, query and feed-forward length are to be multiples of \(block)"
        }
        if !(0...256).contains(experts) || experts > 0 && !(1...experts).contains(expertsUsed) {
            return "at most 256 experts, and no more of them used than there are"
        }
        if architecture == .qwen3moe && experts == 0 { return "qwen3moe needs --experts" }
        if experts > 0 && ![.llama, .qwen3moe].contains(architecture) {
            return "\(architecture.rawValue) has no experts"
        }
        if !(259...1_000_000).contains(vocabulary) { return "the vocabulary is 259 to 1000000" }
        return nil
    }

    var lengthOfHead: Int { headLength ?? embedding / heads }

    private var hasOutput: Bool {
        !isTied && ![.gemma2, .gemma3, .bert].contains(architecture)
    }

    /// A tensor to be written.
    struct Tensor {
        var name: String
        /// The innermost first; one for a vector, which is stored as f32.
        var dimensions: [Int]
        var scale: Float = 1
        /// Whether recipes spare it.
        var isSpared = false
        /// Whether it is stored as f32 although it is a matrix.
        var isPlain = false
        /// What a vector is filled with.
        var filling: Float = 1
    }

    /// All tensors in the order of the file.
    var tensors: [Tensor] {
        if architecture == .t5 { return encoderDecoder }
        if architecture == .bert { return encoder }
        var all = [
            matrix("token_embd.weight", embedding, vocabulary, scale: 1),
            Tensor(name: "output_norm.weight", dimensions: [embedding]),
        ]
        if hasOutput { all.append(matrix("output.weight", embedding, vocabulary, isSpared: true)) }
        for layer in 0..<layers { all += tensors(ofLayer: "blk.\(layer).") }
        return all
    }

    func matrix(
        _ name: String, _ columns: Int, _ rows: Int, scale: Float? = nil, isSpared: Bool = false
    ) -> Tensor {
        Tensor(
            name: name, dimensions: [columns, rows],
            scale: scale ?? 1 / Float(columns).squareRoot(), isSpared: isSpared)
    }

    private func tensors(ofLayer prefix: String) -> [Tensor] {
        let (query, keyValue) = (heads * lengthOfHead, keyValueHeads * lengthOfHead)
        func vector(_ name: String, _ length: Int, _ filling: Float = 1) -> Tensor {
            Tensor(name: prefix + name, dimensions: [length], filling: filling)
        }
        // Gemma's file holds the norm's weights with 1 already added, too.
        var all = [vector("attn_norm.weight", embedding), vector("ffn_norm.weight", embedding)]
        all += [
            matrix(prefix + "attn_q.weight", embedding, query),
            matrix(prefix + "attn_k.weight", embedding, keyValue),
            matrix(prefix + "attn_v.weight", embedding, keyValue, isSpared: true),
            matrix(prefix + "attn_output.weight", query, embedding),
        ]
        switch architecture {
        case .llama, .t5, .bert: break
        case .qwen2:
            all += [
                vector("attn_q.bias", query, 0), vector("attn_k.bias", keyValue, 0),
                vector("attn_v.bias", keyValue, 0),
            ]
        case .qwen3, .qwen3moe: all += norms(prefix)
        case .gemma2, .gemma3:
            all += [
                vector("post_attention_norm.weight", embedding),
                vector("post_ffw_norm.weight", embedding),
            ]
            if architecture == .gemma3 { all += norms(prefix) }
        }
        return all + (experts > 0 ? expertTensors(prefix) : denseTensors(prefix))
    }

    private func norms(_ prefix: String) -> [Tensor] {
        ["attn_q_norm.weight", "attn_k_norm.weight"].map {
            Tensor(name: prefix + $0, dimensions: [lengthOfHead])
        }
    }

    private func denseTensors(_ prefix: String) -> [Tensor] {
        [
            matrix(prefix + "ffn_gate.weight", embedding, feedForward),
            matrix(prefix + "ffn_up.weight", embedding, feedForward),
            matrix(prefix + "ffn_down.weight", feedForward, embedding, isSpared: true),
        ]
    }

    private func expertTensors(_ prefix: String) -> [Tensor] {
        var router = matrix(prefix + "ffn_gate_inp.weight", embedding, experts)
        router.isPlain = true
        let stacks = [
            matrix(prefix + "ffn_gate_exps.weight", embedding, feedForward),
            matrix(prefix + "ffn_up_exps.weight", embedding, feedForward),
            matrix(prefix + "ffn_down_exps.weight", feedForward, embedding, isSpared: true),
        ].map { stack in
            var stack = stack
            stack.dimensions.append(experts)
            return stack
        }
        return [router] + stacks
    }
}
