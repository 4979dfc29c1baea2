import Basics

/// One thing that is wrong with a configuration: where, what, and what to do.
package struct ConfigurationProblem: Equatable, Sendable, CustomStringConvertible {
    /// Where the value came from; nil when it is missing or the whole file is meant.
    package var origin: ValueOrigin?
    /// The file, for a problem without an origin.
    package var file: String?
    /// What it is about: `rpc_backends[2].port`, or the whole source.
    package var place: ConfigurationPlace
    /// What is wrong and what to do.
    package var message: String
    /// The line of the configuration file that it is about.
    package var excerpt: SourceExcerpt?

    /// A problem of a value from there.
    init(
        _ origin: ValueOrigin?, file: String? = nil, _ place: ConfigurationPlace,
        _ message: String
    ) {
        self.origin = origin
        self.file = file
        self.place = place
        self.message = message
    }

    /// A problem of a whole file.
    package init(file: String, message: String) {
        self.init(nil, file: file, .source, message)
    }

    /// The line of the file, if any.
    var line: Int? {
        switch origin {
        case .file(_, let line, _), .backendsFile(_, let line): line
        default: nil
        }
    }

    /// Where in the configuration file it is.
    var position: SourcePosition? {
        guard case .file(_, let line, let column) = origin else { return nil }
        return SourcePosition(line: line, column: column)
    }

    /// `home.json:12: rpc_backends[2].port: 70000 is too large …`.
    package var description: String {
        let key = place == .source ? "" : "\(place): "
        switch origin {
        case .file(let path, let line, _), .backendsFile(let path, let line):
            return "\(path):\(line): \(key)\(message)"
        case .environment(let name): return "\(name): \(message)"
        case .option(let name): return "\(name): \(message)"
        case .default, nil: return (file.map { "\($0): " } ?? "") + key + message
        }
    }
}

/// Everything that is wrong with a configuration, at once.
package struct ConfigurationErrors: Error, Equatable, Sendable {
    /// In the order in which they were found.
    package var problems: [ConfigurationProblem]

    /// These problems; at least one.
    package init(problems: [ConfigurationProblem]) { self.problems = problems }

    /// 64 when an option is to blame, else 78.
    package var exitStatus: ExitStatus {
        let hasOption = problems.contains { if case .option = $0.origin { true } else { false } }
        return hasOption ? .usage : .configuration
    }
}
