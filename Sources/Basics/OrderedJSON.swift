/// JSON to be printed: keys keep their order, so that the text is the same to the byte each time.
package enum OrderedJSON {
    case null
    case bool(Bool)
    case int(Int)
    case number(Double)
    case string(String)
    case array([OrderedJSON])
    case object([(key: String, value: OrderedJSON)])

    /// An object of strings, sorted by key.
    package static func sorted(_ values: [String: String]) -> OrderedJSON {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// An array of strings.
    package static func strings(_ values: [String]) -> OrderedJSON { .array(values.map(string)) }

    /// Indented by two spaces, ends in a newline; arrays of scalars that fit stay on one line.
    package var text: String { render(indent: "", column: 0) + "\n" }

    /// All on one line, for files of one object a line.
    package var line: String {
        switch self {
        case .array(let values): "[" + values.map(\.line).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quote($0.key)): \($0.value.line)" }.joined(separator: ", ")
                + "}"
        default: scalar
        }
    }

    private func render(indent: String, column: Int) -> String {
        switch self {
        case .null, .bool, .int, .number, .string: return scalar
        case .array(let values):
            if values.allSatisfy(\.isScalar) {
                let line = "[" + values.map(\.scalar).joined(separator: ", ") + "]"
                if column + line.count <= 100 || values.isEmpty { return line }
            }
            let inner = indent + "  "
            let lines = values.map { inner + $0.render(indent: inner, column: inner.count) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let inner = indent + "  "
            let lines = members.map { member in
                let start = inner + Self.quote(member.key) + ": "
                return start + member.value.render(indent: inner, column: start.count)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private var scalar: String {
        switch self {
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .number(let value): "\(value)"
        case .string(let value): Self.quote(value)
        default: "null"
        }
    }

    /// A JSON string. What steers terminals, reorders text or does not show itself is escaped.
    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case let scalar where TerminalText.isDeceptive(scalar):
                // A surrogate pair beyond the basic plane (RFC 8259, section 7).
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension OrderedJSON {
    /// A text, or null.
    package static func optional(_ text: String?) -> OrderedJSON { text.map(string) ?? .null }

    /// A number, or null.
    package static func optional(_ number: Int?) -> OrderedJSON { number.map(int) ?? .null }

    /// A number, or null.
    package static func optional(_ number: Double?) -> OrderedJSON {
        number.map(OrderedJSON.number) ?? .null
    }

    /// A time in UTC, or null.
    package static func optional(_ time: Timestamp?) -> OrderedJSON {
        optional(time?.description)
    }
}

extension OrderedJSON {
    /// A node by its name.
    package static func node(_ node: Node) -> OrderedJSON { .string(node.description) }

    /// Nodes by their names.
    package static func nodes(_ nodes: [Node]) -> OrderedJSON { .strings(nodes.map(\.description)) }
}
