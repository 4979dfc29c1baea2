import Basics

/// Every key with its value and origin: what `sollol config` prints.
package struct EffectiveConfiguration: Equatable, Sendable {
    let rows: [(path: String, value: ConfigurationValue, origin: ValueOrigin)]
    private let backendCount: Int

    /// Whether both print the same text.
    package static func == (left: EffectiveConfiguration, right: EffectiveConfiguration) -> Bool {
        left.text == right.text
    }

    init(_ builder: SpecBuilder) {
        var paths = ConfigurationSchema.keys.map(\.path)
        for index in 0..<builder.backendCount {
            paths += ConfigurationSchema.backend.map { "rpc_backends[\(index)].\($0.path)" }
        }
        backendCount = builder.backendCount
        rows = paths.compactMap { path in
            builder.entries[path].map { (path, $0.value, $0.origin) }
        }
    }

    /// One line a key: path, value, where it came from.
    package var text: String {
        let width = rows.map(\.path.count).max() ?? 0
        let values = rows.map(\.value.json)
        let valueWidth = min(40, values.map(\.count).max() ?? 0)
        return zip(rows, values).map { row, value in
            let path = row.path + String(repeating: " ", count: width - row.path.count)
            let gap = String(repeating: " ", count: max(0, valueWidth - value.count))
            return "\(path)  \(value)\(gap)  \(row.origin.description)\n"
        }.joined()
    }

    /// A plain configuration that loads again to the same.
    package var json: String {
        typealias Member = (key: String, value: OrderedJSON)
        var top: [Member] = []
        var groups: [String: [Member]] = [:]
        var backends = [[Member]](repeating: [], count: backendCount)
        for row in rows {
            let value = row.value.ordered
            if let key = ConfigurationSchema.byPath[row.path] {
                if let dot = row.path.firstIndex(of: ".") {
                    groups[String(row.path[..<dot]), default: []].append((key.name, value))
                } else {
                    top.append((row.path, value))
                }
            } else if let (index, name) = Self.backend(row.path) {
                backends[index].append((name, value))
            }
        }
        top.append(("rpc_backends", .array(backends.map(OrderedJSON.object))))
        for group in ConfigurationSchema.groups {
            top.append((group, .object(groups[group] ?? [])))
        }
        return OrderedJSON.object(top).text
    }

    /// 0 and `port` of `rpc_backends[0].port`.
    private static func backend(_ path: String) -> (Int, String)? {
        let parts = path.split { "[].".contains($0) }
        guard parts.count == 3, parts[0] == "rpc_backends", let index = Int(parts[1]) else {
            return nil
        }
        return (index, String(parts[2]))
    }
}

extension ValueOrigin: CustomStringConvertible {
    /// `default`, `home.json:12`, `SOLLOL_CTX_SIZE`, `--port`.
    package var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line), .backendsFile(let path, let line): "\(path):\(line)"
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
