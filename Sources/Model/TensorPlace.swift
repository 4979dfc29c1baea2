/// Where llama.cpp puts a tensor, told by its name (`llama-arch.cpp`, 0.7.0).
package enum TensorPlace: Equatable {
    /// The coordinator's CPU.
    case input
    /// With that layer.
    case layer(Int)
    /// With the output layer.
    case output
    /// A copy on every device that has a layer.
    case everywhere

    package init(_ name: String) {
        var parts = name.split(separator: ".", maxSplits: 3)
        // T5 has two layers of each number, which lie together.
        if parts.count == 4, parts[0] == "enc" || parts[0] == "dec" { parts.removeFirst() }
        if parts.count >= 3, parts[0] == "blk", let index = Int(parts[1]), index >= 0 {
            self = .layer(index)
        } else {
            switch parts.first {
            case "rope_freqs", "rope_factors_long", "rope_factors_short": self = .everywhere
            case "token_embd", "token_embd_norm", "position_embd", "token_types",
                "per_layer_token_embd":
                self = .input
            default: self = .output
            }
        }
    }

    /// Whether `--n-cpu-moe` moves it: `ffn_(up|down|gate|gate_up)_(ch|)exps` (`common.h`, 0.7.0).
    package static func isExperts(_ name: String) -> Bool {
        ["up", "down", "gate", "gate_up"].contains { part in
            name.contains("ffn_\(part)_exps") || name.contains("ffn_\(part)_chexps")
        }
    }
}
