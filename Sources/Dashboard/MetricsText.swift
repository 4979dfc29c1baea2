/// Prometheus's text format, version 0.0.4: families with help and type, then their samples.
struct MetricsText {
    /// What a number is.
    enum Kind: String { case counter, gauge, histogram }

    /// Labels in their order.
    typealias Labels = KeyValuePairs<String, String>
    /// A number with its labels; nil where it is not known.
    typealias Sample = (labels: Labels, value: Double?)

    private(set) var text = ""

    /// Adds a family; one without samples is left out.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        let known = samples.compactMap { sample in sample.value.map { (sample.labels, $0) } }
        guard !known.isEmpty else { return }
        header(name, kind, help)
        for (labels, value) in known { line(name, labels, value) }
    }

    /// Adds a family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        family(name, kind, help, [([:], value)])
    }

    /// Adds a histogram.
    ///
    /// - Parameter counts: of each bound alone; the last one is of what exceeds them all.
    mutating func histogram(
        _ name: String, _ help: String, bounds: [Double], counts: [Int], sum: Double
    ) {
        header(name, .histogram, help)
        var count = 0
        for (index, own) in counts.enumerated() {
            count += own
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            line("\(name)_bucket", ["le": bound], Double(count))
        }
        line("\(name)_sum", [:], sum)
        line("\(name)_count", [:], Double(count))
    }

    private mutating func header(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Self.number(value))\n"
    }

    /// A label's value.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
        return value.isFinite ? "\(value)" : value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf"
    }
}
