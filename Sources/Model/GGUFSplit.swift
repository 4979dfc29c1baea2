import Basics

/// The part that a file is of a model split over several.
///
/// llama.cpp opens the first, whose name ends in `-00001-of-00003.gguf`, and finds the others by
/// that name; so the parts must lie side by side (`llama-model-loader.cpp`, 0.7.0).
package struct GGUFSplit: Equatable, Sendable {
    /// Which part, from 0 (`split.no`).
    package var number: Int
    /// How many parts there are, at least 2 (`split.count`).
    package var count: Int
    /// Tensors of all parts together (`split.tensors.count`), where it is said.
    package var tensorCount: Int?

    /// What the header says, or nil for a file that is a whole model.
    package init?(_ header: GGUFHeader) {
        guard let count = header.integer("split.count"), count > 1 else { return nil }
        // Of a model whose numbers cannot be, no part is the first.
        self.count = min(count, Bounds.modelParts + 1)
        number = min(header.integer("split.no") ?? 0, Bounds.modelParts)
        tensorCount = header.integer("split.tensors.count")
    }

    /// The paths of all parts in their order.
    ///
    /// - Parameters:
    ///   - path: that of the first part.
    ///   - count: how many parts there are.
    /// - Returns: nil when the name is not that of a first part of `count`.
    package static func paths(first path: String, count: Int) -> [String]? {
        let ending = ending(ofFirst: count)
        guard (2...Bounds.modelParts).contains(count), path.hasSuffix(ending) else { return nil }
        let prefix = path.dropLast(ending.count)
        return (1...count).map { "\(prefix)-\(fiveDigits($0))-of-\(fiveDigits(count)).gguf" }
    }

    /// How the name of the first part ends.
    static func ending(ofFirst count: Int) -> String { "-00001-of-\(fiveDigits(count)).gguf" }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}

extension GGUFHeader {
    /// A whole number of the metadata that is not negative and fits.
    func integer(_ key: String) -> Int? {
        if case .unsigned(let value)? = metadata[key] { Int(exactly: value) } else { nil }
    }
}
