import Basics

/// A value with the place where it came from.
struct ConfigurationEntry: Equatable, Sendable {
    var value: ConfigurationValue
    var origin: ValueOrigin
}

/// Takes the file's JSON apart: every value checked against the schema, every problem collected.
struct ConfigurationReader {
    private let file: String
    /// What the file says.
    private(set) var entries: [ConfigurationKey: ConfigurationEntry] = [:]
    /// How many elements `rpc_backends` has; nil when the key is absent.
    private(set) var backendCount: Int?
    /// `model_sharding_enabled`, the deprecated alias.
    private(set) var deprecatedEnabled: ConfigurationEntry?
    /// `coordinator_url`, and where it stands.
    private(set) var coordinatorURL: (text: String, origin: ValueOrigin)?
    private(set) var foreignKeys: [String] = []
    private(set) var unknownKeys: [String] = []
    private(set) var problems: [ConfigurationProblem] = []
    /// Whether the file is JSON and holds an object.
    private(set) var isReadable = false

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
                origin(error.position), .source,
                "column \(error.position.column): \(error.message)."))
    }

    private func origin(_ position: SourcePosition) -> ValueOrigin {
        .file(path: file, line: position.line, column: position.column)
    }

    private mutating func problem(
        _ node: JSONNode, _ place: ConfigurationPlace, _ message: String
    ) {
        problems.append(ConfigurationProblem(origin(node.position), place, message))
    }

    // MARK: Groups

    private mutating func readRoot(_ root: JSONNode) {
        guard case .object(let members) = root.value else {
            return problem(root, .source, "expected an object { … }, found \(root.value.kind).")
        }
        isReadable = true
        for member in members {
            if let group = Self.groups[member.key] {
                readGroup(member.value, group)
            } else if let key = Self.keys[member.key] {
                read(member.value, key)
            } else if let special = SpecialKey(rawValue: member.key) {
                readSpecial(member, special)
            } else if ConfigurationSchema.isForeign(member.key) {
                foreignKeys.append(printableKey(member.key))
            } else {
                readUnknown(member)
            }
        }
    }

    private static let groups = Dictionary(
        uniqueKeysWithValues: (ConfigurationSchema.groups + [.workerDefaults])
            .map { ($0.description, $0) })

    /// By path: a key of a group may stand at the top with its whole path, too.
    private static let keys = Dictionary(
        uniqueKeysWithValues: ConfigurationSchema.keys.map { ($0.description, $0) })

    private mutating func readSpecial(_ member: JSONMember, _ key: SpecialKey) {
        switch (key, member.value.value) {
        case (_, .null): break
        case (.backends, _): readBackends(member.value)
        case (.workerDefaults, _): readGroup(member.value, .workerDefaults)
        case (.formerEnabled, .bool(let isOn)):
            deprecatedEnabled = ConfigurationEntry(
                value: .boolean(isOn), origin: origin(member.position))
        case (.formerEnabled, _): expected("a boolean", member.value, .special(key))
        case (.coordinatorURL, .string(let text)):
            coordinatorURL = (text, origin(member.position))
        case (.schema, .string): break
        case (.coordinatorURL, _), (.schema, _): expected("a string", member.value, .special(key))
        }
    }

    /// What may stand at the top level.
    private static let known =
        ConfigurationSchema.groups.map(\.description) + SpecialKey.allCases.map(\.rawValue)
        + ConfigurationKey.Cluster.allCases.map(\.rawValue) + ConfigurationSchema.foreign.sorted()

    private mutating func readUnknown(_ member: JSONMember) {
        // Few say "host" at the top level and mean anything else.
        let nested = ConfigurationKey.Coordinator(rawValue: member.key)
            .map { ConfigurationKey.coordinator($0).description }
        if let near = nested ?? NearestName.of(member.key, in: Self.known) {
            problems.append(
                ConfigurationProblem(
                    origin(member.position), .unknown(in: nil, printableKey(member.key)),
                    "unknown key; did you mean \"\(near)\"?"))
        } else {
            unknownKeys.append(member.key)
        }
    }

    /// - Parameter object: the one within the group that this is, such as `shards`.
    private mutating func readGroup(
        _ node: JSONNode, _ group: ConfigurationGroup, object: String? = nil
    ) {
        if node.value == .null { return }
        guard case .object(let members) = node.value else {
            let place = object.map { ConfigurationPlace.unknown(in: group, $0) } ?? .group(group)
            return expected("an object { … }", node, place)
        }
        let keys = group.keys.filter { $0.object == object }
        let names = object == nil ? group.members : keys.map(\.leaf)
        for member in members {
            if let key = keys.first(where: { $0.leaf == member.key }) {
                read(member.value, key)
                continue
            }
            if object == nil, names.contains(member.key) {
                readGroup(member.value, group, object: member.key)
                continue
            }
            let hint =
                NearestName.of(member.key, in: names).map { "did you mean \"\($0)\"?" }
                ?? "known are: \(names.joined(separator: ", "))."
            let path = (object.map { "\($0)." } ?? "") + printableKey(member.key)
            problems.append(
                ConfigurationProblem(
                    origin(member.position), .unknown(in: group, path), "unknown key; \(hint)"))
        }
    }

    private func printableKey(_ key: String) -> String {
        String(printable(key).dropFirst().dropLast())
    }

    private mutating func readBackends(_ node: JSONNode) {
        guard case .array(let elements) = node.value else {
            return expected("a list [ … ]", node, .special(.backends))
        }
        backendCount = min(elements.count, BackendAddress.most)
        if elements.count > BackendAddress.most {
            return problem(node, .special(.backends), BackendAddress.tooMany(elements.count))
        }
        for (index, element) in elements.enumerated() {
            let group = ConfigurationGroup.backend(index)
            switch element.value {
            case .string(let text):
                let origin = origin(element.position)
                switch BackendAddress.parse(text) {
                case .success(let address): add(address, at: index, from: origin)
                case .failure(let failure):
                    problem(element, .group(group), "\(printable(text)) \(failure.message).")
                }
            case .object(let members):
                let name = ConfigurationKey.Backend.host.rawValue
                if !members.contains(where: { $0.key == name && $0.value.value != .null }) {
                    problem(
                        element, .key(.backend(index, .host)),
                        "is missing: the address or name that the coordinator dials.")
                }
                readGroup(element, group)
            default: expected("\"HOST:PORT\" or an object { … }", element, .group(group))
            }
        }
    }

    private mutating func add(_ address: BackendAddress, at index: Int, from origin: ValueOrigin) {
        entries[.backend(index, .host)] = ConfigurationEntry(
            value: .string(address.host), origin: origin)
        guard let port = address.port else { return }
        entries[.backend(index, .port)] = ConfigurationEntry(value: .integer(port), origin: origin)
    }

    // MARK: Values

    private mutating func expected(
        _ what: String, _ node: JSONNode, _ place: ConfigurationPlace
    ) {
        problem(node, place, "expected \(what), found \(node.value.kind).")
    }

    private mutating func read(_ node: JSONNode, _ key: ConfigurationKey) {
        // null is the same as absent, so that `sollol config` can show every key.
        if node.value == .null { return }
        // Once in its group, once with its whole path at the top.
        if case .file(_, let line, _) = entries[key]?.origin {
            return problem(node, .key(key), "is already in line \(line); remove one.")
        }
        switch ConfigurationValue.make(node.value, key.definition.kind) {
        case .success(let value):
            entries[key] = ConfigurationEntry(value: value, origin: origin(node.position))
        case .failure(let failure):
            for item in failure.items {
                let origin = origin(item.position ?? node.position)
                let place = item.element.map { ConfigurationPlace.element(key, $0) } ?? .key(key)
                problems.append(ConfigurationProblem(origin, place, item.message))
            }
        }
    }
}
