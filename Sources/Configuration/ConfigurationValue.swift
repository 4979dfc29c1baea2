import Basics
import LlamaCpp

/// Why a value cannot be taken: one problem, or one for each bad element of a list or an object.
struct ValueFailure: Error, Equatable {
    struct Item: Equatable {
        /// Where the element is; nil: where the value is.
        var position: SourcePosition?
        /// Which part of the value; nil: the whole.
        var element: ConfigurationPlace.Element?
        var message: String
    }

    var items: [Item]

    init(items: [Item]) { self.items = items }

    init(message: String) { items = [Item(message: message)] }
}

extension ConfigurationValue {
    /// The value of a JSON node by the schema's type and bounds.
    static func make(
        _ json: JSONValue, _ kind: KeyDefinition.Kind
    ) -> Result<ConfigurationValue, ValueFailure> {
        switch (kind, json) {
        case (.boolean, .bool(let isOn)): return .success(.boolean(isOn))
        case (.integer(let range), .number(let text)): return integer(text, range, as: text)
        case (.number(let range), .number(let text)): return number(text, range, as: text)
        case (.string(let rule), .string(let text)): return string(text, rule)
        case (.strings(let rule), .array(let nodes)): return strings(nodes, rule)
        case (.integers(let range), .array(let nodes)): return integers(nodes, range)
        case (.environment, .object(let members)): return environment(members)
        default:
            return .failure(
                ValueFailure(message: "expected \(kind.article) \(kind.name), found \(json.kind)."))
        }
    }

    /// The value of a text from the environment or the command line.
    static func make(
        text: String, _ kind: KeyDefinition.Kind
    ) -> Result<ConfigurationValue, ValueFailure> {
        switch kind {
        case .integer(let range): integer(text, range, as: printable(text))
        case .number(let range): number(text, range, as: printable(text))
        case .string(let rule): string(text, rule)
        case .boolean: boolean(text)
        case .strings, .integers, .environment:
            preconditionFailure("the schema gives no variable or option of that type")
        }
    }

    /// As SOLLOL reads its variables, but for words that mean neither.
    private static func boolean(_ text: String) -> Result<ConfigurationValue, ValueFailure> {
        switch text.lowercased() {
        case "true", "1", "yes", "on": .success(.boolean(true))
        case "false", "0", "no", "off": .success(.boolean(false))
        default:
            .failure(ValueFailure(message: "\(printable(text)) is neither true nor false."))
        }
    }

    /// More words than anybody needs, and fewer than a command line can hold.
    static let mostElements = 256

    private static func tooMany(_ count: Int) -> ValueFailure? {
        count <= mostElements
            ? nil
            : ValueFailure(
                message: "holds \(count) elements, at most \(mostElements) are allowed.")
    }

    private static func strings(
        _ nodes: [JSONNode], _ rule: StringRule
    ) -> Result<ConfigurationValue, ValueFailure> {
        var texts: [String] = []
        let failure = failure(in: nodes) { value in
            guard case .string(let text) = value else {
                return "expected a string, found \(value.kind)."
            }
            texts.append(text)
            return rule.problem(text).map { "\(rule.shown(text)) \($0)." }
        }
        return failure.map { .failure($0) } ?? .success(.strings(texts))
    }

    private static func integers(
        _ nodes: [JSONNode], _ range: ClosedRange<Int>
    ) -> Result<ConfigurationValue, ValueFailure> {
        var numbers: [Int] = []
        let failure = failure(in: nodes) { value in
            guard case .number(let text) = value else {
                return "expected an integer, found \(value.kind)."
            }
            switch integer(text, range, as: text) {
            case .success(.integer(let number)): numbers.append(number)
            case .success: break
            case .failure(let failure): return failure.items.first?.message
            }
            return nil
        }
        return failure.map { .failure($0) } ?? .success(.integers(numbers))
    }

    /// What `check` says about the elements of a list, or nil.
    private static func failure(
        in nodes: [JSONNode], _ check: (JSONValue) -> String?
    ) -> ValueFailure? {
        if let failure = tooMany(nodes.count) { return failure }
        let items = nodes.enumerated().compactMap { index, node in
            check(node.value).map {
                ValueFailure.Item(position: node.position, element: .index(index), message: $0)
            }
        }
        return items.isEmpty ? nil : ValueFailure(items: items)
    }

