import Basics

/// Which model: 16 hexadecimal digits of the SHA-256 of its header, or of the headers of all its
/// files in their order, each up to where its tensors begin.
///
/// Names and shapes of all tensors are part of it, their values are not: those of each tensor have
/// a digest of their own in the manifest.
package struct ModelID: Hashable, Sendable, CustomStringConvertible {
    /// How many digits.
    private static let length = 16

    /// The digits.
    package let description: String

    /// The identity of what has this digest.
    package init(_ headers: SHA256) { description = String(headers.hex.prefix(Self.length)) }

    /// An identity that was written down, or nil for what is none.
    package init?(_ text: String) {
        guard Outside.isHex(text, digits: Self.length) else { return nil }
        description = text
    }
}
