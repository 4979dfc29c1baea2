@testable import Basics
@testable import Configuration
@testable import Samples

/// Makes configurations: most nearly right, some hostile, some noise.
struct RandomConfiguration {
    private var random: SeededGenerator

    init(seed: UInt64, index: UInt64) {
        var mixer = SeededGenerator(seed: seed)
        random = SeededGenerator(seed: mixer.next() &+ index &* 0x9E37_79B9)
    }

    /// One input of the loader.
    mutating func next() -> ConfigurationSources {
        var bytes: [UInt8]
        switch below(8) {
        case 0: bytes = noise()
        case 1: bytes = Array(tokens().utf8)
        case 2, 3: bytes = mutated(Array(Self.samples[below(Self.samples.count)].utf8))
        case 4: bytes = mutated(Array(document().utf8))
        default: bytes = Array(document().utf8)
        }
        if below(40) == 0 { bytes = [] }
        var sources = ConfigurationSources(
            file: SourceFile(path: "home.json", folder: "/etc/lab", bytes: bytes),
            backendsFile: nil, environment: [:], options: [:], machine: Loading.machine)
        if below(20) == 0 { sources.file = nil }
        if below(10) == 0 {
            let text = (0..<below(4)).map { _ in pick(Self.texts) }.joined(separator: "\n")
            sources.backendsFile = SourceFile(
                path: "rpc_backends.conf", folder: "/etc/lab",
                bytes: below(3) == 0 ? mutated(Array(text.utf8)) : Array(text.utf8))
        }
        if below(8) == 0 { addVariables(&sources) }
        return sources
    }

