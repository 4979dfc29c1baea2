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
        var top: [Member] = []
        var groups: [ConfigurationGroup: [Member]] = [:]
        for row in rows {
            let member = (row.key.name, row.value.ordered)
            if let group = row.key.group {
                groups[group, default: []].append(member)
            } else {
                top.append(member)
            }
        }
        func object(_ group: ConfigurationGroup) -> OrderedJSON { .object(groups[group] ?? []) }
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
