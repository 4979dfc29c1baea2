import Model

/// Whose memory a tensor ends up in.
package enum TensorHome: Equatable, Sendable {
    /// The coordinator's, or that of a GPU of its own.
    case coordinator
    /// That of one device of a worker, and nobody else's.
    case device(Int)
    /// Several have a copy, or nobody knows for sure.
    case several
}

extension ModelPlacement {
    /// Whose memory a tensor of that name ends up in.
    package func home(ofTensor name: String) -> TensorHome {
        let shape = request.shape
        if let embeddingDevice, Self.moved.contains(where: name.hasPrefix) {
            return .device(embeddingDevice)
        }
        switch TensorPlace(name) {
        case .input:
            // The output of a tied model is the embedding once more.
            return shape.isTied && name == "token_embd.weight" ? .several : .coordinator
        // llama.cpp may pass over layers that predict more than one token (TENSOR_SKIP).
        case .layer(let index) where index < shape.blockCount - (shape.unusedLayers ?? 0):
            let isOnCPU =
                TensorPlace.isExperts(name)
                && index < shape.layersUpToExperts(request.cpuExperts)
            return isOnCPU ? .coordinator : home(ofLayer: index)
        case .output where name.hasPrefix("output"): return home(ofLayer: shape.blockCount)
        case .layer, .output, .everywhere: return .several
        }
    }

    /// What `-ot` takes from the coordinator when it moves the embedding.
    private static let moved = ["token_", "position_", "per_layer_token_"]

    private func home(ofLayer index: Int) -> TensorHome {
        guard let device = ranges.firstIndex(where: { $0.contains(index) }),
            request.devices[device].address != nil
        else { return .coordinator }
        return .device(device)
    }
}
