/// A place in a text; both count from 1, columns in Unicode scalars.
package struct SourcePosition: Equatable, Hashable, Sendable {
    /// The line.
    package var line: Int
    /// The column.
    package var column: Int

    /// A place.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A JSON value with the place where it begins.
package struct JSONNode: Equatable, Sendable {
    /// The value.
    package var value: JSONValue
    /// Where it begins.
    package var position: SourcePosition
}

/// A JSON value (RFC 8259).
package indirect enum JSONValue: Equatable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, as it is written, so that no digit is lost.
    case number(String)
    /// A string without its quotes and escapes.
    case string(String)
    /// `[…]`
    case array([JSONNode])
    /// `{…}` in the order of the text.
    case object([JSONMember])

    /// The value of that key of an object, or nil.
    package subscript(key: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
}

/// One member of an object.
package struct JSONMember: Equatable, Sendable {
    /// The key.
    package var key: String
    /// Where the key begins.
    package var position: SourcePosition
    /// The value.
    package var value: JSONNode
}

/// What is wrong with a JSON text, and where.
package struct JSONReadError: Error, Equatable, Sendable {
    /// Where.
    package var position: SourcePosition
    /// What was found and what was expected.
    package var message: String
}

extension JSONReader {
    /// Where a text comes from, which decides what it may hold.
    package struct Source: Sendable {
        /// A larger text is refused.
        var mostBytes = Bounds.configurationBytes
        /// More values are refused.
        var mostValues: Int
        /// In a configuration every string may become a word of a command line.
        var allowsNUL: Bool

        /// What is said of a larger one.
        package var tooLarge: String { "the file is larger than \(mostBytes >> 20) MiB" }

        /// A configuration.
        package static let configuration = Source(
            mostValues: Bounds.configurationValues, allowsNUL: false)
        /// An answer of a server.
        package static let server = Source(
            mostValues: Bounds.serverAnswerValues, allowsNUL: true)
        /// A line of a manifest of shards.
        package static let shardManifest = Source(
            mostBytes: Bounds.shardManifestLineBytes, mostValues: Bounds.shardManifestValues,
            allowsNUL: false)
    }
}
