import Basics

/// The JSON Schema (2020-12) of the configuration, for editors and validators, made from the
/// definitions that reading follows and from the meanings in `CONFIGURATION.md`.
///
/// It allows whatever `sollol` loads, and refuses what a schema can tell: types, bounds, unknown
/// keys of groups, forms of text. What needs more - two keys that contradict each other, a secret,
/// a flag that the plan owns, an unknown key that is close to a known one - only `sollol config`
/// finds. A null counts as absent, as in the file.
package enum JSONSchema {
    /// The whole document.
    package static var document: OrderedJSON {
        let groups = ConfigurationSchema.groups + [.workerDefaults]
        var properties: [Member] = ConfigurationKey.Cluster.allCases.map { property(.cluster($0)) }
        properties += SpecialKey.allCases.compactMap(special)
        properties += groups.map { ($0.description, object($0)) }
        // A key of a group may stand at the top, with its whole path.
        properties += ConfigurationSchema.groups.flatMap(\.keys).map {
            ($0.description, value($0.definition))
        }
        return .object([
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("Configuration of sollol")),
            (
                "description",
                .string(
                    "One cluster of llama.cpp with RPC backends. Comments and trailing commas are "
                        + "allowed in the file. Other keys at the top are ignored with a notice: "
                        + "they belong to other parts of SOLLOL.")
            ),
            ("type", .string("object")), ("properties", .object(properties)),
        ])
    }

    private typealias Member = (key: String, value: OrderedJSON)

    private static func property(_ key: ConfigurationKey) -> Member {
        guard case .object(let members) = value(key.definition) else { return (key.name, .null) }
        let unit = key.definition.unit.map { "In \($0). " } ?? ""
        let meaning = OrderedJSON.string(unit + (KeyMeaning.of(key) ?? ""))
        var all = [("description", meaning)] + members
        if key.definition.standard != .null {
            all.append(("default", key.definition.standard.ordered))
        }
        return (key.leaf, .object(all))
    }

    /// A group, in which every key is known.
    private static func object(
        _ group: ConfigurationGroup, types: [String] = ["object", "null"]
    ) -> OrderedJSON {
        closed(
            group.members.compactMap { name in
                let inner = group.keys.filter { $0.object == name }
                if !inner.isEmpty { return (name, closed(inner.map(property))) }
                return group.keys.first { $0.name == name }.map(property)
            }, types: types)
    }

    private static func closed(
        _ properties: [Member], types: [String] = ["object", "null"]
    ) -> OrderedJSON {
        .object([
            ("type", .strings(types)), ("properties", .object(properties)),
            ("additionalProperties", .bool(false)),
        ])
    }

    private static func special(_ key: SpecialKey) -> Member? {
        let schema: OrderedJSON
        switch key {
        case .schema: schema = .object([("type", .strings(["string", "null"]))])
        case .workerDefaults: return nil
        case .formerEnabled:
            schema = .object([
                (
                    "description",
                    .string(
                        "The old name of "
                            + "\(ConfigurationKey.cluster(.distributedInferenceEnabled)).")
                ),
                ("type", .strings(["boolean", "null"])), ("deprecated", .bool(true)),
            ])
        case .coordinatorURL:
            schema = .object([
                (
                    "description",
                    .string(
                        "http://HOST:PORT: sets \(ConfigurationKey.coordinator(.host)) and "
                            + "\(ConfigurationKey.coordinator(.port)).")
                ),
                ("type", .strings(["string", "null"])),
                ("pattern", .string("^http://[^/]+/?$")),
            ])
        case .backends: schema = backends
        }
        return (key.rawValue, schema)
    }

    /// `HOST`, `HOST:PORT`, or an object that has at least a host.
    private static var backends: OrderedJSON {
        var element = object(.backend(0), types: ["object"])
        if case .object(var members) = element {
            members.append(("required", .strings([ConfigurationKey.Backend.host.rawValue])))
            let host = OrderedJSON.object([("type", .string("string"))])
            let properties = OrderedJSON.object([(ConfigurationKey.Backend.host.rawValue, host)])
            // Here null is no host.
            members.append(("allOf", .array([.object([("properties", properties)])])))
            element = .object(members)
        }
        let text = OrderedJSON.object([
            ("type", .string("string")), ("pattern", .string("^[A-Za-z0-9._-]+(:[0-9]{1,5})?$")),
        ])
        return .object([
            ("description", .string("The workers, in llama.cpp's order of devices.")),
            ("type", .strings(["array", "null"])), ("maxItems", .int(BackendAddress.most)),
            ("items", .object([("anyOf", .array([text, element]))])),
        ])
    }

    // MARK: Values

    /// What a key takes, or null.
    private static func value(_ definition: KeyDefinition) -> OrderedJSON {
        func orNull(_ type: String, _ rest: [Member]) -> OrderedJSON {
            .object([("type", .strings([type, "null"]))] + rest)
        }
        let most = OrderedJSON.int(ConfigurationValue.mostElements)
        switch definition.kind {
        case .boolean: return orNull("boolean", [])
        case .integer(let range): return orNull("integer", bounds(range))
        case .number(let range):
            return orNull(
                "number",
                [
                    ("minimum", ConfigurationValue.number(range.lowerBound).ordered),
                    ("maximum", ConfigurationValue.number(range.upperBound).ordered),
                ])
        case .string(.oneOf(let words)):
            return .object([("enum", .array(words.map { .string($0) } + [.null]))])
        case .string(let rule): return orNull("string", text(rule))
        case .strings(.oneOf(let words)):
            let item = OrderedJSON.object([("enum", .strings(words))])
            return orNull("array", [("items", item), ("maxItems", most)])
        case .strings(let rule):
            let item = OrderedJSON.object([("type", .string("string"))] + text(rule))
            return orNull("array", [("items", item), ("maxItems", most)])
        case .integers(let range):
            let item = OrderedJSON.object([("type", .string("integer"))] + bounds(range))
            return orNull("array", [("items", item), ("maxItems", most)])
        case .environment:
            let name = OrderedJSON.object([("pattern", .string("^[A-Za-z_][A-Za-z0-9_]*$"))])
            let item = OrderedJSON.object([("type", .string("string"))] + text(.argument))
            return orNull(
                "object",
                [
                    ("propertyNames", name), ("additionalProperties", item),
                    ("maxProperties", most),
                ])
        }
    }

    private static func bounds(_ range: ClosedRange<Int>) -> [Member] {
        [("minimum", .int(range.lowerBound)), ("maximum", .int(range.upperBound))]
    }

    private static func text(_ rule: StringRule) -> [Member] {
        let least = rule == .argument ? 0 : 1
        return [
            ("minLength", .int(least)), ("maxLength", .int(StringRule.mostBytes)),
            ("pattern", .string(pattern(rule))),
        ]
    }

    /// A regular expression (ECMA-262) that every text of the rule matches.
    private static func pattern(_ rule: StringRule) -> String {
        switch rule {
        case .host, .backendHost: "^(?![-.])[A-Za-z0-9._-]{1,253}$"
        case .address: "^(\(octet)\\.){3}\(octet)$"
        case .sshDestination: "^(?![-@])[A-Za-z0-9._@:/%+-]*[A-Za-z0-9._:/%+-]$"
        case .sshOption:
            "^(\(SSHOptionRule.allowed.map(inAnyCase).joined(separator: "|")))=[^\(deceptive)]+$"
        case .binary, .path, .model: "^(?![-$%])[^\(deceptive)]*$"
        case .device: "^(?!-)[A-Za-z0-9._:\\[\\]-]+$"
        case .origins: "^(?!-)[A-Za-z0-9._,:/*-]+$"
        case .clusterName: "^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,64}$"
        case .workerName: "^(?![-.])[A-Za-z0-9._-]{1,64}$"
        case .listeningAddress: "^([0-9]{1,3}\\.){3}[0-9]{1,3}$|^localhost$"
        case .hostName: "^[A-Za-z0-9._-]{1,253}$"
        case .userName: "^(?!-)[A-Za-z0-9._-]{1,32}$|^\\*$"
        case .argument, .command, .oneOf: "^[^\(deceptive)]*$"
        case .memorySize: "^(0|[0-9.]+ ?[KkMmGgTt]([Ii]?[Bb]?))$"
        }
    }

    private static let octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

    private static func inAnyCase(_ word: String) -> String {
        word.map { "[\($0.uppercased())\($0.lowercased())]" }.joined()
    }

    /// What is refused in every text, as the inside of a class, up to U+FFFF: expressions of
    /// 16-bit letters, which some validators have, cannot tell what is beyond.
    private static let deceptive: String = {
        func escape(_ value: UInt32) -> String {
            let digits = String(value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        var ranges: [ClosedRange<UInt32>] = []
        for value in 0...UInt32(UInt16.max) {
            guard let scalar = Unicode.Scalar(value), TerminalText.isDeceptive(scalar) else {
                continue
            }
            if let last = ranges.last, last.upperBound + 1 == value {
                ranges[ranges.count - 1] = last.lowerBound...value
            } else {
                ranges.append(value...value)
            }
        }
        return ranges.map { range in
            let first = escape(range.lowerBound)
            return range.count == 1 ? first : "\(first)-\(escape(range.upperBound))"
        }.joined()
    }()
}
