/// Which host is meant, and with which options of ssh it is asked: what facts are recorded under.
///
/// Made of a location and never taken apart again; `facts.json` holds it as the name of a member.
package struct HostKey: Hashable, Sendable {
    /// `here`, or what one types: `ssh DESTINATION`, `ssh -o Port=2222 DESTINATION`. The space
    /// keeps a destination named `here` apart.
    package let text: String

    /// The key of the host where something runs.
    package init(_ location: RunLocation) {
        text =
            switch location {
            case .here: "here"
            case .ssh(let destination, let options):
                (["ssh"] + options.map { "-o \($0)" } + [destination]).joined(separator: " ")
            }
    }

    /// The machine where `sollol` runs.
    package static let here = HostKey(.here)
}

extension HostKey: CodingKeyRepresentable {
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package var codingKey: any CodingKey { Name(stringValue: text) }

    package init?(codingKey: some CodingKey) { text = codingKey.stringValue }
}

extension HostKey: Codable {
    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
