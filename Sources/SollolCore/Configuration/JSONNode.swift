/// A place in a text; both count from 1, columns in Unicode scalars.
public struct SourcePosition: Equatable, Hashable, Sendable {
    /// The line.
    public var line: Int
    /// The column.
    public var column: Int
}

/// A JSON value with the place where it begins.
public struct JSONNode: Equatable, Sendable {
    /// The value.
    public var value: JSONValue
    /// Where it begins.
    public var position: SourcePosition
}

/// A JSON value (RFC 8259).
public indirect enum JSONValue: Equatable, Sendable {
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
}

/// One member of an object.
public struct JSONMember: Equatable, Sendable {
    /// The key.
    public var key: String
    /// Where the key begins.
    public var position: SourcePosition
    /// The value.
    public var value: JSONNode
}

/// What is wrong with a JSON text, and where.
public struct JSONReadError: Error, Equatable, Sendable {
    /// Where.
    public var position: SourcePosition
    /// What was found and what was expected.
    public var message: String
}
