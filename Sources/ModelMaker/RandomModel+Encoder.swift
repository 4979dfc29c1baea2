/// Models with an encoder, as `llama-arch.cpp` names their tensors.
extension RandomModel {
    private func vector(_ name: String, _ length: Int, _ filling: Float = 1) -> Tensor {
        Tensor(name: name, dimensions: [length], filling: filling)
    }

    /// T5: two stacks of layers with the same numbers.
    var encoderDecoder: [Tensor] {
        let query = heads * lengthOfHead
        var all = [
            matrix("token_embd.weight", embedding, vocabulary, scale: 1),
            vector("dec.output_norm.weight", embedding),
            vector("enc.output_norm.weight", embedding),
        ]
        if !isTied { all.append(matrix("output.weight", embedding, vocabulary)) }
        for layer in 0..<layers {
            for (stack, parts) in [("enc", ["attn"]), ("dec", ["attn", "cross_attn"])] {
                let prefix = "\(stack).blk.\(layer)."
                for part in parts {
                    all.append(vector(prefix + part + "_norm.weight", embedding))
                    all += ["_q", "_k", "_v"].map {
                        matrix(prefix + part + $0 + ".weight", embedding, query)
                    }
                    all.append(matrix(prefix + part + "_o.weight", query, embedding))
                }
                if layer == 0 {
                    var bias = matrix(prefix + "attn_rel_b.weight", heads, 32)
                    bias.isPlain = true
                    all.append(bias)
                }
                all.append(vector(prefix + "ffn_norm.weight", embedding))
                all += feedForwardTensors(prefix)
            }
        }
        return all
    }

    private func feedForwardTensors(_ prefix: String) -> [Tensor] {
        [
            matrix(prefix + "ffn_gate.weight", embedding, feedForward),
            matrix(prefix + "ffn_up.weight", embedding, feedForward),
            matrix(prefix + "ffn_down.weight", feedForward, embedding),
        ]
    }

    /// BERT: norms after each block, positions and types of tokens as embeddings.
    var encoder: [Tensor] {
        func plain(_ name: String, _ rows: Int) -> Tensor {
            var table = matrix(name, embedding, rows)
            table.isPlain = true
            return table
        }
        var all = [
            matrix("token_embd.weight", embedding, vocabulary, scale: 1),
            plain("token_types.weight", 2), plain("position_embd.weight", Self.trainedContext),
            vector("token_embd_norm.weight", embedding),
            vector("token_embd_norm.bias", embedding, 0),
        ]
        for layer in 0..<layers {
            let prefix = "blk.\(layer)."
            for name in ["attn_q", "attn_k", "attn_v", "attn_output"] {
                all.append(matrix(prefix + name + ".weight", embedding, embedding))
                all.append(vector(prefix + name + ".bias", embedding, 0))
            }
            for name in ["attn_output_norm", "layer_output_norm"] {
                all.append(vector(prefix + name + ".weight", embedding))
                all.append(vector(prefix + name + ".bias", embedding, 0))
            }
            all += [
                matrix(prefix + "ffn_up.weight", embedding, feedForward),
                vector(prefix + "ffn_up.bias", feedForward, 0),
                matrix(prefix + "ffn_down.weight", feedForward, embedding),
                vector(prefix + "ffn_down.bias", embedding, 0),
            ]
        }
        return all
    }

    /// More than the default context.
    static let trainedContext = 8192
}
