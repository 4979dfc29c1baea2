import Testing

@testable import Configuration

/// Loads configurations on a machine of the tests' own.
enum Loading {
    static let machine = LocalMachine(
        addresses: ["127.0.0.1", "192.168.1.10"], hostName: "control", home: "/home/ann",
        workingDirectory: "/work")

    /// The sources of a file `home.json` in `/etc/lab`.
    static func sources(
        _ json: String?, backends: String? = nil, environment: [String: String] = [:],
        options: [String: String] = [:], path: String = "home.json"
    ) -> ConfigurationSources {
        ConfigurationSources(
            file: json.map { SourceFile(path: path, folder: "/etc/lab", bytes: Array($0.utf8)) },
            backendsFile: backends.map {
                SourceFile(path: "rpc_backends.conf", folder: "/etc/lab", bytes: Array($0.utf8))
            },
            environment: environment, options: options, machine: machine)
    }

    static func load(
        _ json: String?, backends: String? = nil, environment: [String: String] = [:],
        options: [String: String] = [:], path: String = "home.json"
    ) throws -> LoadedConfiguration {
        try ConfigurationLoader.load(
            sources(
                json, backends: backends, environment: environment, options: options, path: path))
    }

    /// A file that needs nothing but these members to be complete.
    static func with(_ members: String) -> String {
        """
        {"model": "/m.gguf", "rpc_backends": ["10.0.0.1:50052"],
        \(members)}
        """
    }

    /// Every problem, as people read them; empty when it loads.
    static func problems(_ sources: ConfigurationSources) -> [String] {
        do {
            _ = try ConfigurationLoader.load(sources)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}

extension LoadedConfiguration {
    /// The effective value of a key as JSON, and where it came from: `18080 default`.
    func row(_ path: String) -> String? {
        effective.rows.first { $0.path == path }.map { "\($0.value.json) \($0.origin)" }
    }

    /// `host:port` of every backend.
    var endpoints: [String] { spec.workers.map(\.endpoint.description) }
}