    private static func string(
        _ text: String, _ rule: StringRule
    ) -> Result<ConfigurationValue, ValueFailure> {
        if let problem = rule.problem(text) {
            return .failure(ValueFailure(message: "\(rule.shown(text)) \(problem)."))
        }
        return .success(.string(text))
    }

    private static func integer(
        _ text: String, _ range: ClosedRange<Int>, as shown: String
    ) -> Result<ConfigurationValue, ValueFailure> {
        let digits = text.drop { $0 == "-" }
        let isWhole = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isWhole, let value = Int(text) else {
            return .failure(
                ValueFailure(
                    message: "\(shown) is no integer from \(range.lowerBound) to "
                        + "\(range.upperBound)."))
        }
        return bounded(value, range).map { .integer($0) }
    }

    private static func number(
        _ text: String, _ range: ClosedRange<Double>, as shown: String
    ) -> Result<ConfigurationValue, ValueFailure> {
        let isDecimal = text.unicodeScalars.allSatisfy {
            "0123456789.eE+-".unicodeScalars.contains($0)
        }
        guard isDecimal, let value = Double(text), value.isFinite else {
            return .failure(
                ValueFailure(
                    message: "\(shown) is no number from \(trimmed(range.lowerBound)) to "
                        + "\(trimmed(range.upperBound))."))
        }
        return bounded(value, range).map { .number($0) }
    }

    private static func bounded<Number: Comparable>(
        _ value: Number, _ range: ClosedRange<Number>
    ) -> Result<Number, ValueFailure> {
        if value > range.upperBound {
            return .failure(
                ValueFailure(
                    message: "\(trimmed(value)) is too large, at most "
                        + "\(trimmed(range.upperBound)) is allowed."))
        }
        if value < range.lowerBound {
            return .failure(
                ValueFailure(
                    message: "\(trimmed(value)) is too small, at least "
                        + "\(trimmed(range.lowerBound)) is allowed."))
        }
        return .success(value)
    }

    private static func environment(
        _ members: [JSONMember]
    ) -> Result<ConfigurationValue, ValueFailure> {
        if let failure = tooMany(members.count) { return .failure(failure) }
        var variables: [String: String] = [:]
        var failures: [ValueFailure.Item] = []
        for member in members {
            var item = ValueFailure.Item(position: member.position, message: "")
            let value = if case .string(let text) = member.value.value { text } else { "?" }
            if let problem = EnvironmentRule.problem(name: member.key, value: value) {
                item.message = problem
            } else if case .string(let text) = member.value.value {
                variables[member.key] = text
                item.element = .member(member.key)
                // The rule of a word: what a server is started with travels as one line.
                item.message = StringRule.argument.problem(text).map { "\($0)." } ?? ""
            } else {
                item.element = .member(member.key)
                item.message = "expected a string, found \(member.value.value.kind)."
            }
            if !item.message.isEmpty { failures.append(item) }
        }
        return failures.isEmpty
            ? .success(.environment(variables)) : .failure(ValueFailure(items: failures))
    }

    /// `2` for 2.0.
    static func trimmed<Number>(_ value: Number) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Which variables a server may be given.
enum EnvironmentRule {
    static func problem(name: String, value: String) -> String? {
        let letters = name.unicodeScalars
        let isName =
            letters.allSatisfy {
                $0 == "_" || ("a"..."z").contains($0) || ("A"..."Z").contains($0)
                    || ("0"..."9").contains($0)
            } && letters.first.map { !("0"..."9").contains($0) } == true
        guard isName else {
            return "\(printable(name)) is no name of a variable ([A-Za-z_][A-Za-z0-9_]*)."
        }
        if let problem = ServerVariables.problem(name) { return "\(name) \(problem)." }
        guard SecretName.matches(name), !Secret.isSwitch(value) else { return nil }
        return "\(name) looks like a secret, and plans and logs show this environment; set it for "
            + "the account on that host instead."
    }
}

extension JSONValue {
    /// What it is, with its value where that is short.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool(let isOn): "the boolean \(isOn)"
        case .number(let text): "the number \(text)"
        case .string(let text): "the string \(printable(text))"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension KeyDefinition.Kind {
    var article: String {
        switch self {
        case .integer, .environment: "an"
        default: "a"
        }
    }
}
