import Foundation

/// What a llama-server says at `-lv 5` about where it put a model.
struct ServerReport {
    /// The device of each layer, in order.
    var devices: [String] = []
    /// MiB by buffer name, with how many lines told them: each is rounded to 0.01.
    var weights: [String: (size: Double, lines: Int)] = [:]
    var cache: [String: (size: Double, lines: Int)] = [:]
    var compute: [String: (size: Double, lines: Int)] = [:]

    init(_ lines: [String]) {
        for line in lines {
            if let range = line.range(of: " assigned to device ") {
                devices.append(String(line[range.upperBound...].prefix { $0 != "," }))
            }
            Self.take(line, " model buffer size = ", into: &weights)
            Self.take(line, " KV buffer size = ", into: &cache)
            Self.take(line, " compute buffer size = ", into: &compute)
        }
    }

    private static func take(
        _ line: String, _ words: String, into sizes: inout [String: (size: Double, lines: Int)]
    ) {
        guard let range = line.range(of: words),
            let name = line[..<range.lowerBound].split(separator: " ").last,
            let size = line[range.upperBound...].split(separator: " ").first.flatMap({ Double($0) })
        else { return }
        let before = sizes[String(name)] ?? (0, 0)
        sizes[String(name)] = (before.size + size, before.lines + 1)
    }

    /// Sum over the buffers of an endpoint, or of the coordinator itself when it is nil.
    static func sum(
        _ sizes: [String: (size: Double, lines: Int)], of endpoint: String?
    ) -> (size: Double, lines: Int) {
        sizes.filter { name, _ in
            endpoint.map { name.hasSuffix("[\($0)]") } ?? !name.hasSuffix("]")
        }.values.reduce((0, 0)) { ($0.0 + $1.size, $0.1 + $1.lines) }
    }
}
