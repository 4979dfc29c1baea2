import Basics

/// A file that the coordinator loads beside its model, by its header: a projector or an adapter.
///
/// A draft model is a model of its own, with a `ModelShape`.
package struct CompanionFile: Codable, Equatable, Sendable {
    /// What kind of file it is to be.
    package enum Kind: String, Codable, Equatable, Sendable {
        case draftModel, projector, adapter

        /// As people call it.
        package var name: String {
            switch self {
            case .draftModel: "draft model"
            case .projector: "projector"
            case .adapter: "adapter"
            }
        }
    }

    /// Bytes of its tensors by the layer whose weights they change.
    package var layers: [UInt64] = []
    /// Bytes of all others.
    package var rest: UInt64 = 0

    /// Bytes of all tensors.
    package var bytes: UInt64 { layers.reduce(rest, +) }

    /// Whether it is one that `init` could have made, for a recorded one.
    package var isPlausible: Bool {
        layers.count <= 512 && (layers + [rest]).allSatisfy { $0 < 1 << 44 }
    }

    /// - Throws: `ModelShape.Problem` when the file is of another kind.
    package init(_ header: GGUFHeader, as kind: Kind) throws(ModelShape.Problem) {
        let isRight =
            switch kind {
            case .draftModel: false
            case .projector: header.architecture == "clip"
            case .adapter: header.metadata["adapter.type"] != nil
            }
        guard isRight else {
            throw ModelShape.Problem(
                message: "its header is not that of \(kind == .adapter ? "an" : "a") \(kind.name)")
        }
        for tensor in header.tensors {
            let bytes = (min(tensor.byteCount, 1 << 34) + 31) / 32 * 32
            guard kind == .adapter, case .layer(let index) = TensorPlace(tensor.name), index < 512
            else {
                rest += bytes
                continue
            }
            while layers.count <= index { layers.append(0) }
            layers[index] += bytes
        }
        guard isPlausible else {
            throw ModelShape.Problem(message: "it is larger than any \(kind.name) can be")
        }
    }
}

extension ModelShape {
    /// The same with an adapter, whose tensors lie with the layers that they change.
    package mutating func add(_ adapter: CompanionFile) {
        var all = adapters ?? [UInt64](repeating: 0, count: blockCount + 1)
        for (index, bytes) in adapter.layers.enumerated() where index < blockCount {
            all[index] += bytes
        }
        all[blockCount] += adapter.rest
        adapters = all
    }
}
