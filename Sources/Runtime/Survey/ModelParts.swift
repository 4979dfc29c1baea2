import Basics
import Facts
import Model

/// The files of a model, its first part first, and what was read of them.
struct ModelParts {
    var paths: [String] = []
    var headers: [GGUFHeader] = []
    /// The header of the next part, as far as it has come.
    var growing: GrowingHeader?
    /// Of the first part.
    var stamp = HostFacts.Stamp(size: 0, modified: 0)

    /// Takes the header of a part; of those after the first only what concerns their place
    /// is needed.
    mutating func add(_ header: GGUFHeader) {
        var header = header
        if !headers.isEmpty {
            header.metadata = header.metadata.filter { $0.key.hasPrefix("split.") }
        }
        headers.append(header)
        tensors += header.tensors.count
    }

    /// Whether it has more than any model: no further header is read.
    var isTooLarge: Bool { tensors > Bounds.modelTensors }

    /// Which part is read now, from 1; nil: the first, which is the file that was named.
    var part: (number: Int, count: Int)? {
        headers.isEmpty ? nil : (headers.count + 1, paths.count)
    }

    private var tensors = 0

    /// The part whose header is read now.
    var current: String { paths[headers.count] }
}
