import Basics

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
        isReadable = true
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
                foreignKeys.append(printableKey(key))
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
        // Few say "host" at the top level and mean anything else.
        let nested = "coordinator.\(member.key)"
        let isNested = ConfigurationSchema.byPath[nested] != nil
        if let near = isNested ? nested : NearestName.of(member.key, in: known) {
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
        let names = keys.map(\.name)
        for member in members {
            if let index = names.firstIndex(of: member.key) {
                read(member.value, "\(group).\(member.key)", keys[index])
                continue
            }
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
        backendCount = min(elements.count, BackendAddress.most)
        if elements.count > BackendAddress.most {
            return problem(node, "rpc_backends", BackendAddress.tooMany(elements.count))
        }
        for (index, element) in elements.enumerated() {
            let path = "rpc_backends[\(index)]"
            switch element.value {
            case .string(let text):
                let origin = origin(element.position)
                switch BackendAddress.parse(text) {
                case .success(let address): add(address, at: path, from: origin)
                case .failure(let failure):
                    problem(element, path, "\(printable(text)) \(failure.message).")
                }
            case .object(let members):
                if !members.contains(where: { $0.key == "host" && $0.value.value != .null }) {
                    problem(
                        element, "\(path).host",
                        "is missing: the address or name that the coordinator dials.")
                }
                readGroup(element, path, ConfigurationSchema.backend)
            default: expected("\"HOST:PORT\" or an object { … }", element, path)
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
        case .failure(let failure):
            for item in failure.items {
                let origin = origin(item.position ?? node.position)
                problems.append(ConfigurationProblem(origin, path + item.path, item.message))
            }
        }
    }
}
