import Foundation

/// A folder with a home, programs that leave a mark when they are started, and a `sollol`.
final class CommandLinePlace {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "sollol-cli-\(getpid())-\(UUID().uuidString)"
        for name in ["bin", "home", "work"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        for name in ["llama-server", "rpc-server", "ggml-rpc-server", "ssh"] {
            try write("bin/\(name)", "#!/bin/sh\n: >'\(folder)/started'\n")
            chmod("\(folder)/bin/\(name)", 0o755)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
    }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    func run(_ words: String..., with variables: [String: String] = [:]) throws -> Outcome {
        try run(
            [TestEnvironment.products + "/sollol"] + words,
            environment.merging(variables) { $1 })
    }

    func run(_ program: String, _ words: [String]) throws -> Outcome {
        try run([program] + words, environment)
    }

    var environment: [String: String] {
        [
            "HOME": "\(folder)/home", "PATH": "\(folder)/bin:/usr/bin:/bin",
            "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "\(folder)/state", "STATE_DIRECTORY": "",
            "SOLLOL_CONFIG": "", "RPC_BACKENDS": "", "SOLLOL_MODEL_PATH": "",
        ]
    }

    func run(_ command: [String], _ environment: [String: String] = [:]) throws -> Outcome {
        let program = try RunningProgram(
            command[0], Array(command.dropFirst()), environment: environment,
            folder: "\(folder)/work", limit: 60)
        let output = program.standardOutput()
        let status = program.exitStatus()
        return Outcome(
            status: status, output: output, errors: program.lines.joined(separator: "\n"))
    }

    /// Whether a program was started or a state folder was made.
    var isTouched: Bool {
        access("\(folder)/started", F_OK) == 0 || access("\(folder)/state", F_OK) == 0
    }
}

/// What `list --format json` tells, of which other tests' clusters are part.
struct ClusterListing: Decodable {
    struct Cluster: Decodable {
        var name: String
        var state: String
        var folder: String

        enum CodingKeys: String, CodingKey {
            case name, state
            case folder = "state_directory"
        }
    }

    var clusters: [Cluster]

    var isServing: Bool {
        clusters.contains { ["serving", "asleep", "degraded"].contains($0.state) }
    }
}