    private mutating func addVariables(_ sources: inout ConfigurationSources) {
        let names = ConfigurationSchema.keys.compactMap(\.definition.variable) + ["RPC_BACKENDS"]
        sources.environment[pick(names)] = pick(Self.texts + Self.numbers)
        let options = ConfigurationSchema.options.keys.sorted() + ["--rpc"]
        if below(2) == 0 { sources.options[pick(options)] = pick(Self.texts + Self.numbers) }
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    // MARK: Documents that follow the schema

    private mutating func document() -> String {
        var members = [
            below(20) == 0 ? "" : #""model": \#(below(8) == 0 ? value() : #""/m.gguf""#)"#,
            #""rpc_backends": \#(below(20) == 0 ? value() : backends())"#,
        ]
        for _ in 0..<below(4) {
            let key = pick(ConfigurationSchema.keys)
            let parts = key.description.split(separator: ".")
            let inner = parts.dropFirst().reversed().reduce(value(of: key)) {
                "{\"\($1)\": \($0)}"
            }
            members.append("\"\(parts[0])\": \(inner)")
        }
        if below(6) == 0 { members.append("\"\(pick(Self.keys))\": \(value())") }
        if below(6) == 0 { members.append(#""worker_defaults": \#(backend(hostIsNeeded: false))"#) }
        let separator = below(30) == 0 ? ",\n// x\n" : ",\n"
        return "{" + members.filter { !$0.isEmpty }.joined(separator: separator) + "}"
    }

    private mutating func backends() -> String {
        let list = (0..<below(4)).map { index in
            below(2) == 0 ? "\"10.0.0.\(index + 1)\"" : backend(hostIsNeeded: true)
        }
        return "[" + list.joined(separator: ", ") + "]"
    }

    private mutating func backend(hostIsNeeded: Bool) -> String {
        var members = hostIsNeeded ? [#""host": "10.0.\#(below(9)).\#(below(256))""#] : []
        for _ in 0..<below(3) {
            let key = pick(ConfigurationGroup.backend(0).keys)
            guard key.name != "host" else { continue }
            let member = "\"\(key.leaf)\": \(value(of: key))"
            members.append(key.object.map { "\"\($0)\": {\(member)}" } ?? member)
        }
        return "{" + members.joined(separator: ", ") + "}"
    }

    /// A value that suits the key, most of the time.
    private mutating func value(of key: ConfigurationKey) -> String {
        if below(6) == 0 { return value() }
        switch key.definition.kind {
        case .boolean: return pick(["true", "false"])
        case .integer(let range): return "\(Int.random(in: range, using: &random))"
        case .number(let range): return "\(Double.random(in: range, using: &random))"
        case .string(.oneOf(let words)): return "\"\(pick(words))\""
        case .string: return quote(pick(Self.texts))
        case .strings:
            return "["
                + (0..<below(3)).map { _ in quote(pick(Self.texts)) }
                .joined(separator: ",") + "]"
        case .integers: return "[\(below(9)), \(below(9))]"
        case .environment: return #"{"A\#(below(9))": \#(quote(pick(Self.texts)))}"#
        }
    }

    /// Any JSON value.
    private mutating func value(_ depth: Int = 0) -> String {
        switch below(depth > 3 ? 4 : 6) {
        case 0: return pick(["null", "true", "false"])
        case 1: return pick(Self.numbers)
        case 2, 3: return quote(pick(Self.texts))
        case 4:
            let list = (0..<below(4)).map { _ in value(depth + 1) }
            return "[" + list.joined(separator: ",") + "]"
        default:
            let list = (0..<below(4)).map { _ in "\"\(pick(Self.keys))\":\(value(depth + 1))" }
            return "{" + list.joined(separator: ",") + "}"
        }
    }

    private func quote(_ text: String) -> String {
        OrderedJSON.string(text).text.replacing("\n", with: "")
    }

    // MARK: Noise

    private mutating func noise() -> [UInt8] {
        (0..<below(64)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private mutating func tokens() -> String {
        (0..<below(40)).map { _ in pick(Self.words) }.joined()
    }

    private mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<(1 + below(3)) where !bytes.isEmpty {
            let place = below(bytes.count)
            let end = min(bytes.count, place + 1 + below(16))
            switch below(7) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes[place] = UInt8(below(256))
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
            case 4: bytes.insert(contentsOf: Array(pick(Self.words).utf8), at: place)
            case 5: bytes.replaceSubrange(place..<end, with: Array(pick(Self.numbers).utf8))
            default: if below(4) == 0 { bytes.removeSubrange(place...) }
            }
        }
        return bytes
    }

    private static let samples = [
        SOLLOLFormsTests.document, Loading.with(#""name": "lab""#),
        #"{"model": "llama3:8b", "rpc_backends": [{"host": "gpu-1", "threads": 4}]}"#,
    ]

    private static let keys =
        ConfigurationSchema.groups.map(\.description) + SpecialKey.allCases.map(\.rawValue)
        + ConfigurationSchema.keys.map(\.description)
        + ConfigurationKey.Backend.allCases.map(\.rawValue)
        + ["hosts", "redis_url", "x", "", "\\u0000", "\\u202e"]

    private static let words = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\"model\"", "\"host\"", "null", "true", "1",
        "-", "//", "/*", "*/", "\n", " ", "\u{FEFF}", "\\u", "\\ud800", "é", "\0", "\u{301}",
    ]

    private static let numbers = [
        "0", "-1", "1", "2.5", "1e5", "1e999", "-1e999", "65535", "65536", "50052", "1024",
        "9223372036854775807", "9223372036854775808", "0.1", "1e-400", "-0",
    ]

    private static let texts = [
        "", "a", "10.0.0.9", "10.0.0.9:1", "gpu-1", "gpu-1:50053", "localhost", "127.0.0.1",
        "0.0.0.0", "8.8.8.8", "::1", "[::1]:5", "-oProxyCommand=x", "a b", "$(id)", "a\nb", "'\"\\",
        "a,b", "CUDA0", "Port=2222", "/m.gguf", "m.gguf", "~/m.gguf", "llama3:8b", "ssh", "direct",
        "--alias", "-c", "--ctx_size=1", "é\u{301}", "\u{202E}", "\u{1B}[2J", "24GiB", "..", "/",
        "ann@gpu-2", "ssh://ann@gpu-2:22", "http://127.0.0.1:18080", "# x", "bin/../../x",
    ]
}
