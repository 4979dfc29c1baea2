/// A value with the place where it came from.
struct ConfigurationEntry: Equatable, Sendable {
    var value: ConfigurationValue
    var origin: ValueOrigin
}

/// Takes the file's JSON apart: every value checked against the schema, every problem collected.
struct ConfigurationReader {
    private let file: String
    /// Values by key path; those of a backend as `rpc_backends[0].port`.
    private(set) var entries: [String: ConfigurationEntry] = [:]
    /// How many elements `rpc_backends` has; nil when the key is absent.
    private(set) var backendCount: Int?
    /// `model_sharding_enabled`, the deprecated alias.
    private(set) var deprecatedEnabled: ConfigurationEntry?
    /// `coordinator_url`, and where it stands.
    private(set) var coordinatorURL: (text: String, origin: ValueOrigin)?
    private(set) var foreignKeys: [String] = []
    private(set) var unknownKeys: [String] = []
    private(set) var problems: [ConfigurationProblem] = []

    /// Reads a file; nothing is thrown, problems are collected.
    init(_ source: SourceFile) {
        file = source.path
        do {
            let (root, duplicates) = try JSONReader.read(source.bytes)
            for duplicate in duplicates { add(duplicate) }
            readRoot(root)
        } catch {
            add(error)
        }
    }

    private mutating func add(_ error: JSONReadError) {
        problems.append(
            ConfigurationProblem(
                origin(error.position), "", "column \(error.position.column): \(error.message)."))
    }

    private func origin(_ position: SourcePosition) -> ValueOrigin {
        .file(path: file, line: position.line)
    }

    private mutating func problem(_ node: JSONNode, _ path: String, _ message: String) {
        problems.append(ConfigurationProblem(origin(node.position), path, message))
    }

    // MARK: Groups

    private mutating func readRoot(_ root: JSONNode) {
        guard case .object(let members) = root.value else {
            return problem(root, "", "expected an object { … }, found \(root.value.kind).")
        }
        for member in members {
            let key = member.key
            if ConfigurationSchema.groups.contains(key) {
                let keys = ConfigurationSchema.keys.filter { $0.path.hasPrefix(key + ".") }
                readGroup(member.value, key, keys)
            } else if key == "rpc_backends" {
                readBackends(member.value)
            } else if key == "worker_defaults" {
                let keys = ConfigurationSchema.backend.filter {
                    !["host", "port"].contains($0.path)
                }
                readGroup(member.value, key, keys)
            } else if let schema = ConfigurationSchema.byPath[key] {
                read(member.value, key, schema)
            } else if key == "model_sharding_enabled" {
                guard case .bool(let isOn) = member.value.value else {
                    expected("a boolean", member.value, key)
                    continue
                }
                let origin = origin(member.position)
                deprecatedEnabled = ConfigurationEntry(value: .boolean(isOn), origin: origin)
            } else if key == "coordinator_url" {
                guard case .string(let text) = member.value.value else {
                    expected("a string", member.value, key)
                    continue
                }
                coordinatorURL = (text, origin(member.position))
            } else if ConfigurationSchema.isForeign(key) {
                foreignKeys.append(key)
            } else {
                readUnknown(member)
            }
        }
    }

    private mutating func readUnknown(_ member: JSONMember) {
        let ours =
            ConfigurationSchema.groups + ConfigurationSchema.special
            + ConfigurationSchema.keys.map(\.path).filter { !$0.contains(".") }
        let known = ours + ConfigurationSchema.foreign.sorted()
        if let near = NearestName.of(member.key, in: known) {
            problems.append(
                ConfigurationProblem(
                    origin(member.position), printableKey(member.key),
                    "unknown key; did you mean \"\(near)\"?"))
        } else {
            unknownKeys.append(member.key)
        }
    }

    private mutating func readGroup(
        _ node: JSONNode, _ group: String, _ keys: [ConfigurationKey]
    ) {
        if node.value == .null { return }
        guard case .object(let members) = node.value else {
            return expected("an object { … }", node, group)
        }
        for member in members {
            if let schema = keys.first(where: { $0.name == member.key }) {
                read(member.value, "\(group).\(member.key)", schema)
                continue
            }
            let names = keys.map(\.name)
            let hint =
                NearestName.of(member.key, in: names).map { "did you mean \"\($0)\"?" }
                ?? "known are: \(names.joined(separator: ", "))."
            problems.append(
                ConfigurationProblem(
                    origin(member.position), "\(group).\(printableKey(member.key))",
                    "unknown key; \(hint)"))
        }
    }

    private func printableKey(_ key: String) -> String {
        String(printable(key).dropFirst().dropLast())
    }

    private mutating func readBackends(_ node: JSONNode) {
        if node.value == .null { return }
        guard case .array(let elements) = node.value else {
            return expected("a list [ … ]", node, "rpc_backends")
        }
        backendCount = elements.count
        for (index, element) in elements.enumerated() {
            let path = "rpc_backends[\(index)]"
            if case .string(let text) = element.value {
                let origin = origin(element.position)
                switch BackendAddress.parse(text) {
                case .success(let address): add(address, at: path, from: origin)
                case .failure(let failure):
                    problem(element, path, "\(printable(text)) \(failure.message).")
                }
            } else {
                readGroup(element, path, ConfigurationSchema.backend)
            }
        }
    }

