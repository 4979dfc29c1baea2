import Basics

/// Every key with its value and origin: what `sollol config` prints.
package struct EffectiveConfiguration: Equatable, Sendable {
    let rows: [(key: ConfigurationKey, value: ConfigurationValue, origin: ValueOrigin)]
    private let backendCount: Int

    /// Whether both print the same text.
    package static func == (left: EffectiveConfiguration, right: EffectiveConfiguration) -> Bool {
        left.text == right.text
    }

    init(_ builder: SpecBuilder) {
        backendCount = builder.backendCount
        let backends = (0..<backendCount).flatMap { ConfigurationGroup.backend($0).keys }
        rows = (ConfigurationSchema.keys + backends).compactMap { key in
            builder.entries[key].map { (key, $0.value, $0.origin) }
        }
    }

    /// One line a key: path, value, where it came from.
    package var text: String {
        let paths = rows.map(\.key.description)
        let width = paths.map(\.count).max() ?? 0
        let values = rows.map(\.value.json)
        let valueWidth = min(40, values.map(\.count).max() ?? 0)
        return zip(rows, zip(paths, values)).map { row, texts in
            let (path, value) = texts
            return "\(path.padded(to: width))  \(value.padded(to: valueWidth))  "
                + "\(row.origin.description)\n"
        }.joined()
    }

    /// A plain configuration that loads again to the same.
    package var json: String {
        typealias Member = (key: String, value: OrderedJSON)
        func members(_ keys: [(key: ConfigurationKey, value: ConfigurationValue)]) -> [Member] {
            keys.map { ($0.key.leaf, $0.value.ordered) }
        }
        let all = rows.map { ($0.key, $0.value) }
        let groups = Dictionary(grouping: all) { $0.0.group }
        var top = members(groups[nil] ?? [])
        func object(_ group: ConfigurationGroup) -> OrderedJSON {
            let own = groups[group] ?? []
            let objects = own.compactMap(\.0.object).unique { $0 }
            return .object(
                members(own.filter { $0.0.object == nil })
                    + objects.map { name in
                        (name, .object(members(own.filter { $0.0.object == name })))
                    })
        }
        let backends = (0..<backendCount).map { object(.backend($0)) }
        top.append((SpecialKey.backends.rawValue, .array(backends)))
        for group in ConfigurationSchema.groups { top.append((group.description, object(group))) }
        return OrderedJSON.object(top).text
    }
}

extension ValueOrigin: CustomStringConvertible {
    /// `default`, `home.json:12`, `SOLLOL_CTX_SIZE`, `--port`.
    package var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line, _), .backendsFile(let path, let line): "\(path):\(line)"
        case .environment(let name), .option(let name): name
        }
    }
}

extension ConfigurationValue {
    /// As JSON on one line.
    var json: String {
        let lines = ordered.text.split(separator: "\n").map { $0.drop { $0 == " " } }
        return lines.joined(separator: " ")
    }

    var ordered: OrderedJSON {
        switch self {
        case .null: return OrderedJSON.null
        case .boolean(let isOn): return OrderedJSON.bool(isOn)
        case .integer(let number): return OrderedJSON.int(number)
        case .number(let number):
            let whole = Int(exactly: number)
            return whole.map(OrderedJSON.int) ?? OrderedJSON.number(number)
        case .string(let text): return OrderedJSON.string(text)
        case .integers(let numbers): return OrderedJSON.array(numbers.map(OrderedJSON.int))
        case .strings(let texts): return OrderedJSON.strings(texts)
        case .environment(let variables): return OrderedJSON.sorted(variables)
        }
    }
}