    private mutating func add(_ address: BackendAddress, at path: String, from origin: ValueOrigin)
    {
        entries["\(path).host"] = ConfigurationEntry(value: .string(address.host), origin: origin)
        guard let port = address.port else { return }
        entries["\(path).port"] = ConfigurationEntry(value: .integer(port), origin: origin)
    }

    // MARK: Values

    private mutating func expected(_ what: String, _ node: JSONNode, _ path: String) {
        problem(node, path, "expected \(what), found \(node.value.kind).")
    }

    private mutating func read(_ node: JSONNode, _ path: String, _ schema: ConfigurationKey) {
        // null is the same as absent, so that `sollol config` can show every key.
        if node.value == .null { return }
        switch ConfigurationValue.make(node.value, schema.kind) {
        case .success(let value):
            entries[path] = ConfigurationEntry(value: value, origin: origin(node.position))
        case .failure(let failure): problem(node, path, failure.message)
        }
    }
}

/// Why a value cannot be taken.
struct ValueFailure: Error, Equatable {
    var message: String
}

extension ConfigurationValue {
    /// The value of a JSON node by the schema's type and bounds.
    static func make(
        _ json: JSONValue, _ kind: ConfigurationKey.Kind
    ) -> Result<ConfigurationValue, ValueFailure> {
        switch (kind, json) {
        case (.boolean, .bool(let isOn)): return .success(.boolean(isOn))
        case (.integer(let range), .number(let text)): return integer(text, range)
        case (.number(let range), .number(let text)): return number(text, range)
        case (.string(let rule), .string(let text)): return string(text, rule)
        case (.strings(let rule), .array(let nodes)):
            var texts: [String] = []
            for (index, node) in nodes.enumerated() {
                guard case .string(let text) = node.value else {
                    return .failure(
                        ValueFailure(
                            message: "element \(index): expected a string, found "
                                + "\(node.value.kind)."))
                }
                if let problem = rule.problem(text) {
                    return .failure(
                        ValueFailure(message: "element \(index): \(printable(text)) \(problem)."))
                }
                texts.append(text)
            }
            return .success(.strings(texts))
        case (.environment, .object(let members)): return environment(members)
        default:
            return .failure(
                ValueFailure(message: "expected \(kind.article) \(kind.name), found \(json.kind)."))
        }
    }

    /// The value of a text from the environment or the command line.
    static func make(
        text: String, _ kind: ConfigurationKey.Kind
    ) -> Result<ConfigurationValue, ValueFailure> {
        switch kind {
        case .integer(let range): integer(text, range)
        case .number(let range): number(text, range)
        case .string(let rule): string(text, rule)
        case .boolean, .strings, .environment:
            preconditionFailure("the schema gives no variable or option of that type")
        }
    }

    private static func string(
        _ text: String, _ rule: StringRule
    ) -> Result<ConfigurationValue, ValueFailure> {
        if let problem = rule.problem(text) {
            return .failure(ValueFailure(message: "\(printable(text)) \(problem)."))
        }
        return .success(.string(text))
    }

    private static func integer(
        _ text: String, _ range: ClosedRange<Int>
    ) -> Result<ConfigurationValue, ValueFailure> {
        guard let value = Int(text), !text.hasPrefix("+") else {
            return .failure(
                ValueFailure(
                    message: "\(printable(text)) is no integer from \(range.lowerBound) to "
                        + "\(range.upperBound)."))
        }
        return bounded(value, range).map { .integer($0) }
    }

    private static func number(
        _ text: String, _ range: ClosedRange<Double>
    ) -> Result<ConfigurationValue, ValueFailure> {
        let isDecimal = text.unicodeScalars.allSatisfy {
            "0123456789.eE+-".unicodeScalars.contains($0)
        }
        guard isDecimal, let value = Double(text), value.isFinite else {
            return .failure(ValueFailure(message: "\(printable(text)) is no number."))
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
        var variables: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value.value else {
                return .failure(
                    ValueFailure(
                        message: "\(printable(member.key)): expected a string, found "
                            + "\(member.value.value.kind)."))
            }
            if let problem = EnvironmentRule.problem(name: member.key, value: text) {
                return .failure(ValueFailure(message: problem))
            }
            variables[member.key] = text
        }
        return .success(.environment(variables))
    }

    /// `2` for 2.0.
    private static func trimmed<Number>(_ value: Number) -> String {
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
        if let problem = OwnedFlags.problem(variable: name) { return "\(name) \(problem)." }
        if value.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" || $0 == "\0" }) {
            return "\(name) holds a line break or NUL, which a leash cannot carry."
        }
        return nil
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

extension ConfigurationKey.Kind {
    var article: String {
        switch self {
        case .integer, .environment: "an"
        default: "a"
        }
    }
}
